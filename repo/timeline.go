package repo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"exptool/internal/schema"
)

// Event is something that happened to a participant.
type Event struct {
	At      string // as stored
	Kind    string // participant, request, response, trial, info, module, error or notification
	ID      int64  // of the row that says so
	What    string
	Details string
	Count   int    // as many wait pages one after the other; 1 for all else
	Until   string // when the last of several was answered; empty where it is one
	// Requests is how many requests were made in between, which are not among the events.
	Requests int

	part  int  // of the statement, which orders events of the same time
	wait  bool // the answer of a wait page
	plain bool // a request that went well
}

// Timeline is what happened to a participant, in the order of time.
type Timeline struct {
	Events  []Event
	Absent  []string // kinds that this database keeps nothing about
	Status  string
	Element string // the place in the experiment's timeline; empty where it is not known
	// LastPage is the last page answered; nil where there is none. LastSeen is when
	// the participant's browser was last heard of, empty where never.
	LastPage *Event
	LastSeen string
	// Ago is for how long, by the database's clock; 0 where it is not known.
	Ago     time.Duration
	Payment Payment
	Terms   Terms
	Rewards bool
}

// TimelineOptions are how a timeline is read.
type TimelineOptions struct {
	Zone string // that the experiment's server wrote its times in; empty: the database's
}

// Timeline is what happened to a participant; ErrNotFound where there is none with
// that id.
func (tx *Tx) Timeline(ctx context.Context, s *schema.Schema, id int64, o TimelineOptions) (*Timeline, error) {
	p, err := tx.payments(ctx, s, PaymentOptions{}, "id = $1::bigint", id)
	if err != nil {
		return nil, err
	}
	if len(p.All) == 0 {
		return nil, &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there is no participant %d", id)}
	}
	l := &Timeline{Payment: p.All[0], Terms: p.Terms, Rewards: p.Rewards, Status: p.All[0].Status}
	table := s.Tables["participant"]
	var place struct {
		Unique  string
		Element string
		Now     string
	}
	err = tx.Get(ctx, &place, "SELECT "+textOrNone(table, "unique_id")+" AS unique, "+textOrNone(table, "elt_id")+` AS element,
	coalesce(now() AT TIME ZONE nullif($2, ''), LOCALTIMESTAMP)::text AS now
FROM `+quoteTable(table)+`
WHERE id = $1::bigint`, id, o.Zone)
	if err != nil {
		return nil, err
	}
	l.Element = decoded(place.Element)
	q := &timelineQuery{schema: s, id: id, unique: place.Unique, assignment: l.Payment.Assignment}
	q.addAll()
	l.Absent = q.absent
	if len(q.parts) > 0 {
		if err := l.read(ctx, tx, q); err != nil {
			return nil, err
		}
	}
	l.look(place.Now)
	l.Events = foldWaits(l.Events)
	return l, nil
}

// eventChunk is for how many events there is made room at once.
const eventChunk = 1024

// read asks for the events.
func (l *Timeline) read(ctx context.Context, tx *Tx, q *timelineQuery) error {
	rows, err := tx.Records(ctx, q.sql(), eventColumns, q.args...)
	if err != nil {
		return err
	}
	var chunks [][]Event // or each time that there is no room all would be copied
	for n := 0; rows.Next(); n++ {
		if n%eventChunk == 0 {
			chunks = append(chunks, make([]Event, 0, eventChunk))
		}
		v := rows.Values()
		part, _ := strconv.Atoi(string(v[1])) // ours
		raw := rawEvent{kind: q.kinds[part], a: string(v[3]), b: string(v[4]), c: string(v[5]), d: string(v[6]), e: string(v[7])}
		e := raw.event()
		e.At, e.part = string(v[0]), part
		e.ID, _ = strconv.ParseInt(string(v[2]), 10, 64) // a bigint
		last := &chunks[len(chunks)-1]
		*last = append(*last, e)
	}
	l.Events = slices.Concat(chunks...)
	// Times without a zone compare as texts: fractions have no zeros at the end.
	slices.SortFunc(l.Events, func(a, b Event) int {
		return cmp.Or(strings.Compare(a.At, b.At), cmp.Compare(a.part, b.part), cmp.Compare(a.ID, b.ID))
	})
	return errors.Join(rows.Err(), rows.Close())
}

// look finds the last page and when the participant was last seen.
func (l *Timeline) look(now string) {
	for i := len(l.Events) - 1; i >= 0 && (l.LastPage == nil || l.LastSeen == ""); i-- {
		e := l.Events[i]
		if l.LastPage == nil && e.Kind == "response" {
			l.LastPage = &e
		}
		if l.LastSeen == "" && (e.Kind == "request" || e.Kind == "response") {
			l.LastSeen = e.At
		}
	}
	seen, err := time.Parse(time.DateTime, l.LastSeen)
	clock, bad := time.Parse(time.DateTime, now)
	if err == nil && bad == nil && clock.After(seen) {
		l.Ago = clock.Sub(seen)
	}
}

// foldWaits makes one event of the wait pages that follow one another, with the requests
// for them in between. The request for the page after them stays.
func foldWaits(all []Event) []Event {
	out := all[:0]
	for i := 0; i < len(all); i++ {
		e := all[i]
		last, pending := i, 0
		for j := i + 1; e.wait && j < len(all); j++ {
			next := all[j]
			if next.wait && next.What == e.What {
				e.Count, e.Until, last = e.Count+1, next.At, j
				e.Requests, pending = e.Requests+pending, 0
			} else if next.plain {
				pending++
			} else {
				break
			}
		}
		if e.Count > 1 {
			e.What = fmt.Sprintf("%s ×%d", e.What, e.Count)
			e.Details = "until " + e.Until
			if e.Requests > 0 {
				e.Details += fmt.Sprintf("; with %d requests", e.Requests)
			}
		}
		out = append(out, e)
		i = last
	}
	return out
}

// rawEvent is an event as the tables have it; what the texts are goes by the kind.
type rawEvent struct{ kind, a, b, c, d, e string }

func (r *rawEvent) event() Event {
	e := Event{Kind: r.kind, What: r.a, Count: 1}
	switch r.kind {
	case "request":
		e.What = strings.TrimSpace(r.a + " " + r.b)
		e.Details = sentences(labelled("status ", r.c), seconds(r.d))
		e.plain = strings.HasPrefix(r.c, "2") || strings.HasPrefix(r.c, "3")
	case "response":
		if e.What == "" {
			e.What = r.c
		}
		e.Details = sentences(labelled("answer ", short(decoded(r.b))), r.c)
		if r.d == "false" {
			e.Details = sentences("not valid", e.Details)
		}
		e.wait = strings.HasSuffix(r.c, "WaitPage") || r.a == "wait"
	case "info":
		e.What, e.Details = schema.Short(r.a), short(r.b)
	case "trial":
		e.What = schema.Short(r.a)
		e.Details = sentences(r.b, labelled("definition ", short(decoded(r.c))), labelled("answer ", short(decoded(r.d))), r.e)
	case "module":
		e.What, e.Details = strings.TrimSpace(r.a+" "+r.b), ""
	default:
		e.Details = short(r.b)
	}
	return e
}

// sentences joins what there is to say.
func sentences(all ...string) string {
	var said []string
	for _, s := range all {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, "; ")
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}
