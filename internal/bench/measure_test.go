package main

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []int
		want   int
	}{
		{[]int{7}, 7},
		{[]int{9, 1, 5}, 5},
		{[]int{4, 1, 3, 2}, 3},
		{[]int{1, 1, 1, 1, 1000}, 1},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %d, want %d", tt.values, got, tt.want)
		}
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	of := func(took time.Duration) sample { return sample{times: []time.Duration{took}} }
	rows := []row{
		timeRow("a", []sample{of(50), of(100)}).against("buildctl", of(50), of(100), 0.5),
		timeRow("b", []sample{of(51), of(100)}).against("buildctl", of(51), of(100), 0.5),
		timeRow("c", []sample{of(15 * time.Millisecond)}).atMost(of(15*time.Millisecond), 15),
		timeRow("d", []sample{of(1), of(2)}).beside(of(1), of(2)), // without a goal
		timeRow("e", []sample{of(220e6)}).within("f", of(220e6), []sample{of(90e6), of(100e6)}, 1.2, 100),
		timeRow("f", []sample{of(221e6)}).within("f", of(221e6), []sample{of(100e6), of(90e6)}, 1.2, 100),
	}
	if got, want := decision(rows), "3 of 5 goals are met."; got != want {
		t.Errorf("verdict = %q, want %q", got, want)
	}
	const want = "| c | 15.0 ms |  |  |  | at most 15ms | yes |\n"
	if got := table(rows[2:3]); got[len(got)-len(want):] != want {
		t.Errorf("table = %q, want it to end with %q", got, want)
	}
}
