package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/google/go-containerregistry/pkg/name"
	"go.yaml.in/yaml/v3"
)

const actionFile = "action.yml"

// pinFile writes action.yml in the working directory.
func pinFile(image name.Digest) error {
	raw, err := os.ReadFile(actionFile)
	if err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	pinned, err := pin(raw, image)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(actionFile, os.O_WRONLY|os.O_TRUNC, 0) // as the file is, so with its mode
	if err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	_, err = file.Write(pinned)
	return errors.Join(err, file.Close())
}

// pin returns action.yml with the image in place of the Dockerfile, so that users
// pull what was tried, and nothing is built in their workflows. Comments and
// order stay.
func pin(raw []byte, image name.Digest) ([]byte, error) {
	line := regexp.MustCompile(`(?m)^  image: Dockerfile$`)
	if len(line.FindAll(raw, -1)) != 1 {
		return nil, errors.New("naming the image: action.yml has not one line `image: Dockerfile`")
	}
	want := "docker://" + image.String()
	pinned := line.ReplaceAllLiteral(raw, []byte("  image: "+want))
	var declared struct {
		Runs struct{ Using, Image string }
	}
	if err := yaml.Unmarshal(pinned, &declared); err != nil {
		return nil, fmt.Errorf("reading action.yml back: %w", err)
	}
	if declared.Runs.Using != "docker" || declared.Runs.Image != want {
		return nil, fmt.Errorf("reading action.yml back: it runs %q from %q", declared.Runs.Using, declared.Runs.Image)
	}
	return pinned, nil
}
