package metadata

import (
	"cmp"
	"strings"
)

// order is that of the characters of ASCII in Unicode's collation, capitals
// aside: docker/metadata-action sorts keys so.
const order = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"

// CompareKeys orders the keys of labels and annotations for people. Keys that
// differ only in case have the small letters first.
func CompareKeys(a, b string) int {
	lowerA, lowerB := strings.ToLower(a), strings.ToLower(b)
	for i := range min(len(lowerA), len(lowerB)) {
		if lowerA[i] != lowerB[i] {
			return weight(lowerA[i]) - weight(lowerB[i])
		}
	}
	return cmp.Or(cmp.Compare(len(lowerA), len(lowerB)), -cmp.Compare(a, b))
}

func weight(c byte) int {
	if i := strings.IndexByte(order, c); i >= 0 {
		return i
	}
	return len(order) + int(c)
}
