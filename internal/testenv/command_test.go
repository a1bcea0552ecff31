package testenv

import (
	"testing"
	"time"
)

// TestCommandThatHangs has a program that would never end, and one that ends and leaves another behind which holds its
// output open.
func TestCommandThatHangs(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"hangs":            `trap 'echo stands here; exit 3' QUIT; sleep 20 & wait`,
		"leaves one there": `echo stands here; sleep 20 &`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			said, err := commandWithin(t, 2*time.Second, 2*time.Second, "sh", "-c", script).CombinedOutput()
			if took := time.Since(began); err == nil || took > time.Minute {
				t.Errorf("it ended with %v after %s, want an error within a minute", err, took)
			}
			if string(said) != "stands here\n" {
				t.Errorf("it said %q", said)
			}
		})
	}
}
