// Agentlist asks the SSH agent at SSH_AUTH_SOCK for its keys, has it sign with
// each, and prints those whose signature holds. It runs in a build step of a test.
package main

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh/agent"
)

func main() {
	if err := list(); err != nil {
		fmt.Println("agentlist:", err)
		os.Exit(1)
	}
}

func list() error {
	conn, err := net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		return err
	}
	defer conn.Close()
	client := agent.NewClient(conn)
	keys, err := client.List()
	if err != nil {
		return err
	}
	for _, key := range keys {
		signature, err := client.Sign(key, []byte("challenge"))
		if err == nil {
			err = key.Verify([]byte("challenge"), signature)
		}
		if err != nil {
			return err
		}
		fmt.Println("signed by", key.Comment)
	}
	return nil
}
