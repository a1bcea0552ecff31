// Command gocache is a GOCACHEPROG for a build in a container: it reads the build cache
// of the machine that the test runs on, over HTTP, and keeps what is compiled besides.
// So a test that builds the product's Dockerfile does not compile its 900 packages once
// more. The protocol is that of Go 1.24 and later
// (https://pkg.go.dev/cmd/go/internal/cacheprog), and the files are those of GOCACHE.
//
//	GOCACHEPROG="gocache http://127.0.0.1:1234 /tmp"
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

type request struct {
	ID                 int64
	Command            string
	ActionID, OutputID []byte
	BodySize           int64
}

type response struct {
	ID            int64
	Err           string   `json:",omitempty"`
	KnownCommands []string `json:",omitempty"`
	Miss          bool     `json:",omitempty"`
	OutputID      []byte   `json:",omitempty"`
	Size          int64    `json:",omitempty"`
	DiskPath      string   `json:",omitempty"`
}

// cache is the one at an address, and a directory that takes what is read from it or
// was put.
type cache struct {
	url, dir string
	mu       sync.Mutex
	put      map[string]response // by action
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("gocache URL DIR")
	}
	c := &cache{url: os.Args[1], dir: os.Args[2], put: map[string]response{}}
	if err := c.serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal("gocache: ", err)
	}
}

func (c *cache) serve(in io.Reader, out io.Writer) error {
	var answers sync.Mutex
	encoder := json.NewEncoder(out)
	answer := func(r response) {
		answers.Lock()
		defer answers.Unlock()
		_ = encoder.Encode(r) // a go command that is gone asks nothing more
	}
	answer(response{KnownCommands: []string{"get", "put", "close"}})
	decoder := json.NewDecoder(bufio.NewReader(in))
	var asked sync.WaitGroup
	defer asked.Wait()
	for {
		var r request
		if err := decoder.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch r.Command {
		case "get":
			asked.Go(func() { answer(c.get(r)) })
		case "put":
			var body []byte // base64, as encoding/json has it
			if r.BodySize > 0 {
				if err := decoder.Decode(&body); err != nil {
					return err
				}
			}
			answer(c.keep(r, body))
		case "close":
			answer(response{ID: r.ID})
			return nil
		}
	}
}

func (c *cache) keep(r request, body []byte) response {
	path := filepath.Join(c.dir, hex.EncodeToString(r.OutputID))
	if err := os.WriteFile(path, body, 0o600); err != nil {
		return response{ID: r.ID, Err: err.Error()}
	}
	kept := response{OutputID: r.OutputID, Size: r.BodySize, DiskPath: path}
	c.mu.Lock()
	c.put[string(r.ActionID)] = kept
	c.mu.Unlock()
	kept.ID = r.ID
	return kept
}

// get answers with a miss whatever goes wrong: then it is compiled.
func (c *cache) get(r request) response {
	c.mu.Lock()
	kept, there := c.put[string(r.ActionID)]
	c.mu.Unlock()
	if there {
		kept.ID = r.ID
		return kept
	}
	entry, err := c.read(hex.EncodeToString(r.ActionID) + "-a")
	var action, output string
	var size, at int64
	if _, scanErr := fmt.Sscanf(strings.TrimSpace(string(entry)), "v1 %s %s %d %d", &action, &output, &size, &at); err != nil || scanErr != nil {
		return response{ID: r.ID, Miss: true}
	}
	id, err := hex.DecodeString(output)
	body, readErr := c.read(output + "-d")
	path := filepath.Join(c.dir, output)
	if err != nil || readErr != nil || int64(len(body)) != size || os.WriteFile(path, body, 0o600) != nil {
		return response{ID: r.ID, Miss: true}
	}
	return response{ID: r.ID, OutputID: id, Size: size, DiskPath: path}
}

// read returns a file of GOCACHE, which are in directories by their first two letters.
func (c *cache) read(file string) ([]byte, error) {
	resp, err := http.Get(c.url + "/" + file[:2] + "/" + file)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", file, resp.Status)
	}
	return io.ReadAll(resp.Body)
}
