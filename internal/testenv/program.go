package testenv

import (
	"os"
	"syscall"
)

// WriteProgram writes a program that a test is to run. What another test starts in
// that moment would inherit the file, open for writing, and the kernel runs no such
// file ("text file busy", https://github.com/golang/go/issues/22315). So nothing is
// started meanwhile.
func WriteProgram(t T, path, content string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatalf("writing a program: %v", err)
	}
}
