package metadata_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/metadata"
)

// label expands one value.
func label(t *testing.T, f metadata.Facts, value string) string {
	t.Helper()
	own, err := metadata.ParseLabels(lines("key=" + value))
	if err != nil {
		t.Fatalf("ParseLabels(key=%s) = %v, want a label", value, err)
	}
	return own.Values(f)["key"]
}

// The outputs are those of moment.js 2.30.1 with moment-timezone 0.6.2.
func TestDates(t *testing.T) {
	t.Parallel()
	monday := time.Date(2024, 12, 30, 4, 5, 6, 789e6, time.UTC)  // in the first ISO week of 2025
	evening := time.Date(2023, 1, 1, 21, 30, 0, 0, time.UTC)     // a Sunday in the last ISO week of 2022
	noon := time.Date(2024, 6, 23, 12, 0, 59, 5e6, time.UTC)     // summer time in the north
	midnight := time.Date(2024, 11, 11, 0, 9, 0, 0, time.UTC)    // 12 at night
	late := time.Date(2024, 3, 31, 23, 59, 59, 999999, time.UTC) // less than a millisecond past
	leap := time.Date(2024, 12, 31, 15, 4, 5, 120e6, time.UTC)   // day 366
	early := time.Date(1999, 2, 3, 1, 2, 3, 0, time.UTC)         // single digits
	cases := []struct {
		when               time.Time
		format, zone, want string
	}{
		{monday, "YYYYMMDD", "", "20241230"},
		{monday, "YYYY-MM-DD[T]HH:mm:ss.SSS[Z]", "", "2024-12-30T04:05:06.789Z"},
		{monday, "YYYY-MM-DDTHH:mm:ssZ", "", "2024-12-30T04:05:06+00:00"},
		{monday, "YYYY-MM-DDTHH:mm:ssZ", "America/New_York", "2024-12-29T23:05:06-05:00"},
		{monday, "YYYYMMDD-HHmmss ZZ", "Asia/Tokyo", "20241230-130506 +0900"},
		{monday, "HH:mm z zz", "Europe/Berlin", "05:05 CET CET"},
		{noon, "HH:mm z Z", "Europe/Berlin", "14:00 CEST +02:00"},
		{noon, "HH:mm z", "Asia/Kolkata", "17:30 IST"},
		{noon, "HH:mm Z", "Australia/Lord_Howe", "22:30 +10:30"},
		{monday, "Y YY YYYY YYYYY YYYYYY", "", "2024 24 2024 02024 +002024"},
		{monday, "y yy yyy yyyy yo", "", "2024 2024 2024 2024 2024th"},
		{monday, "N NN NNN NNNN NNNNN", "", "AD AD AD Anno Domini AD"},
		{monday, "Q Qo M MM Mo MMM MMMM", "", "4 4th 12 12 12th Dec December"},
		{early, "Q Qo M MM Mo MMM MMMM", "", "1 1st 2 02 2nd Feb February"},
		{monday, "D DD Do DDD DDDD DDDo", "", "30 30 30th 365 365 365th"},
		{early, "D DD Do DDD DDDD DDDo", "", "3 03 3rd 34 034 34th"},
		{leap, "DDD", "", "366"},
		{noon, "Do", "", "23rd"},
		{midnight, "Do Mo", "", "11th 11th"},
		{evening, "Do", "", "1st"},
		{monday, "d do dd ddd dddd e E", "", "1 1st Mo Mon Monday 1 1"},
		{evening, "d do dd ddd dddd e E", "", "0 0th Su Sun Sunday 0 7"},
		{monday, "w ww wo gg gggg ggggg", "", "1 01 1st 25 2025 02025"},
		{monday, "W WW Wo GG GGGG GGGGG", "", "1 01 1st 25 2025 02025"},
		{evening, "w gggg W GGGG", "", "1 2023 52 2022"},
		{monday, "H HH h hh k kk A a", "", "4 04 4 04 4 04 AM am"},
		{evening, "H HH h hh k kk A a", "", "21 21 9 09 21 21 PM pm"},
		{midnight, "H HH h hh k kk A", "", "0 00 12 12 24 24 AM"},
		{noon, "H h k A", "", "12 12 12 PM"},
		{midnight, "Hmm hmm Hmmss hmmss", "", "009 1209 00900 120900"},
		{midnight, "m mm s ss", "", "9 09 0 00"},
		{noon, "S SS SSS SSSS SSSSS SSSSSS", "", "0 00 005 0050 00500 005000"},
		{leap, "SSSSSSS SSSSSSSS SSSSSSSSS", "", "1200000 12000000 120000000"},
		{late, "SSS x", "", "000 1711929599000"},
		{monday, "X x", "", "1735531506 1735531506789"},
		{monday, "X", "Asia/Tokyo", "1735531506"},
		{monday, "LT LTS", "", "4:05 AM 4:05:06 AM"},
		{monday, "L l", "", "12/30/2024 12/30/2024"},
		{early, "L l LL ll", "", "02/03/1999 2/3/1999 February 3, 1999 Feb 3, 1999"},
		{early, "LLL", "", "February 3, 1999 1:02 AM"},
		{early, "lll", "", "Feb 3, 1999 1:02 AM"},
		{early, "LLLL", "", "Wednesday, February 3, 1999 1:02 AM"},
		{early, "llll", "", "Wed, Feb 3, 1999 1:02 AM"},
		{monday, "[at] HH [o]", "", "at 04 o"},
		{monday, "[]YYYY[LT]", "", "2024LT"},
		{monday, "[a]b]YYYY", "", "a]b2024"},
		{monday, `\YYYY YYYY`, "", "YYYY 2024"},
		{monday, `\LT YYYY\.`, "", "LT 2024."},
		{monday, "YYYYé_q", "", "2024é_q"},
		{monday, "DDDDD MMMMM", "", "36530 December12"},
	}
	for _, c := range cases {
		t.Run(c.format+" "+c.zone, func(t *testing.T) {
			t.Parallel()
			expression := "{{date \"" + strings.ReplaceAll(c.format, `"`, `\"`) + "\"}}"
			if c.zone != "" {
				expression = strings.TrimSuffix(expression, "}}") + " tz='" + c.zone + "'}}"
			}
			if got := label(t, metadata.Facts{Now: c.when, CommitTime: early}, expression); got != c.want {
				t.Errorf("%s at %s is %q, want %q", expression, c.when, got, c.want)
			}
			commit := "{{commit_" + expression[2:]
			if got := label(t, metadata.Facts{Now: early, CommitTime: c.when}, commit); got != c.want {
				t.Errorf("%s at %s is %q, want %q", commit, c.when, got, c.want)
			}
		})
	}
}

