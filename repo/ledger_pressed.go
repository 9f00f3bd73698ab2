package repo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/lib/pq"
)

// restingSQL asks for the sessions of a batch's presses that do not run now. It holds
// their rows: who pauses or ends a session waits until the batch is committed, and what
// is settled after that is refused, whichever server it was pressed on. A session that is
// not played on pages has no row, and runs.
func (s *settlement) restingSQL(batch []*pending) string {
	sessions := map[string]bool{}
	for _, p := range batch {
		if p.Decision != nil && p.Session != "" && storable(p.Session, maxKey) {
			sessions[p.Session] = true
		}
	}
	if len(sessions) == 0 {
		return "NULL"
	}
	var names list
	for _, name := range slices.Sorted(maps.Keys(sessions)) {
		names.text(name)
	}
	return fmt.Sprintf(`(
    SELECT json_object_agg(session, state) FILTER (WHERE state <> 'running')
    FROM (
        SELECT p.session, p.state
        FROM %s exptool.play AS p
        WHERE p.epoch = %d
          AND p.session = ANY(%s::text[])
        ORDER BY p.session
        FOR SHARE OF p
    ) AS held
)`, headFirst, s.book.OID, pq.QuoteLiteral(names.String()))
}

// readResting reads what restingSQL has found.
func (s *settlement) readResting(text *string) error {
	s.resting = nil
	if text == nil {
		return nil
	}
	return json.Unmarshal([]byte(*text), &s.resting)
}

// pressable refuses a press in a session that does not run.
func (s *settlement) pressable(r *Result) error {
	state, rests := s.resting[r.Session]
	if r.Decision == nil || !rests {
		return nil
	}
	return &Error{Kind: ErrRefused, Message: "the session is " + string(state)}
}
