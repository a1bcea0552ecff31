package dateformat

import (
	"fmt"
	"strconv"
	"time"
)

// dateTokens are the tokens of moment.js in its default language, English.
// Weeks without "iso" begin on Sunday; the first is the one with 1 January.
var dateTokens = map[string]func(time.Time) string{
	"Y": padded(year, 4), "YY": func(t time.Time) string { return pad(year(t)%100, 2) },
	"YYYY": padded(year, 4), "YYYYY": padded(year, 5), "YYYYYY": func(t time.Time) string { return "+" + pad(year(t), 6) },
	"y": padded(year, 1), "yy": padded(year, 2), "yyy": padded(year, 3), "yyyy": padded(year, 4), "yo": ordinal(year),
	"N": constant("AD"), "NN": constant("AD"), "NNN": constant("AD"), "NNNN": constant("Anno Domini"), "NNNNN": constant("AD"),
	"Q": padded(quarter, 1), "Qo": ordinal(quarter),
	"M": padded(month, 1), "MM": padded(month, 2), "Mo": ordinal(month), "MMM": layout("Jan"), "MMMM": layout("January"),
	"D": padded(time.Time.Day, 1), "DD": padded(time.Time.Day, 2), "Do": ordinal(time.Time.Day),
	"DDD": padded(time.Time.YearDay, 1), "DDDD": padded(time.Time.YearDay, 3), "DDDo": ordinal(time.Time.YearDay),
	"d": padded(weekday, 1), "do": ordinal(weekday), "dd": func(t time.Time) string { return t.Format("Mon")[:2] },
	"ddd": layout("Mon"), "dddd": layout("Monday"), "e": padded(weekday, 1), "E": padded(isoWeekday, 1),
	"w": padded(week, 1), "ww": padded(week, 2), "wo": ordinal(week), "gg": func(t time.Time) string { return pad(weekYear(t)%100, 2) },
	"gggg": padded(weekYear, 4), "ggggg": padded(weekYear, 5),
	"W": padded(isoWeek, 1), "WW": padded(isoWeek, 2), "Wo": ordinal(isoWeek), "GG": func(t time.Time) string { return pad(isoYear(t)%100, 2) },
	"GGGG": padded(isoYear, 4), "GGGGG": padded(isoYear, 5),
	"H": padded(time.Time.Hour, 1), "HH": padded(time.Time.Hour, 2), "Hmm": func(t time.Time) string { return strconv.Itoa(t.Hour()) + t.Format("04") },
	"Hmmss": func(t time.Time) string { return strconv.Itoa(t.Hour()) + t.Format("0405") },
	"h":     padded(hour12, 1), "hh": padded(hour12, 2), "hmm": layout("304"), "hmmss": layout("30405"), "a": layout("pm"), "A": layout("PM"),
	"k": padded(hour24, 1), "kk": padded(hour24, 2), "m": padded(time.Time.Minute, 1), "mm": padded(time.Time.Minute, 2),
	"s": padded(time.Time.Second, 1), "ss": padded(time.Time.Second, 2),
	"S": fraction(1), "SS": fraction(2), "SSS": fraction(3), "SSSS": fraction(4), "SSSSS": fraction(5),
	"SSSSSS": fraction(6), "SSSSSSS": fraction(7), "SSSSSSSS": fraction(8), "SSSSSSSSS": fraction(9),
	"Z": layout("-07:00"), "ZZ": layout("-0700"), "z": layout("MST"), "zz": layout("MST"),
	"X": func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) },
	"x": func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) },
}

func pad(n, digits int) string { return fmt.Sprintf("%0*d", digits, n) }

func padded(of func(time.Time) int, digits int) func(time.Time) string {
	return func(t time.Time) string { return pad(of(t), digits) }
}

func layout(text string) func(time.Time) string {
	return func(t time.Time) string { return t.Format(text) }
}

func constant(text string) func(time.Time) string {
	return func(time.Time) string { return text }
}

// ordinal writes 1st, 2nd, 3rd, 4th, 11th, 21st.
func ordinal(of func(time.Time) int) func(time.Time) string {
	return func(t time.Time) string {
		n := of(t)
		suffix := "th"
		if n/10%10 != 1 && n%10 >= 1 && n%10 <= 3 {
			suffix = []string{"st", "nd", "rd"}[n%10-1]
		}
		return strconv.Itoa(n) + suffix
	}
}

// fraction writes the second's first digits. Beyond the third they are 0:
// moment.js counts in milliseconds.
func fraction(digits int) func(time.Time) string {
	return func(t time.Time) string {
		return (pad(t.Nanosecond()/int(time.Millisecond), 3) + "000000")[:digits]
	}
}

func year(t time.Time) int    { return t.Year() }
func month(t time.Time) int   { return int(t.Month()) }
func quarter(t time.Time) int { return (int(t.Month()) + 2) / 3 }
func weekday(t time.Time) int { return int(t.Weekday()) }
func hour12(t time.Time) int  { return (t.Hour()+11)%12 + 1 }
func hour24(t time.Time) int  { return (t.Hour()+23)%24 + 1 }

func isoWeekday(t time.Time) int { return (weekday(t)+6)%7 + 1 }

func isoWeek(t time.Time) int {
	_, week := t.ISOWeek()
	return week
}

func isoYear(t time.Time) int {
	year, _ := t.ISOWeek()
	return year
}

// saturday ends the week of a time; its year is the week's.
func saturday(t time.Time) time.Time { return t.AddDate(0, 0, 6-weekday(t)) }

func week(t time.Time) int     { return (saturday(t).YearDay()-1)/7 + 1 }
func weekYear(t time.Time) int { return saturday(t).Year() }
