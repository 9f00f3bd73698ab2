package web

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"time"
)

// view is a page: its JSON twin, and what its template is executed with.
type view struct {
	Role    string  `json:"role"` // participant, host, join or message
	Session string  `json:"session,omitempty"`
	State   State   `json:"state,omitempty"`
	EndsAt  instant `json:"ends_at"`
	Away    bool    `json:"away,omitempty"` // the database: what is shown may be old
	Amount  string  `json:"amount,omitempty"`
	Visible string  `json:"visible,omitempty"`
	Number  int64   `json:"number"`
	Key     string  `json:"key,omitempty"`
	You     *you    `json:"you,omitempty"`

	Players []player `json:"players"`
	Moves   []move   `json:"moves"` // newest first
	*Measures

	Title    string           `json:"-"`
	Path     string           `json:"-"` // of the page, without a slash at the end
	CSS      string           `json:"-"`
	JS       string           `json:"-"`
	Message  string           `json:"-"`
	Refused  bool             `json:"-"` // the message says why not
	Nickname string           `json:"-"`
	Labels   map[int64]string `json:"-"`
}

// you is the participant whose page it is.
type you struct {
	ID       int64  `json:"id"`
	Label    string `json:"label"`
	Dollars  string `json:"dollars"`
	Given    string `json:"given"`
	Received string `json:"received"`
	Done     bool   `json:"done"`
}

// player is another participant. Dollars are absent where they are not visible.
type player struct {
	ID       int64  `json:"id"`
	Label    string `json:"label,omitempty"`
	Dollars  string `json:"dollars,omitempty"`
	Changed  int64  `json:"changed,omitempty"`
	Position int    `json:"position,omitempty"`
}

// Measures are what only the host sees of the money and of who is there.
type Measures struct {
	Connected []int64       `json:"connected"`
	Gini      string        `json:"gini"`
	Lorenz    [][2]float64  `json:"lorenz"`
	Flow      []flow        `json:"flow"`
	Join      string        `json:"join,omitempty"`
	JoinQR    template.HTML `json:"join_qr,omitempty"`
}

// flow is what one has given another in the session.
type flow struct {
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Amount string `json:"amount"`
}

// instant is a time of RFC 3339 in UTC; null where it is empty.
type instant string

func newInstant(t time.Time) instant {
	if t.IsZero() {
		return ""
	}
	return instant(t.UTC().Format(time.RFC3339))
}

// MarshalJSON writes null for no time.
func (i instant) MarshalJSON() ([]byte, error) {
	if i == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(i))
}

// visible is the word of the condition.
func (b *board) visible() string {
	if b.hidden {
		return "none"
	}
	return "all"
}

// begin is what all pages have.
func (b *board) begin(role string) *view {
	return &view{Role: role, Session: b.play.Session, State: b.play.StateAt(b.now()), EndsAt: newInstant(b.play.Ends), Away: b.away,
		Amount: dollars(b.amount), Visible: b.visible(), Number: b.number, Players: []player{}, Moves: []move{}}
}

// page is a participant's, without a key.
func (b *board) page(s *seat) *view {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.begin("participant")
	v.You = b.you(s)
	v.Labels = map[int64]string{s.ID: s.label}
	for i, o := range b.others(s) {
		p := player{ID: o.ID, Label: o.label, Position: i + 1}
		if !b.hidden {
			p.Dollars, p.Changed = dollars(o.Cents), o.changed
		}
		v.Players = append(v.Players, p)
	}
	v.Moves = b.newestFirst(s.moves, v.Labels)
	return v
}

func (b *board) you(s *seat) *you {
	return &you{ID: s.ID, Label: s.label, Dollars: dollars(s.Cents), Given: dollars(s.given), Received: dollars(s.got), Done: !s.player.Done.IsZero()}
}

// newestFirst turns moves around, and gives names to who is in them.
func (b *board) newestFirst(moves []move, labels map[int64]string) []move {
	turned := make([]move, 0, len(moves))
	for i := len(moves) - 1; i >= 0; i-- {
		m := moves[i]
		for _, id := range []int64{m.From, m.To} {
			labels[id] = b.label(id)
		}
		turned = append(turned, m)
	}
	return turned
}

// label is the name of anybody.
func (b *board) label(id int64) string {
	if s := b.seats[id]; s != nil {
		return s.label
	}
	if id == 0 {
		return "the bank"
	}
	return Label(id)
}

// hostPage is the host's.
func (b *board) hostPage() *view {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.begin("host")
	v.Labels = map[int64]string{}
	others := b.others(nil)
	slices.SortStableFunc(others, func(x, y *seat) int { return cmp.Or(cmp.Compare(y.Cents, x.Cents), cmp.Compare(x.label, y.label)) })
	for _, o := range others {
		v.Labels[o.ID] = o.label
		v.Players = append(v.Players, player{ID: o.ID, Label: o.label, Dollars: dollars(o.Cents), Changed: o.changed})
	}
	v.Moves = b.newestFirst(b.moves, v.Labels)
	v.Measures = b.measure()
	for _, f := range v.Flow {
		v.Labels[f.From], v.Labels[f.To] = b.label(f.From), b.label(f.To)
	}
	return v
}
