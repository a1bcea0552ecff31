// Package trace is what a solve has done: the one model of it for the log, for what
// an error means and for the report.
package trace

// Build is what a build did, whether it failed or not.
type Build struct {
	Steps    int    // instructions of the Dockerfile that were carried out or found in the cache
	Cached   int    // those found in the cache
	Timeline []Step // what was begun, in the order in which it is best read
	Warnings []Warning
}

// Warning is something that the author should know, although nothing fails.
type Warning struct {
	Message string
	Check   bool   // BuildKit's checks found it in the Dockerfile
	File    string // absolute path; empty where the warning has no place
	Line    int    // counted from 1; 0 where the warning has no place
}