// Where nobody knows the commit's time it is that of the run, as for
// docker/metadata-action.
func TestCommitDateOfAnUnknownCommit(t *testing.T) {
	t.Parallel()
	f := metadata.Facts{Now: time.Date(2024, 12, 30, 4, 5, 6, 0, time.UTC)}
	if got := label(t, f, "{{commit_date 'YYYY'}}"); got != "2024" {
		t.Errorf("{{commit_date 'YYYY'}} is %q, want the year of the run", got)
	}
}

func TestExpressionsInLabels(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ run, value, want string }{
		"nothing to expand":         {"push main", "a, b = \"c\" 'd' {e} }}", "a, b = \"c\" 'd' {e} }}"},
		"JSON":                      {"push main", `{"a":{"b":[1,2]}}`, `{"a":{"b":[1,2]}}`},
		"the branch, as it is":      {"push Feature/a=b&c", "{{branch}}", "Feature/a=b&c"},
		"the branch of a tag":       {"tag v1.2.3", "[{{branch}}]", "[]"},
		"the tag":                   {"tag v1.2.3", "{{tag}} {{ tag }} {{{tag}}}", "v1.2.3 v1.2.3 v1.2.3"},
		"the commit":                {"push main", "{{sha}}", "4f2a9c1"},
		"a pull request's commit":   {"pull 12", "{{sha}}", "d00dfee"},
		"the base of a target":      {"target 12", "{{base_ref}} {{sha}}", "main 4f2a9c1"},
		"whether it is the default": {"push main", "{{is_default_branch}} {{is_not_default_branch}}", "true false"},
		"a version's parts":         {"tag v1.2.3-rc.1", "{{raw}} {{version}} {{major}} {{minor}} {{patch}}", "v1.2.3-rc.1 1.2.3-rc.1 1 2 3"},
		"no version's parts":        {"tag nightly", "{{raw}} {{version}}{{major}}", "nightly "},
		"a version on a branch":     {"push 1.2.3", "[{{raw}}{{version}}]", "[]"},
		"braces by an escape":       {"push main", `\{{branch}} {{branch}}`, "{{branch}} main"},
		"a backslash by an escape":  {"push main", `a\\{{branch}}`, `a\main`},
		"an escape after another":   {"push main", `\{{a}}\{{b}}\\{{branch}}`, `{{a}}{{b}}\main`},
		"other backslashes stay":    {"push main", `C:\x\n{{branch}}\`, `C:\x\nmain\`},
		"a quote in a format":       {"push main", `{{date '[it\'s] YYYY'}}`, "it's 2024"},
		"lines between":             {"push main", "{{date\n 'YYYY'\n tz = 'UTC' }}", "2024"},
		"nothing but braces":        {"push main", "{ {a} }", "{ {a} }"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := label(t, run(t, c.run), c.value); got != c.want {
				t.Errorf("%s on %s is %q, want %q", c.value, c.run, got, c.want)
			}
		})
	}
}
