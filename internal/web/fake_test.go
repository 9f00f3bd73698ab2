package web_test

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// policy is what the page must live with: nothing inline, nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// view is what the template is filled with, and the page's JSON.
type view struct {
	Role      string           `json:"role"`
	Title     string           `json:"-"`
	CSS       string           `json:"-"`
	JS        string           `json:"-"`
	Path      string           `json:"-"`
	Session   string           `json:"session"`
	State     string           `json:"state"`
	EndsAt    string           `json:"ends_at,omitempty"`
	Amount    string           `json:"amount"`
	Number    int64            `json:"number"`
	Key       string           `json:"-"`
	Shown     string           `json:"shown"`
	You       *player          `json:"you,omitempty"`
	Players   []player         `json:"players"`
	Moves     []move           `json:"moves"`
	Labels    map[int64]string `json:"-"`
	Connected []int64          `json:"connected,omitempty"`
	Gini      string           `json:"gini,omitempty"`
	Lorenz    [][2]float64     `json:"lorenz,omitempty"`
	Flow      []move           `json:"flow,omitempty"`
	Join      string           `json:"join,omitempty"`
	JoinQR    template.HTML    `json:"-"`
	Message   string           `json:"-"`
	Refused   bool             `json:"-"`
	Nickname  string           `json:"-"`
}

type player struct {
	ID       int64  `json:"id"`
	Label    string `json:"label"`
	Dollars  string `json:"dollars,omitempty"`
	Changed  int64  `json:"changed"`
	Position int    `json:"position"`
	Given    string `json:"given,omitempty"`
	Received string `json:"received,omitempty"`
	Done     bool   `json:"done"`
}

