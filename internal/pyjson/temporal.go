package pyjson

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// temporal is a datetime, date or time in ISO 8601, as Python's isoformat
// writes it. jsonpickle keeps the bytes that Python's __reduce__ gives:
//
//	{"py/object": "datetime.datetime", "__reduce__": [{"py/type": …}, ["base64", zone]]}
func (r *reader) temporal(v ref, class string) (string, bool) {
	reduced, ok := r.member(v, "__reduce__")
	if !ok {
		return "", false
	}
	args, ok := r.item(reduced, 1)
	if !ok {
		return "", false
	}
	payload, ok := r.item(args, 0)
	if !ok {
		return "", false
	}
	encoded, ok := r.stringAt(payload)
	if !ok || len(encoded) > 16 {
		return "", false
	}
	var bytes [12]byte
	n, err := base64.StdEncoding.Decode(bytes[:], []byte(encoded))
	if err != nil {
		return "", false
	}
	var buf [len("9999-12-31T23:59:59.999999")]byte
	text, ok := appendISO(buf[:0], bytes[:n], class)
	if zone, zoned := r.item(args, 1); ok && zoned {
		return string(text) + r.zone(zone), true
	}
	return string(text), ok
}

func isTemporal(class string) bool {
	return class == "datetime.datetime" || class == "datetime.date" || class == "datetime.time"
}

// appendISO reads 4 bytes of a date, 6 of a time, or 10 of both. Python keeps
// the fold in the high bit of the month or the hour.
func appendISO(dst, b []byte, class string) ([]byte, bool) {
	if class != "datetime.time" {
		if len(b) < 4 {
			return dst, false
		}
		year, month, day := int(b[0])<<8|int(b[1]), int(b[2]&0x7f), int(b[3])
		if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
			return dst, false
		}
		dst = append2(append2(dst, year/100), year%100)
		dst = append2(append(dst, '-'), month)
		dst = append2(append(dst, '-'), day)
		b = b[4:]
		if class == "datetime.date" {
			return dst, len(b) == 0
		}
		dst = append(dst, 'T')
	}
	if len(b) != 6 {
		return dst, false
	}
	hour, minute, second, micros := int(b[0]&0x7f), int(b[1]), int(b[2]), int(b[3])<<16|int(b[4])<<8|int(b[5])
	if hour > 23 || minute > 59 || second > 59 || micros >= 1e6 {
		return dst, false
	}
	dst = append2(dst, hour)
	dst = append2(append(dst, ':'), minute)
	dst = append2(append(dst, ':'), second)
	if micros > 0 {
		dst = append2(append(dst, '.'), micros/1e4)
		dst = append2(append2(dst, micros/100%100), micros%100)
	}
	return dst, true
}

// append2 appends a number below 100 as two digits.
func append2(dst []byte, n int) []byte {
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// sixDigits is a number of microseconds as the digits behind the point.
func sixDigits(micros int64) string {
	s := strconv.FormatInt(micros, 10)
	return strings.Repeat("0", 6-len(s)) + s
}

// zone is what follows a time: the offset where the text has it, the zone's
// name in brackets where only that is known (RFC 9557), nothing for a zone that
// is neither.
func (r *reader) zone(v ref) string {
	if r.kindOf(v) == tagID {
		v, _ = r.target(v)
	}
	if r.kindOf(v) != tagReduce {
		return ""
	}
	at, _ := r.tagged(v, tagReduce)
	d, ok := r.reduction(at)
	if !ok {
		return ""
	}
	first, _ := r.item(d.args, 0)
	switch d.name {
	case "datetime.timezone":
		return r.offset(first)
	case "pytz._UTC":
		return "+00:00"
	case "pytz._p":
		if seconds, ok := r.item(d.args, 1); ok {
			if n, err := strconv.ParseInt(string(r.token(seconds)), 10, 32); err == nil {
				return clockOffset(strconv.FormatInt(n, 10))
			}
		}
	case "zoneinfo.ZoneInfo._unpickle", "zoneinfo.ZoneInfo":
		if name, ok := r.stringAt(first); ok && r.length(d.args) > 0 {
			return "[" + name + "]"
		}
	}
	return ""
}

// offset is a timedelta as an offset from UTC.
func (r *reader) offset(v ref) string {
	if r.kindOf(v) == tagID {
		v, _ = r.target(v)
	}
	if r.kindOf(v) != tagReduce {
		return ""
	}
	at, _ := r.tagged(v, tagReduce)
	d, ok := r.reduction(at)
	if !ok || d.name != "datetime.timedelta" {
		return ""
	}
	seconds, ok := r.duration(d)
	if !ok {
		return ""
	}
	return clockOffset(seconds)
}

// clockOffset writes seconds, a decimal, as ±HH:MM, with seconds and their
// fraction only where there are any.
func clockOffset(seconds string) string {
	sign := "+"
	if seconds[0] == '-' {
		sign, seconds = "-", seconds[1:]
	}
	whole, fraction, _ := strings.Cut(seconds, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n >= 86400 {
		return ""
	}
	text := fmt.Sprintf("%s%02d:%02d", sign, n/3600, n/60%60)
	if n%60 > 0 || fraction != "" {
		text += fmt.Sprintf(":%02d", n%60)
	}
	if fraction != "" {
		text += "." + fraction + strings.Repeat("0", 6-len(fraction))
	}
	return text
}
