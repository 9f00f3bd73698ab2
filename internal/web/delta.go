package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// delta is what changed within a moment, encoded once for all viewers. Balances are
// absolute: a delta that comes twice does no harm.
type delta struct {
	number int64
	shared []byte // for participants: what everybody may know
	host   []byte
}

// change is a delta's JSON.
type change struct {
	Number  int64    `json:"number"`
	State   State    `json:"state"`
	EndsAt  instant  `json:"ends_at"`
	Away    bool     `json:"away"`
	Players []player `json:"players"`
	Moves   []move   `json:"moves"`
	New     []player `json:"new"`
	You     *you     `json:"you,omitempty"`
}

// frame is an event of a stream. What is encoded has no line end.
func frame(event string, number int64, what any) []byte {
	data, err := json.Marshal(what)
	if err != nil { // our own types
		panic(err)
	}
	b := make([]byte, 0, len(data)+64)
	b = strconv.AppendInt(append(b, "id: "...), number, 10)
	b = append(append(b, "\nevent: "...), event...)
	b = append(append(b, "\ndata: "...), data...)
	return append(b, "\n\n"...)
}

// change is an empty one.
func (b *board) change() change {
	return change{Number: b.number, State: b.play.StateAt(b.now()), EndsAt: newInstant(b.play.Ends), Away: b.away,
		Players: []player{}, Moves: []move{}, New: []player{}}
}

// tick tells everybody what has changed since the last one.
func (b *board) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.dirty) == 0 && len(b.fresh) == 0 && !b.turned {
		return
	}
	all := b.change()
	for _, id := range b.fresh {
		all.New = append(all.New, player{ID: id, Label: b.seats[id].label, Dollars: dollars(b.seats[id].Cents)})
	}
	for id := range b.dirty {
		all.Players = append(all.Players, player{ID: id, Dollars: dollars(b.seats[id].Cents), Changed: b.seats[id].changed})
	}
	slices.SortFunc(all.Players, func(x, y player) int { return int(x.ID - y.ID) })
	host := all
	host.Moves = append(host.Moves, b.news...)
	slices.Reverse(host.Moves)
	d := delta{number: b.number, host: frame("delta", b.number, host)}
	if b.hidden {
		all = b.undisclosed(all)
	}
	if !b.hidden || len(all.New) > 0 || b.turned {
		d.shared = frame("delta", b.number, all)
	}
	b.deltas = keep(b.deltas, d, keptDeltas)
	b.tell(d)
	clear(b.dirty)
	b.fresh, b.news, b.turned, b.hostDirty, b.told = nil, nil, false, true, b.number
}

// undisclosed is a change without what nobody may see.
func (b *board) undisclosed(all change) change {
	all.Players = []player{}
	all.New = slices.Clone(all.New)
	for i := range all.New {
		all.New[i].Dollars = ""
	}
	return all
}

// tell hands a delta to the viewers, and to those who moved what is theirs alone.
func (b *board) tell(d delta) {
	own := map[*seat][]byte{}
	for v := range b.viewers {
		if v.seat == nil {
			v.send(d.host)
			continue
		}
		if d.shared != nil {
			v.send(d.shared)
		}
		if !b.dirty[v.seat.ID] {
			continue
		}
		if own[v.seat] == nil { // once, however many windows there are
			own[v.seat] = b.own(v.seat, b.told)
		}
		v.send(own[v.seat])
	}
}

// own is what only one participant is told: the moves, by and to whom, and the sums.
func (b *board) own(s *seat, after int64) []byte {
	c := b.change()
	c.You = b.you(s)
	c.Players = append(c.Players, player{ID: s.ID, Dollars: c.You.Dollars, Changed: s.changed})
	for i := len(s.moves) - 1; i >= 0 && s.moves[i].Number > after; i-- {
		c.Moves = append(c.Moves, s.moves[i])
	}
	return frame("delta", b.number, c)
}

// missed are the frames that a viewer who has seen a number has not; false where
// that is too long ago.
func (b *board) missed(s *seat, after int64) ([][]byte, bool) {
	if len(b.deltas) == 0 || after < b.deltas[0].number || after > b.number {
		return nil, false
	}
	if s != nil && len(s.moves) == keptOwn && s.moves[0].Number > after {
		return nil, false
	}
	var frames [][]byte
	for _, d := range b.deltas {
		f := d.shared
		if s == nil {
			f = d.host
		}
		if d.number >= after && f != nil { // one of the same number may tell of the session
			frames = append(frames, f)
		}
	}
	if s != nil {
		frames = append(frames, b.own(s, after))
	}
	return frames, true
}

// hostTick tells hosts of the money and of who is there.
func (b *board) hostTick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.hostDirty {
		return
	}
	b.hostDirty = false
	var f []byte
	for v := range b.viewers {
		if v.seat != nil {
			continue
		}
		if f == nil {
			f = frame("host", b.number, b.measure())
		}
		v.send(f)
	}
}

// overdue reports whether the time of the session is up and nobody has said so yet.
func (b *board) overdue(now time.Time) (Play, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.play
	if p.State == p.StateAt(now) {
		return p, false
	}
	p.State = Ended
	return p, true
}
