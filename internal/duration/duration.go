// Package duration writes a length of time as people read it, in one way for the log,
// the summary and errors.
package duration

import (
	"fmt"
	"strings"
	"time"
)

// Text writes a length of time, which is not negative: 0s, 42ms, 0.42s, 8.4s, 30s,
// 2m 5s, 1h 2m. It is as exact as is worth reading.
func Text(d time.Duration) string {
	switch {
	case d < time.Millisecond/2:
		return "0s"
	case d < 100*time.Millisecond-time.Millisecond/2:
		return fmt.Sprintf("%dms", d.Round(time.Millisecond)/time.Millisecond)
	case d < time.Second-5*time.Millisecond:
		return strings.TrimSuffix(fmt.Sprintf("%.2f", d.Seconds()), "0") + "s"
	case d < time.Minute-50*time.Millisecond:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + "s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
}
