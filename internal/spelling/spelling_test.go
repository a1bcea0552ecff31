package spelling

import "testing"

func TestNear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"package.json", "pakcage.json", true},
		{"main.go", "Main.go", true},
		{"main.go", "main.gox", true},
		{"build", "biuld", true},
		{"base", "case", true},
		{"base", "bison", false},
		{"go", "py", false},
		{"Dockerfile", "dockerfile.prod", false},
		{"", "a", true},
		{string(make([]byte, 300)), string(make([]byte, 300)), false},
	} {
		if got := Near(c.a, c.b); got != c.want {
			t.Errorf("Near(%q, %q) = %v, want %v", c.a, c.b, got, c.want)
		}
		if got := Near(c.b, c.a); got != c.want {
			t.Errorf("Near(%q, %q) = %v, want %v", c.b, c.a, got, c.want)
		}
	}
}