type move struct {
	Number int64  `json:"number,omitempty"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Amount string `json:"amount"`
}

// money is the template's: "1234.50" → "$1,234.50", "37.00" → "$37".
func money(dollars string) string {
	sign := ""
	if strings.HasPrefix(dollars, "-") {
		sign, dollars = "−", dollars[1:]
	}
	whole, part, _ := strings.Cut(dollars, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if strings.Trim(part, "0") != "" {
		whole += "." + part
	}
	return sign + "$" + whole
}

// post is a press that arrived.
type post struct{ payee, position, key, shown string }

// fake answers as the server does, from memory: participant 1 has a page.
type fake struct {
	sync.Mutex
	page    *template.Template
	view    view
	mine    int64
	posts   []post
	answers map[string]map[string]any // by key
	viewers map[chan string]bool
	swallow bool          // take the next press and say nothing
	away    bool          // the database is
	revoked bool          // the address is no longer good
	gate    chan struct{} // presses wait for its end
	server  *httptest.Server
	address string
}

func newFake(t *testing.T, v view) *fake {
	page, err := template.New("page.html").Funcs(template.FuncMap{"money": money}).ParseFiles("assets/page.html")
	require.NoError(t, err)
	f := &fake{page: page, view: v, mine: 36, answers: map[string]map[string]any{}, viewers: map[chan string]bool{}}
	f.start(t, "127.0.0.1:0")
	t.Cleanup(f.stop)
	return f
}

func (f *fake) start(t *testing.T, address string) {
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	f.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: f}}
	f.server.Start()
	f.address = listener.Addr().String()
}

func (f *fake) stop() {
	f.server.CloseClientConnections()
	f.server.Close()
}

func (f *fake) url() string { return "http://" + f.address + f.view.Path }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
	f.Lock()
	revoked := f.revoked
	f.Unlock()
	switch {
	case revoked:
		w.WriteHeader(http.StatusForbidden)
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		http.ServeFile(w, r, "."+r.URL.Path)
	case strings.HasSuffix(r.URL.Path, "/press"):
		f.press(w, r)
	case strings.HasSuffix(r.URL.Path, "/live"):
		f.live(w, r)
	case strings.HasSuffix(r.URL.Path, "/done"), strings.HasSuffix(r.URL.Path, "/back"):
		f.Lock()
		f.view.You.Done = strings.HasSuffix(r.URL.Path, "/done")
		f.Unlock()
		http.Redirect(w, r, f.view.Path, http.StatusSeeOther)
	default:
		f.Lock()
		defer f.Unlock()
		f.render(w)
	}
}

func (f *fake) render(w http.ResponseWriter) {
	v := f.view
	v.CSS, v.JS = "/assets/page.css?v=1", "/assets/page.js?v=1"
	v.Labels = map[int64]string{}
	if v.You != nil {
		v.Labels[v.You.ID] = v.You.Label
	}
	for _, p := range v.Players {
		v.Labels[p.ID] = p.Label
	}
	v.Key, v.Shown = fmt.Sprint("k", len(f.posts)), "1000"
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := f.page.Execute(w, v); err != nil {
		panic(err)
	}
}

func (f *fake) press(w http.ResponseWriter, r *http.Request) {
	if f.gate != nil {
		<-f.gate
	}
	f.Lock()
	defer f.Unlock()
	key := r.FormValue("key")
	f.posts = append(f.posts, post{r.FormValue("payee"), r.FormValue("position"), key, r.FormValue("shown")})
	if f.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answer, replayed := f.answers[key]
	if !replayed {
		answer = f.give(r.FormValue("payee"))
		f.answers[key] = answer
	}
	if f.swallow {
		f.swallow = false
		panic(http.ErrAbortHandler)
	}
	if !strings.Contains(r.Header.Get("Accept"), "json") {
		f.view.Message, f.view.Refused = answer["message"].(string), answer["status"] == "refused"
		f.render(w)
		return
	}
	if answer["status"] == "refused" {
		w.WriteHeader(http.StatusConflict)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fake) give(payee string) map[string]any {
	answer := map[string]any{"key": fmt.Sprint("k", len(f.posts)), "number": f.view.Number}
	id, _ := strconv.ParseInt(payee, 10, 64)
	switch {
	case payee == "":
		answer["status"], answer["message"] = "kept", "You kept your dollars."
		return answer
	case f.mine == 0:
		answer["status"], answer["message"] = "refused", "You have no dollars left to give."
		return answer
	}
	f.mine--
	f.view.Number++
	f.view.You.Dollars = fmt.Sprintf("%d.00", f.mine)
	m := move{Number: f.view.Number, From: f.view.You.ID, To: id, Amount: "1.00"}
	f.view.Moves = append([]move{m}, f.view.Moves...)
	for i := range f.view.Players {
		if p := &f.view.Players[i]; p.ID == id {
			had, _ := strconv.ParseFloat(p.Dollars, 64)
			p.Dollars, p.Changed = fmt.Sprintf("%.2f", had+1), f.view.Number
			answer["message"] = "You gave $1 to " + p.Label + "."
			f.tell("delta", map[string]any{"number": f.view.Number, "state": f.view.State, "moves": []move{m},
				"players": []player{*p, {ID: f.view.You.ID, Dollars: f.view.You.Dollars, Changed: f.view.Number}}})
		}
	}
	answer["status"], answer["number"], answer["dollars"] = "given", f.view.Number, f.view.You.Dollars
	return answer
}

// tell sends an event to every page; called with the lock held.
func (f *fake) tell(event string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	for viewer := range f.viewers {
		viewer <- "event: " + event + "\ndata: " + string(text) + "\n\n"
	}
}

func (f *fake) live(w http.ResponseWriter, r *http.Request) {
	events := make(chan string, 100)
	f.Lock()
	text, err := json.Marshal(f.view)
	if err != nil {
		panic(err)
	}
	f.viewers[events] = true
	f.Unlock()
	defer func() {
		f.Lock()
		delete(f.viewers, events)
		f.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "retry: 200\n\nevent: state\ndata: %s\n\n", text)
	for {
		_ = http.NewResponseController(w).Flush()
		select {
		case event := <-events:
			fmt.Fprint(w, event)
		case <-r.Context().Done():
			return
		}
	}
}

// Sample pages.

func participantView(others int) view {
	v := view{
		Role: "participant", Title: "The dollar game", Path: "/p/token", Session: "monday", State: "running", Amount: "1.00", Number: 3,
		You:   &player{ID: 1, Label: "Mona", Dollars: "36.00", Given: "3.00", Received: "1.00"},
		Moves: []move{{3, 1, 4, "1.00"}, {2, 5, 1, "1.00"}, {1, 1, 7, "2.00"}},
	}
	names := []string{"Yusuf", "أمينة", "名前", "O'Brien", "<script>alert(1)</script>", "Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe", "שרה (3)"}
	for i := range others {
		name := fmt.Sprint("Player ", i+2)
		if i < len(names) {
			name = names[i]
		}
		v.Players = append(v.Players, player{ID: int64(i + 2), Label: name, Dollars: fmt.Sprintf("%d.00", 12+i*17%41), Position: i + 1})
	}
	return v
}

func hostView(participants int) view {
	v := participantView(participants)
	v.Role, v.Title, v.Path, v.You = "host", "The dollar game: host", "/host/token", nil
	v.Join, v.JoinQR = "http://192.168.1.20:8000/join/Ab3dEf", sampleQR()
	v.Gini = "0.334"
	v.Lorenz = [][2]float64{{0, 0}, {0.1, 0.01}, {0.2, 0.04}, {0.3, 0.08}, {0.5, 0.22}, {0.7, 0.43}, {0.9, 0.75}, {1, 1}}
	v.Moves = nil
	for i := range 12 {
		from, to := int64(i%participants+2), int64((i*5+3)%participants+2)
		v.Moves = append(v.Moves, move{int64(100 - i), from, to, "1.00"})
		v.Flow = append(v.Flow, move{0, from, to, fmt.Sprintf("%d.00", 24-i*2)})
		v.Connected = append(v.Connected, from)
	}
	v.Number = 100
	return v
}

// sampleQR looks like a code and is none.
func sampleQR() template.HTML {
	var b strings.Builder
	b.WriteString(`<svg viewBox="0 0 33 33" shape-rendering="crispEdges" aria-hidden="true">`)
	for i := range 25 * 25 {
		if x, y := i%25, i/25; (x*x+3*y*y+x*y)%7 < 3 && (x > 7 || y > 7) && (x < 17 || y > 7) && (x > 7 || y < 17) {
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="1" height="1"/>`, x+4, y+4)
		}
	}
	for _, at := range [][2]int{{0, 0}, {18, 0}, {0, 18}} {
		fmt.Fprintf(&b, `<path fill-rule="evenodd" d="M%d %dh7v7h-7zm1 1v5h5v-5zm1 1h3v3h-3z"/>`, at[0]+4, at[1]+4)
	}
	return template.HTML(b.String() + "</svg>")
}
