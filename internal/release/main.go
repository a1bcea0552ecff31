// Command release turns an image that is built and tried into a release of the
// action: a commit whose action.yml names the image by digest, and its tags. It
// is run by .github/workflows/release.yml, and reads its checkout.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv("GITHUB_TOKEN"), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

const usage = `release makes a release of the action, in the directory that it runs in.

  release check ORDER            can this release be made? prints its version
  release notes ORDER            print the release's section of CHANGELOG.md
  release action IMAGE@DIGEST    have action.yml name this image
  release publish ORDER IMAGE@DIGEST
                                 commit that on top of the order, tag it, and push the tags to origin

An order is the name of a tag such as release/v1.2.3. GITHUB_TOKEN is the password for origin.
`

// run does what the arguments name. The token may be empty where origin asks for
// none.
func run(ctx context.Context, args []string, token string, out io.Writer) error {
	words := map[string]int{"check": 2, "notes": 2, "action": 2, "publish": 3}
	if len(args) == 0 || len(args) != words[args[0]] {
		fmt.Fprint(out, usage)
		return flag.ErrHelp
	}
	if args[0] == "action" {
		image, err := readImage(args[1])
		if err != nil {
			return err
		}
		return pinFile(image)
	}
	o, err := parseOrder(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "check":
		return check(ctx, o, token, out)
	case "notes":
		notes, err := readNotes(o)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, notes)
		return err
	default:
		image, err := readImage(args[2])
		if err != nil {
			return err
		}
		return publish(ctx, o, image, token, out)
	}
}

func readImage(written string) (name.Digest, error) {
	image, err := name.NewDigest(written, name.StrictValidation)
	if err != nil {
		return name.Digest{}, fmt.Errorf("reading the image: %w", err)
	}
	return image, nil
}

// check looks for all that would stop the release later, when an image of its
// version is published already.
func check(ctx context.Context, o order, token string, out io.Writer) error {
	if _, err := readNotes(o); err != nil {
		return err
	}
	repo, err := open(token)
	if err != nil {
		return err
	}
	tags, err := repo.tags(ctx)
	if err != nil {
		return err
	}
	if at, ok := tags[o.tag()]; ok {
		return fmt.Errorf("checking %s: it is released already, as commit %s; a version is released once", o.tag(), at)
	}
	_, err = fmt.Fprintln(out, o.version)
	return err
}
