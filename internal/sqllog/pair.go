package sqllog

// What a slot holds.
const (
	slotEmpty uint8 = iota
	slotHeld        // a statement that waits for its duration
	slotPlan        // a plan that waits for its statement
	slotGiven       // a statement that a Flush gave out before its duration came
)

// maxSlots bounds how many sessions' statements are held.
const maxSlots = 1024

// slot is a session's statement that is not yet complete.
type slot struct {
	pid   int
	state uint8
	own   bool // the strings are the slot's own
	held  Entry
}

// pairs joins a statement to its duration where they are two messages.
type pairs struct {
	slots  map[int]*slot
	last   *slot
	queue  Entry
	queued bool
}

func (p *parser) next(e *Entry) bool {
	for {
		if p.queued {
			*e, p.queued, p.queue = p.queue, false, Entry{}
			return true
		}
		if !p.record(e) {
			if p.flushing && p.release(e) {
				return true
			}
			p.flushing = false
			return false
		}
		e.cache = &p.cache
		if p.Separate || e.PID == 0 || p.pair(e) {
			return true
		}
	}
}

// record fills e with the next message.
func (p *parser) record(e *Entry) bool {
	for p.format == Unknown {
		end, next, _, ok := p.line()
		if !ok {
			return false
		}
		if p.format = detectLine(p.view(p.pos, end)); p.format == Unknown {
			p.skip(next) // the rest of a record that was begun before
		}
	}
	switch p.format {
	case CSV:
		return p.csvRecord(e)
	case JSON:
		return p.jsonRecord(e)
	}
	return p.stderrRecord(e)
}

// pair says whether e, perhaps another one now, is to be given out.
func (p *parser) pair(e *Entry) bool {
	switch e.Kind {
	case Duration:
		return p.pairDuration(e)
	case Statement, Execute, Fetch:
		if e.Timed {
			return p.pairTimed(e)
		}
		s := p.slot(e.PID)
		if s.state == slotHeld || s.state == slotPlan {
			s.held, *e = *e, s.held
			s.state, s.own = slotHeld, false
			return true
		}
		s.held, s.state, s.own = *e, slotHeld, false
		return false
	case Plan:
		return p.pairPlan(e)
	case Parse, Bind:
		p.yield(e)
	case Other:
		if e.Severity.IsError() { // what failed gets no duration
			p.yield(e)
		}
	}
	return true
}

// pairDuration gives a duration to the statement before it.
func (p *parser) pairDuration(e *Entry) bool {
	s := p.find(e.PID)
	if s == nil {
		return true
	}
	switch s.state {
	case slotHeld:
		duration, end := e.Duration, e.End
		*e = s.held
		e.Duration, e.Timed, e.End = duration, true, end
	case slotGiven:
		e.Statement, e.Prepared, e.ParamText, e.VirtualID = s.held.Statement, s.held.Prepared, s.held.ParamText, s.held.VirtualID
	default:
		return true
	}
	s.state = slotEmpty
	return true
}

// pairTimed gives the rows of a plan to the statement after it.
func (p *parser) pairTimed(e *Entry) bool {
	s := p.find(e.PID)
	if s == nil || s.state == slotEmpty || s.state == slotGiven {
		return true
	}
	if s.state == slotPlan && s.held.Statement == e.Statement {
		e.Rows, e.Counted = s.held.Rows, s.held.Counted
		s.held.Kind = Other
	}
	p.yield(e)
	return true
}

// pairPlan joins a plan to the statement before it, or holds it for the one after.
func (p *parser) pairPlan(e *Entry) bool {
	s := p.slot(e.PID)
	if s.state == slotHeld {
		if s.held.Statement == e.Statement {
			s.held.Rows, s.held.Counted = e.Rows, e.Counted
			e.Kind = Other
		}
		return true
	}
	if s.state == slotPlan {
		s.held, *e = *e, s.held
		s.own = false
		return true
	}
	s.held, s.state, s.own = *e, slotPlan, false
	return false
}

// yield gives out what the session of e holds, and e after it.
func (p *parser) yield(e *Entry) {
	s := p.find(e.PID)
	if s == nil || s.state != slotHeld && s.state != slotPlan {
		return
	}
	p.queue, p.queued = *e, true
	*e = s.held
	s.state = slotEmpty
}

func (p *parser) find(pid int) *slot {
	if p.last != nil && p.last.pid == pid {
		return p.last
	}
	s := p.slots[pid]
	if s != nil {
		p.last = s
	}
	return s
}

func (p *parser) slot(pid int) *slot {
	if s := p.find(pid); s != nil {
		return s
	}
	if len(p.slots) >= maxSlots {
		p.evict()
	}
	s := &slot{pid: pid}
	p.slots[pid], p.last = s, s
	return s
}

// evict makes room: sessions that hold nothing go, else the one that holds the
// oldest statement, which is given out without its duration.
func (p *parser) evict() {
	for pid, s := range p.slots {
		if s.state == slotEmpty || s.state == slotGiven {
			delete(p.slots, pid)
		}
	}
	if len(p.slots) >= maxSlots {
		s := p.oldest()
		p.queue, p.queued = s.held, true
		delete(p.slots, s.pid)
	}
	p.last = nil
}

// oldest is the slot whose statement begins first, nil where nothing is held.
func (p *parser) oldest() *slot {
	var first *slot
	for _, s := range p.slots {
		if (s.state == slotHeld || s.state == slotPlan) && (first == nil || s.held.Offset < first.held.Offset) {
			first = s
		}
	}
	return first
}

// release gives out one held statement for a Flush.
func (p *parser) release(e *Entry) bool {
	s := p.oldest()
	if s == nil {
		return false
	}
	*e = s.held
	if s.state == slotPlan {
		s.state = slotEmpty
	} else {
		s.state = slotGiven
	}
	return true
}

// unpin gives held statements strings of their own, so that they do not keep
// whole blocks alive.
func (p *parser) unpin() {
	for _, s := range p.slots {
		switch {
		case s.state == slotEmpty:
			s.held = Entry{}
		case !s.own:
			s.held, s.own = clone(&s.held), true
		}
	}
}
