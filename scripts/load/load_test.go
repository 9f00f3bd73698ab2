package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	o, err := parse(nil)
	require.NoError(t, err)
	assert.Equal(t, bounds{25 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond, 200}, o.bounds, "the bounds that were asked for")
	assert.Equal(t, []any{200, 2.0, 30 * time.Second}, []any{o.participants, o.rate, o.time})
	for _, args := range []string{"--participants 1", "--rate 0", "--time 0s", "--watchers 200", "--server http://127.0.0.1:8000", "file"} {
		_, err := parse(strings.Fields(args))
		assert.Error(t, err, args)
	}
}

// TestPressAgain has a server away for two tries, once with and once without an
// answer, and then quick to complain.
func TestPressAgain(t *testing.T) {
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.PostFormValue("key"))
		switch len(keys) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"status":"refused","key":"a"}`)
		case 2:
			panic(http.ErrAbortHandler)
		case 3:
			_, _ = io.WriteString(w, `{"status":"given","number":8,"key":"b"}`)
		case 4:
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"status":"refused","message":"wait","key":"b"}`)
		case 5:
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"status":"refused","message":"not enough","key":"c"}`)
		}
	}))
	defer server.Close()
	p := &player{id: 5, page: server.URL, client: server.Client(), patience: time.Minute, random: rand.New(rand.NewPCG(1, 1)), key: "a"}
	given := p.press(t.Context(), time.Now(), button{7, 1})
	assert.Equal(t, []any{int64(8), 2, int64(5), int64(7)}, []any{given.number, given.retries, given.payer, given.payee})
	assert.Greater(t, given.took, firstPause, "the answer that a person waits for is the last")
	assert.Equal(t, "429 wait", p.press(t.Context(), time.Now(), button{7, 1}).failed)
	assert.Equal(t, "not enough", p.press(t.Context(), time.Now(), button{7, 1}).refused)
	assert.Equal(t, []string{"a", "a", "a", "b", "b"}, keys)
	server.Close()
	p.patience = 0
	assert.True(t, p.press(t.Context(), time.Now(), button{7, 1}).lost)
}

func TestEvents(t *testing.T) {
	type event struct{ name, data string }
	var got []event
	err := events(strings.NewReader("retry: 1000\n\n:\n\nid: 7\nevent: state\ndata: {\"a\": 1}\n\nid: 8\nevent: delta\ndata: {}\n\nevent: delta\ndata: half"),
		func(name string, data []byte) error {
			got = append(got, event{name, string(data)})
			return nil
		})
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, []event{{"state", `{"a": 1}`}, {"delta", "{}"}}, got)
	stop := errors.New("stop")
	assert.Equal(t, stop, events(strings.NewReader("event: delta\ndata: {}\n\n"), func(string, []byte) error { return stop }))
}

func TestFrames(t *testing.T) {
	c := &frames{known: map[string]*frame{}}
	f, err := c.read("state", []byte(`{"number":9,"you":{"id":5,"dollars":"2.50"},"players":[{"id":7,"dollars":"1.00"},{"id":8,"dollars":"3.00","changed":4}]}`))
	require.NoError(t, err)
	assert.Equal(t, &frame{9, []balance{{7, 100, 0}, {8, 300, 4}, {5, 250, 9}}}, f)
	text := []byte(`{"number":12,"you":{"id":5,"dollars":"9.00"},"players":[{"id":7,"dollars":"0.50","changed":11},{"id":8}]}`)
	f, err = c.read("delta", text)
	require.NoError(t, err)
	assert.Equal(t, &frame{12, []balance{{7, 50, 11}}}, f, "one's own sums are no balance")
	again, err := c.read("delta", text)
	require.NoError(t, err)
	assert.Same(t, f, again)
	for i := range 2 * len(c.ring) {
		_, err := c.read("delta", []byte(`{"number":`+strconv.Itoa(i)+`}`))
		require.NoError(t, err)
	}
	assert.Len(t, c.known, len(c.ring))
	_, err = c.read("delta", []byte(`{"players":[{"id":7,"dollars":"x"}]}`))
	assert.Error(t, err)
}

func TestDelays(t *testing.T) {
	zero := time.Now()
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	presses := []press{
		{payer: 1, payee: 2, number: 10, confirmed: at(0)},
		{payer: 1, payee: 3, number: 11, confirmed: at(20)},
		{payer: 3, payee: 2, number: 12, confirmed: at(30)},
		{payer: 2, payee: 3, number: 13, confirmed: at(40)},
	}
	seen := []sight{
		{at(0), &frame{9, []balance{{1, 500, 0}, {2, 500, 0}, {3, 500, 0}}}},
		{at(5), &frame{10, []balance{{1, 400, 10}}}},                // the payee's is missing
		{at(10), &frame{11, []balance{{2, 600, 10}, {3, 600, 11}}}}, // shows 10, and half of 11
		{at(15), &frame{11, []balance{{1, 300, 11}}}},               // shows 11 before it is confirmed
		{at(90), &frame{12, []balance{{2, 700, 12}, {3, 500, 12}}}}, // shows 12
		{at(95), &frame{11, []balance{{3, 600, 11}, {2, 1, 11}}}},   // came late: left
		{at(99), &frame{13, []balance{{2, 600, 13}, {2, 600, 13}}}}, // half of 13, twice
	}
	var took []time.Duration
	end, never := delays(seen, presses, func(d time.Duration) { took = append(took, d) })
	assert.Equal(t, []time.Duration{10 * time.Millisecond, 0, 60 * time.Millisecond}, took)
	assert.Equal(t, 1, never)
	assert.Equal(t, screen{1: {1, 300, 11}, 2: {2, 600, 13}, 3: {3, 500, 12}}, end)
	assert.True(t, end.agrees([][]string{{"1", "3"}, {"2", "6.00"}, {"3", "5.0"}, {"4", "1"}}))
	assert.False(t, end.agrees([][]string{{"1", "3"}, {"2", "6.00"}, {"3", "5.01"}}))
	assert.False(t, end.agrees([][]string{{"1", "3"}, {"2", "6.00"}}), "a page with somebody who is not in the database")
}

func TestCompare(t *testing.T) {
	presses := []press{{payer: 1, payee: 2, number: 10}, {payer: 2, payee: 1, number: 11}}
	for _, c := range []struct {
		name          string
		transfers     [][]string
		lost, doubled int
	}{
		{"the same", [][]string{{"10", "1", "2"}, {"11", "2", "1"}}, 0, 0},
		{"one lost", [][]string{{"10", "1", "2"}}, 1, 0},
		{"one twice", [][]string{{"10", "1", "2"}, {"11", "2", "1"}, {"12", "2", "1"}}, 0, 1},
		{"to somebody else", [][]string{{"10", "1", "2"}, {"11", "2", "3"}}, 1, 1},
	} {
		var r report
		r.compare(c.transfers, presses)
		assert.Equal(t, []int{c.lost, c.doubled}, []int{r.Lost, r.Doubled}, c.name)
		assert.Equal(t, c.lost+c.doubled > 0, len(r.Problems) > 0, c.name)
	}
	var r report
	r.compare([][]string{{"10", "1", "2"}}, []press{presses[0], presses[0]})
	assert.Equal(t, 1, r.Lost, "two presses that are one transfer")
}

func TestJudge(t *testing.T) {
	keeps := report{Confirmed: 1, Press: spans{P50: 25, P99: 150}, Update: spans{Max: 300}, RSS: 200}
	b := bounds{25 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond, 200}
	keeps.judge(b)
	assert.Empty(t, keeps.Problems)
	breaks := report{Press: spans{P50: 25.1, P99: 150.1}, Update: spans{Max: 300.1}, RSS: 200.1}
	breaks.judge(b)
	assert.Len(t, breaks.Problems, 5)
	breaks = report{Confirmed: 1, Press: breaks.Press, Update: breaks.Update, RSS: breaks.RSS}
	breaks.judge(bounds{})
	assert.Empty(t, breaks.Problems, "nothing is asked for")
}

func TestHistogram(t *testing.T) {
	var h histogram
	assert.Zero(t, h.quantile(.99))
	for i := range 100 {
		h.add(time.Duration(i+1)*time.Millisecond - time.Nanosecond)
	}
	assert.Equal(t, []time.Duration{50 * time.Millisecond, 99 * time.Millisecond, 100*time.Millisecond - 1}, []time.Duration{h.quantile(.5), h.quantile(.99), h.quantile(1)})
}

func TestCents(t *testing.T) {
	for text, want := range map[string]int64{"12": 1200, "12.5": 1250, "12.34": 1234, "-0.50": -50, "12.340": 1234} {
		got, err := cents(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "x", "1.2.3", "1.005"} {
		_, err := cents(text)
		assert.Error(t, err, text)
	}
}
