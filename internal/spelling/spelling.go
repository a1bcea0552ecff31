// Package spelling finds what was probably meant by a word that is written wrong.
package spelling

import "strings"

// Distance counts the letters that were left out, added, exchanged for others or
// swapped with their neighbour (optimal string alignment,
// https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance).
func Distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// longest is the length in bytes above which words are not compared: it takes the
// square of it.
const longest = 256

// Near tells whether one word is probably the other, written wrong: in a short one
// one letter may differ, in a long one two, and capitals count for nothing.
func Near(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if max(len(a), len(b)) > longest {
		return false
	}
	allowed := 1
	if min(len(a), len(b)) > 4 {
		allowed = 2
	}
	return Distance(a, b) <= allowed
}
