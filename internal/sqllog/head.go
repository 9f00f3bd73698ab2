package sqllog

import (
	"strings"
	"time"
)

// field is which line of an entry a line is.
type field uint8

const (
	fMessage field = iota
	fDetail
	fHint
	fContext
	fStatement
	fIgnored // QUERY, LOCATION, BACKTRACE
	fields
)

// head is what a line's prefix and severity say. Strings are views of the line.
type head struct {
	time, epoch, start       string
	pid, line, session       string
	user, database, app      string
	remote, backend, command string
	virtual, txid            string
	state, queryID           string
	severity                 Severity
	field                    field
	text                     int // where the text begins in the line
}

func (h *head) set(kind uint8, s string) {
	switch kind {
	case pTime:
		h.time = s
	case pEpoch:
		h.epoch = s
	case pPID:
		h.pid = s
	case pLine:
		h.line = s
	case pSession:
		h.session = s
	case pStart:
		h.start = s
	case pUser:
		h.user = s
	case pDatabase:
		h.database = s
	case pApp:
		h.app = s
	case pRemote:
		h.remote = s
	case pBackend:
		h.backend = s
	case pCommand:
		h.command = s
	case pVirtual:
		h.virtual = s
	case pTxID:
		h.txid = s
	case pState:
		h.state = s
	case pQueryID:
		h.queryID = s
	}
}

// severityWords are the words that begin a message's lines, before ":  ".
var severityWords = []struct {
	word     string
	severity Severity
	field    field
}{
	{"LOG", Log, fMessage}, {"DETAIL", 0, fDetail}, {"ERROR", Error, fMessage}, {"STATEMENT", 0, fStatement},
	{"HINT", 0, fHint}, {"CONTEXT", 0, fContext}, {"FATAL", Fatal, fMessage}, {"PANIC", Panic, fMessage},
	{"WARNING", Warning, fMessage}, {"NOTICE", Notice, fMessage}, {"INFO", Info, fMessage}, {"DEBUG", Debug, fMessage},
	{"DEBUG1", Debug, fMessage}, {"DEBUG2", Debug, fMessage}, {"DEBUG3", Debug, fMessage},
	{"DEBUG4", Debug, fMessage}, {"DEBUG5", Debug, fMessage},
	{"QUERY", 0, fIgnored}, {"LOCATION", 0, fIgnored}, {"BACKTRACE", 0, fIgnored},
}

// severityAt reads "LOG:  " at i.
func (h *head) severityAt(line string, i int) bool {
	rest := line[i:]
	if strings.HasPrefix(rest, "LOG:  ") {
		h.severity, h.field, h.text = Log, fMessage, i+len("LOG:  ")
		return true
	}
	if len(rest) < 5 || rest[0] < 'B' || rest[0] > 'W' {
		return false
	}
	for j := range severityWords {
		w := &severityWords[j]
		if !strings.HasPrefix(rest, w.word) {
			continue
		}
		after := rest[len(w.word):]
		switch {
		case strings.HasPrefix(after, ":  "):
			h.severity, h.field, h.text = w.severity, w.field, i+len(w.word)+3
			return true
		case after == ":" || after == ": ": // an empty text whose blanks an editor cut
			h.severity, h.field, h.text = w.severity, w.field, len(line)
			return true
		}
	}
	return false
}

func findSeverity(word string) Severity {
	for j := range severityWords {
		if w := &severityWords[j]; w.word == word && w.field == fMessage {
			return w.severity
		}
	}
	return UnknownSeverity
}

// clock reads times; the second read last is remembered, for most lines of a
// log have it too.
type clock struct {
	location *time.Location
	text     string // date, time and seconds
	zone     string
	unix     int64
	in       *time.Location
	zones    map[string]*time.Location
}

const secondsLen = len("2006-01-02 15:04:05")

// timeEnd is where a time like 2026-11-24 23:14:36.123 UTC ends, -1 where none is.
func timeEnd(s string, i int) int {
	if i+secondsLen+2 > len(s) || s[i+4] != '-' || s[i+7] != '-' || s[i+10] != ' ' || s[i+13] != ':' || s[i+16] != ':' {
		return -1
	}
	end := i + secondsLen
	if s[end] == '.' {
		end = digitsEnd(s, end+1)
	}
	if end+1 >= len(s) || s[end] != ' ' {
		return -1
	}
	zone := end + 1
	end = zone
	if s[end] == '+' || s[end] == '-' {
		if end = digitsEnd(s, end+1); end > zone+1 {
			return end
		}
		return -1
	}
	for end < len(s) && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z') {
		end++
	}
	if end == zone {
		return -1
	}
	return end
}

// read gives the time that a text whose end timeEnd found stands for.
func (c *clock) read(s string) (t time.Time, zone string) {
	if len(s) < secondsLen+2 {
		return time.Time{}, ""
	}
	frac, at := int64(0), secondsLen
	if s[at] == '.' {
		unit := int64(time.Second)
		for at++; at < len(s) && s[at] >= '0' && s[at] <= '9'; at++ {
			if unit /= 10; unit > 0 {
				frac += int64(s[at]-'0') * unit
			}
		}
	}
	zone = strings.TrimPrefix(s[at:], " ")
	if s[:secondsLen] != c.text || zone != c.zone {
		if !c.second(s[:secondsLen], zone) {
			return time.Time{}, zone
		}
	}
	return time.Unix(c.unix, frac).In(c.in), c.zone
}

// epoch reads seconds since 1970 with a fraction.
func (c *clock) epoch(s string) time.Time {
	seconds, frac, _ := strings.Cut(s, ".")
	in := c.location
	if in == nil {
		in = time.UTC
	}
	return time.Unix(number(seconds), number((frac + "000000000")[:9])).In(in)
}

// second reads a second that is new.
func (c *clock) second(text, zone string) bool {
	wall, err := time.Parse(time.DateTime, text)
	if err != nil {
		return false
	}
	c.text, c.zone = strings.Clone(text), strings.Clone(zone)
	c.in = c.location
	if c.in == nil {
		c.in = c.zoneOf(c.zone)
		c.unix = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, c.in).Unix()
		return true
	}
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, c.in)
	if name, _ := t.Zone(); name != zone { // the hour that comes twice
		for _, d := range []time.Duration{time.Hour, -time.Hour} {
			other := t.Add(d)
			if name, _ := other.Zone(); name == zone && other.Format(time.DateTime) == text {
				t = other
			}
		}
	}
	c.unix = t.Unix()
	return true
}

// abbreviations are those of Postgres' default set that its servers most often
// log, in hours east of Greenwich.
var abbreviations = map[string]float64{
	"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "IST": 2, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
	"JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8, "NZST": 12, "NZDT": 13, "SAST": 2, "HKT": 8,
}

func (c *clock) zoneOf(zone string) *time.Location {
	if zone == "UTC" || zone == "GMT" {
		return time.UTC
	}
	if l := c.zones[zone]; l != nil {
		return l
	}
	seconds := int(abbreviations[zone] * 3600)
	if len(zone) >= 3 && (zone[0] == '+' || zone[0] == '-') {
		n := 0
		for i := 1; i < len(zone); i++ {
			n = n*10 + int(zone[i]-'0')
		}
		if len(zone) < 5 {
			n *= 100
		}
		if seconds = n/100*3600 + n%100*60; zone[0] == '-' {
			seconds = -seconds
		}
	}
	if c.zones == nil {
		c.zones = map[string]*time.Location{}
	}
	if len(c.zones) > 64 {
		clear(c.zones)
	}
	l := time.FixedZone(zone, seconds)
	c.zones[strings.Clone(zone)] = l
	return l
}
