package metadata

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// field is one attribute of a rule: key=value, or a value alone.
type field struct {
	key    string // lower case; empty for a value alone
	value  string
	offset int // where the field begins in its line, in bytes
	from   int // where its value begins
}

const acceptsFields = `attributes such as type=sha,prefix=git- with commas between; "key=a,b" in double quotes where a value holds a comma, single quotes inside expressions`

// fields splits a rule at its commas. Fields in double quotes may hold commas:
// the line is a record of CSV, as for docker/metadata-action. Empty fields are
// left out.
func fields(text string) ([]field, *mistake) {
	if strings.ContainsAny(text, "\"\r\n") {
		return quotedFields(text)
	}
	var all []field
	offset := 0
	for part := range strings.SplitSeq(text, ",") {
		all = appendField(all, part, offset)
		offset += len(part) + 1
	}
	return all, nil
}

func quotedFields(text string) ([]field, *mistake) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	record, err := reader.Read()
	var parseErr *csv.ParseError
	if errors.As(err, &parseErr) {
		return nil, wrong(offsetOf(text, parseErr.Line, parseErr.Column), acceptsFields, "%v", parseErr.Err)
	}
	var all []field
	for i, part := range record {
		line, column := reader.FieldPos(i)
		offset := offsetOf(text, line, column)
		if text[offset] == '"' {
			offset++
		}
		all = appendField(all, unquotedTwice(part), offset)
	}
	end := int(reader.InputOffset())
	if _, err := reader.Read(); !errors.Is(err, io.EOF) {
		return nil, wrong(end, "one rule a line", "a rule ends here, and more text follows")
	}
	return all, nil
}

// offsetOf turns a place as encoding/csv counts it into an offset.
func offsetOf(text string, line, column int) int {
	offset := 0
	for range line - 1 {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return min(offset+max(column-1, 0), len(text)-1)
}

// unquotedTwice takes a second pair of quotes away: docker/metadata-action reads
// a list twice, so that its users write """pattern=a,b""" for a field with a
// comma. No attribute's name begins with a quote.
func unquotedTwice(part string) string {
	if len(part) > 1 && strings.HasPrefix(part, `"`) && strings.HasSuffix(part, `"`) {
		return strings.ReplaceAll(part[1:len(part)-1], `""`, `"`)
	}
	return part
}

func appendField(all []field, part string, offset int) []field {
	f := field{offset: offset + blanks(part)}
	key, value, found := strings.Cut(part, "=")
	if !found || key == "" || strings.Contains(key, "{{") { // the = of {{date 'x' tz='y'}} is not ours
		f.from, f.value = f.offset, strings.TrimSpace(part)
		if f.value == "" {
			return all
		}
		return append(all, f)
	}
	f.key = strings.ToLower(strings.TrimSpace(key))
	f.value = strings.TrimSpace(value)
	f.from = offset + len(key) + 1 + blanks(value)
	return append(all, f)
}

// blanks counts the bytes of white space that a text begins with.
func blanks(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t\r\n\v\f"))
}
