package duration

import (
	"testing"
	"time"
)

func TestText(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:           "0s",
		0:                      "0s",
		400 * time.Microsecond: "0s",
		42 * time.Millisecond:  "42ms",
		99*time.Millisecond + 600*time.Microsecond: "0.1s",
		420 * time.Millisecond:                     "0.42s",
		999 * time.Millisecond:                     "1s",
		time.Second:                                "1s",
		8400 * time.Millisecond:                    "8.4s",
		9949 * time.Millisecond:                    "9.9s",
		12300 * time.Millisecond:                   "12.3s",
		30 * time.Second:                           "30s",
		59*time.Second + 900*time.Millisecond:      "59.9s",
		59*time.Second + 960*time.Millisecond:      "1m 0s",
		125 * time.Second:                          "2m 5s",
		time.Hour - time.Millisecond:               "1h 0m",
		62 * time.Minute:                           "1h 2m",
	} {
		if got := Text(d); got != want {
			t.Errorf("Text(%v) = %q, want %q", d, got, want)
		}
	}
}
