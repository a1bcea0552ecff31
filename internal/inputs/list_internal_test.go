package inputs

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestList(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want []item
	}{
		"empty":                            {"", nil},
		"one line":                         {"a", []item{{"a", 1}}},
		"one per line":                     {"a\nb\n", []item{{"a", 1}, {"b", 2}}},
		"blank lines are left out":         {"\n \n\ta\n\n  b\n\n", []item{{"a", 3}, {"b", 5}}},
		"comments are left out":            {"# one\na\n  # two\nb # kept", []item{{"a", 2}, {"b # kept", 4}}},
		"Windows line ends":                {"a\r\n\r\nb\r\n", []item{{"a", 1}, {"b", 3}}},
		"commas stay":                      {"A=x,y,z\nB=1", []item{{"A=x,y,z", 1}, {"B=1", 2}}},
		"quotes inside stay":               {`A=say "hi"` + "\nB=\"x\"", []item{{`A=say "hi"`, 1}, {`B="x"`, 2}}},
		"single quotes are nothing":        {"'A=x'", []item{{"'A=x'", 1}}},
		"blanks at the end stay":           {"A=x  \nB=y\t", []item{{"A=x  ", 1}, {"B=y\t", 2}}},
		"JSON on one line stays":           {`A={"b":["c","d"],"e":"f=g"}`, []item{{`A={"b":["c","d"],"e":"f=g"}`, 1}}},
		"a control character stays":        {"A=x\x1fy", []item{{"A=x\x1fy", 1}}},
		"a quoted item":                    {`"A=x"`, []item{{"A=x", 1}}},
		"a quoted item over lines":         {"a\n\"KEY=one\n  two\n\n# three\"\nb", []item{{"a", 1}, {"KEY=one\n  two\n\n# three", 2}, {"b", 6}}},
		"doubled quotes are one":           {`"A={""b"":""c""}"`, []item{{`A={"b":"c"}`, 1}}},
		"doubled quotes at the end":        {`"A=""b"""` + "\nc", []item{{`A="b"`, 1}, {"c", 2}}},
		"doubled quotes at a line end":     {"\"A=\"\"b\"\"\nc\"\nd", []item{{"A=\"b\"\nc", 1}, {"d", 3}}},
		"a quoted item and blanks after":   {"\"A=x\" \t\nb", []item{{"A=x", 1}, {"b", 2}}},
		"two quoted items, blanks between": {"\"A=1\" \n\"B=2\" ", []item{{"A=1", 1}, {"B=2", 2}}},
		"a quoted item after blanks":       {"  \"A=x\"", []item{{"A=x", 1}}},
		"Windows line ends in quotes":      {"\"A=x\r\ny\"\r\nb", []item{{"A=x\ny", 1}, {"b", 3}}},
		"a quoted # is no comment":         {`"#a=b"`, []item{{"#a=b", 1}}},
		"quoted blanks are no item":        {"\"\"\n\" \n\"\na", []item{{"a", 4}}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := list(c.text)
			if err != nil {
				t.Fatalf("list(%q) = %v, want %v", c.text, err, c.want)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(item{})); diff != "" {
				t.Errorf("list(%q), -want +got:\n%s", c.text, diff)
			}
		})
	}
}

// A mistyped quote is an error that names its line: read on, it would eat the
// lines after it.
func TestListQuoteErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"never closed":                       {"a\n\"B=s3cret\nc", "line 2: the quote at its start is never closed"},
		"a quote alone":                      {`"`, "line 1: the quote at its start is never closed"},
		"the last one is doubled":            {"\"A=s3cret\"\"", "line 1: the quote at its start is never closed"},
		"the last one is doubled, more come": {"a\n\n\"A=s3cret\"\"\nb", "line 3: the quote at its start is never closed"},
		"text after the closing one":         {`"A"=s3cret`, "line 1: the quote at its start is closed with more text after it"},
		"closed by the next item's":          {"\"A=s3cret\nB=\"x\"", "line 1: the quote at its start is closed with more text after it"},
		"quotes inside not doubled":          {"a\n\"KEY=say \"s3cret\"\"", "line 2: the quote at its start is closed with more text after it"},
		"JSON over lines without quotes":     {"A={\n  \"b\": \"s3cret\"\n}", "line 2: the quote at its start is closed with more text after it"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := list(c.text)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Fatalf("list(%q) = %v, %v, want the error %q", c.text, got, err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("list(%q) = %q, want the text not shown", c.text, err)
			}
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want []item
	}{
		"lines and commas alike":         {"a,b\nc , d\n", []item{{"a", 1}, {"b", 1}, {"c", 2}, {"d", 2}}},
		"nothing between commas":         {",a,,b, ,", []item{{"a", 1}, {"b", 1}}},
		"comments hold no words":         {"# a,b\nc", []item{{"c", 2}}},
		"quotes do not hold commas back": {`"a,b"`, []item{{"a", 1}, {"b", 1}}},
		"commas only":                    {",,,", nil},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := words(c.text)
			if err != nil {
				t.Fatalf("words(%q) = %v, want %v", c.text, err, c.want)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(item{})); diff != "" {
				t.Errorf("words(%q), -want +got:\n%s", c.text, diff)
			}
		})
	}
}

// Every item stands in the text at the line that it names, whole, as it is or
// in quotes.
func FuzzList(f *testing.F) {
	for _, text := range []string{
		"", "a\nb", "# a\n\n b ", "\"A=x\ny\"\nb", `"A=""b"""`, "\"", "\"\"\"", "a\r\nb\r", "\"A=1\" \n\"B=2\"", "A={\"b\":1}", "\x1f\"\x1f", "é\u00a0\u2028\"x\"",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, err := list(text)
		if err != nil {
			if len(items) > 0 || !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("list(%q) = %v, %v, want an error that names the line", text, items, err)
			}
			return
		}
		lines := strings.SplitAfter(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		last := 0
		for _, it := range items {
			if it.line <= last || it.line > len(lines) {
				t.Fatalf("list(%q) = %v, want rising lines up to %d", text, items, len(lines))
			}
			last = it.line
			from := strings.TrimLeftFunc(strings.Join(lines[it.line-1:], ""), unicode.IsSpace) + "\n"
			quoted := `"` + strings.ReplaceAll(it.text, `"`, `""`) + `"`
			if !strings.HasPrefix(from, it.text+"\n") && !strings.HasPrefix(from, quoted) {
				t.Errorf("list(%q) holds %q, which is not at line %d", text, it.text, it.line)
			}
		}
	})
}
