package commands

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// timelineColumns are those of `exptool show participant ID --timeline`.
var timelineColumns = []schema.Column{
	{Name: "time", Kind: schema.Timestamp}, {Name: "kind", Kind: schema.Text}, {Name: "what", Kind: schema.Text},
	{Name: "details", Kind: schema.Text}, {Name: "id", Kind: schema.Int}, {Name: "count", Kind: schema.Int},
	{Name: "until", Kind: schema.Timestamp},
}

// showTimeline writes what happened to the participant that answers a plan.
func (s *session) showTimeline(ctx context.Context, o *showOptions, e schema.Entity) error {
	if e.Table.Key() != "participant" {
		return usagef("--timeline is of a participant, and %s are none", e.Name).hint("write exptool show participant ID --timeline")
	}
	id, err := s.idOf(ctx, o, e)
	if err != nil {
		return err
	}
	var l *repo.Timeline
	err = s.repeatable(ctx, func(tx *repo.Tx) (err error) {
		l, err = tx.Timeline(ctx, s.schema, id, repo.TimelineOptions{Zone: s.zone})
		return err
	})
	if err != nil {
		return err
	}
	rows := make([][]string, len(l.Events))
	for i, e := range l.Events {
		rows[i] = []string{e.At, e.Kind, e.What, e.Details, number(e.ID), strconv.Itoa(e.Count), e.Until}
	}
	if _, err := s.app.writeRows(ctx, report.Texts(timelineColumns, rows), writeOptions{}); err != nil {
		return err
	}
	s.tellTimeline(l)
	return nil
}

// repeatable runs fn in a transaction of one snapshot.
func (s *session) repeatable(ctx context.Context, fn func(*repo.Tx) error) error {
	o := s.app.readOptions()
	o.Repeatable = true
	return s.db.Read(ctx, o, fn)
}

// idOf is the id of the row that a user names.
func (s *session) idOf(ctx context.Context, o *showOptions, e schema.Entity) (id int64, err error) {
	err = s.named(ctx, o, e, "id", func(_ *repo.Answer, found *report.Buffered) (err error) {
		id, err = strconv.ParseInt(string(found.Row(0)[0]), 10, 64)
		return err
	})
	return id, err
}

// tellTimeline says how it ends: last page, last seen, earned, paid.
func (s *session) tellTimeline(l *repo.Timeline) {
	talk := s.app.streams.Talk
	if len(l.Absent) > 0 {
		talk("this database keeps no %s of participants", inWords(l.Absent, "or"))
	}
	ending := "participant " + number(l.Payment.Participant)
	if l.Status != "" {
		ending += ", " + l.Status
	}
	if l.LastPage != nil {
		ending += fmt.Sprintf(": last page %s, answered %s", l.LastPage.What, l.LastPage.At)
	} else {
		ending += ": no page was answered"
	}
	if l.Element != "" {
		ending += "; now at element " + l.Element
	}
	talk("%s", ending)
	if l.LastSeen == "" {
		talk("no request or response is known")
	} else {
		talk("last seen %s%s", l.LastSeen, agoText(l.Ago))
	}
	p, money := l.Payment, func(a repo.Amount) string { return moneyOf(l.Terms.Currency, a) }
	switch {
	case !l.Rewards:
		talk("paid %s; what was earned is not known: this is no experiment of PsyNet's", money(p.Paid()))
	case l.Terms.NoWage != "":
		talk("paid %s; what was earned is not known: %s", money(p.Paid()), l.Terms.NoWage)
	default:
		talk("earned %s; paid %s (base payment %s, bonus %s); due %s", money(p.Earned), money(p.Paid()), money(p.Base), money(p.Bonus), money(p.Due))
	}
	for _, problem := range p.Problems {
		talk("%s", problem)
	}
}

// moneyOf is an amount for people.
func moneyOf(currency string, a repo.Amount) string {
	if !a.Known {
		return "an unknown amount"
	}
	return moneyIn(currency, a.Cents)
}

// agoText says how long ago something was by the database's clock.
func agoText(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Minute:
		return ", " + strconv.Itoa(int(d.Seconds())) + " s ago by the database's clock"
	case d < time.Hour:
		return ", " + strconv.Itoa(int(d.Minutes())) + " min ago by the database's clock"
	case d < 48*time.Hour:
		return ", " + strconv.Itoa(int(d.Hours())) + " h ago by the database's clock"
	}
	return ", " + strconv.Itoa(int(d.Hours()/24)) + " days ago by the database's clock"
}
