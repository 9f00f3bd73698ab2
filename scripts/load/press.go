package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// player is a participant, whose presses go one after the other.
type player struct {
	id       int64
	page     string
	client   *http.Client
	random   *rand.Rand
	patience time.Duration

	key     string
	buttons []button
}

// button is another participant on the page.
type button struct {
	payee    int64
	position int
}

// press is what became of one.
type press struct {
	payer, payee int64
	took         time.Duration
	confirmed    time.Time
	number       int64 // of its transfer
	retries      int
	refused      string // by a rule of the game
	failed       string // why there is no answer that a browser could have shown
	lost         bool   // it is not known what became of it
}

// load reads the page.
func (p *player) load(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.page, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	a, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	var s state
	if err := json.NewDecoder(a.Body).Decode(&s); err != nil || a.StatusCode != http.StatusOK {
		return fmt.Errorf("the page of participant %d is answered %s: %w", p.id, a.Status, err)
	}
	if s.State != "running" {
		return fmt.Errorf("the game is %s; it must be running", s.State)
	}
	p.key = s.Key
	for _, o := range s.Players {
		p.buttons = append(p.buttons, button{o.ID, o.Position})
	}
	if len(p.buttons) == 0 {
		return fmt.Errorf("participant %d has nobody to give to", p.id)
	}
	return nil
}

// play presses, at a random moment of each of so many spans.
func (p *player) play(ctx context.Context, begin time.Time, span time.Duration, times int, each func(press)) {
	for i := range times {
		at := begin.Add(time.Duration(i)*span + time.Duration(p.random.Int64N(int64(span))))
		waited := time.Until(at)
		if waited > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(waited):
			}
			at = time.Now() // a finger that came late; where the press before kept it waiting, that counts
		}
		each(p.press(ctx, at, p.buttons[p.random.IntN(len(p.buttons))]))
	}
}

// reply is the answer to a press.
type reply struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Number  int64  `json:"number"`
	Key     string `json:"key"`
}

// How a page tries again: see assets/page.js.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 4 * time.Second
	answerTime = 15 * time.Second
)

// press pushes a button, and tries it again with the same key until there is an
// answer.
func (p *player) press(ctx context.Context, at time.Time, b button) press {
	done := press{payer: p.id, payee: b.payee}
	form := url.Values{"payee": {strconv.FormatInt(b.payee, 10)}, "position": {strconv.Itoa(b.position)}, "key": {p.key}}.Encode()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		code, a, err := p.post(ctx, form)
		if err == nil && code != http.StatusServiceUnavailable {
			done.confirmed = time.Now()
			done.took = done.confirmed.Sub(at)
			p.answered(&done, code, a)
			return done
		}
		if time.Since(at) > p.patience || ctx.Err() != nil {
			done.lost, done.failed = true, fmt.Sprintf("no answer: %d %s %v", code, a.Message, err)
			return done
		}
		done.retries++
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (p *player) post(ctx context.Context, form string) (code int, a reply, err error) {
	ctx, stop := context.WithTimeout(ctx, answerTime)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.page+"/press", strings.NewReader(form))
	if err != nil {
		return 0, a, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := p.client.Do(r)
	if err != nil {
		return 0, a, err
	}
	defer answer.Body.Close()
	err = json.NewDecoder(answer.Body).Decode(&a)
	return answer.StatusCode, a, err
}

// answered takes an answer in.
func (p *player) answered(done *press, code int, a reply) {
	if a.Key != "" {
		p.key = a.Key
	}
	switch {
	case code == http.StatusOK && a.Status == "given" && a.Number > 0:
		done.number = a.Number
	case code == http.StatusConflict:
		done.refused = a.Message
	default:
		done.failed = fmt.Sprintf("%d %s", code, a.Message)
	}
}
