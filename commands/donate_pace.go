package commands

import (
	"context"
	"time"
)

// pace lets through so many a second, at most.
type pace struct {
	ticker *time.Ticker // nil without a limit
	each   time.Duration
	next   time.Time // when the next one may pass
}

// paceTick is how often those who wait are let through: a ticker is not good at
// less.
const paceTick = 5 * time.Millisecond

func newPace(rate float64) *pace {
	if rate == 0 {
		return &pace{}
	}
	each := time.Duration(min(float64(time.Second)/rate, float64(24*time.Hour)))
	return &pace{ticker: time.NewTicker(min(max(each, paceTick), time.Second)), each: each, next: time.Now()}
}

// wait waits for its turn; false where ctx ended before. What was not used is not
// kept, but for a tick.
func (p *pace) wait(ctx context.Context) bool {
	if p.ticker == nil {
		return ctx.Err() == nil
	}
	for time.Until(p.next) > 0 {
		select {
		case <-p.ticker.C:
		case <-ctx.Done():
			return false
		}
	}
	if least := time.Now().Add(-paceTick); p.next.Before(least) {
		p.next = least
	}
	p.next = p.next.Add(p.each)
	return true
}

func (p *pace) stop() {
	if p.ticker != nil {
		p.ticker.Stop()
	}
}
