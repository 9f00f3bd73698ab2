package repo

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// maxBatch is how many transfers go into one transaction at most.
const maxBatch = 10000

// Batcher lets many goroutines use one Ledger: whatever arrives while a commit is
// under way goes into the next one. Nobody waits for a timer.
type Batcher struct {
	ledger *Ledger
	stop   context.CancelFunc
	over   chan struct{} // closed when the work has ended
	wake   chan struct{} // has an element when the queue may have become longer

	mu     sync.Mutex
	queue  []*Ticket
	closed bool
}

// Ticket is a transfer that was handed in.
type Ticket struct {
	pending
	done chan struct{}
}

// NewBatcher starts working on a ledger, which nobody else may use until Close.
func NewBatcher(ctx context.Context, l *Ledger) *Batcher {
	ctx, stop := context.WithCancel(ctx)
	b := &Batcher{ledger: l, stop: stop, over: make(chan struct{}), wake: make(chan struct{}, 1)}
	go b.work(ctx)
	return b
}

// errClosed answers what comes after Close.
var errClosed = &Error{Kind: ErrCancelled, Message: "interrupted, nothing was given"}

// Submit hands a transfer in. Those of one payer are settled in the order in which
// they were handed in.
func (b *Batcher) Submit(t Transfer) *Ticket {
	ticket := &Ticket{pending: pending{Transfer: t}, done: make(chan struct{})}
	b.mu.Lock()
	closed := b.closed
	if !closed {
		b.queue = append(b.queue, ticket)
	}
	b.mu.Unlock()
	if closed {
		ticket.answer(Result{Transfer: t, Err: errClosed})
		return ticket
	}
	select {
	case b.wake <- struct{}{}:
	default: // it will look anyway
	}
	return ticket
}

// Wait returns the answer, once what it says is committed. Where ctx ends before,
// it is not known what becomes of the transfer.
func (t *Ticket) Wait(ctx context.Context) Result {
	select {
	case <-t.done:
		return t.result
	default:
	}
	select {
	case <-t.done:
		return t.result
	case <-ctx.Done():
		return Result{Transfer: t.Transfer, Err: &Error{Kind: ErrCancelled, Message: "interrupted; it is not known whether it was given", cause: ctx.Err()}}
	}
}

// Done is closed when the answer is there.
func (t *Ticket) Done() <-chan struct{} { return t.done }

func (t *Ticket) answer(r Result) {
	t.result = r
	close(t.done)
}

// Apply is Submit and Wait.
func (b *Batcher) Apply(ctx context.Context, t Transfer) Result { return b.Submit(t).Wait(ctx) }

// Close ends the work: what is under way is answered, what waits is answered with
// an ErrCancelled.
func (b *Batcher) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	<-b.over
	b.stop()
}

// lockPatience is how long those who wait for a lock wait before it is tried again:
// trying costs those who need none of the locked rows.
const lockPatience = 20 * time.Millisecond

// work settles batches until Close, or until ctx ends.
func (b *Batcher) work(ctx context.Context) {
	defer close(b.over)
	var waiting []*Ticket // for locks
	var tried time.Time
	for {
		batch, closed := b.take(&waiting, time.Since(tried) > lockPatience)
		switch {
		case closed || ctx.Err() != nil:
			b.refuse(append(batch, waiting...))
			return
		case len(batch) > 0:
			if len(waiting) == 0 {
				tried = time.Now()
			}
			waiting = append(waiting, b.settle(ctx, batch)...)
			runtime.Gosched() // who was answered may have another: it goes along
		default:
			var again <-chan time.Time
			if len(waiting) > 0 {
				again = time.After(lockPatience/2 + rand.N(lockPatience)) // so that two who want one row do not keep missing it
			}
			select {
			case <-b.wake:
			case <-again:
			case <-ctx.Done():
			}
		}
	}
}

// take is the next batch: what has arrived, but for those who wait behind another
// of the same payer, and where it is time those who wait before it.
func (b *Batcher) take(waiting *[]*Ticket, again bool) (batch []*Ticket, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if again {
		batch, *waiting = *waiting, nil
	}
	behind := map[int64]bool{}
	for _, t := range *waiting {
		behind[t.Payer] = t.Payer != Bank
	}
	n := 0
	for ; n < len(b.queue) && len(batch) < maxBatch; n++ {
		if t := b.queue[n]; behind[t.Payer] {
			*waiting = append(*waiting, t)
		} else {
			batch = append(batch, t)
		}
	}
	if b.queue = b.queue[n:]; len(b.queue) == 0 {
		b.queue = nil
	}
	return batch, b.closed
}

// settle runs a batch, and returns those that wait for a lock.
func (b *Batcher) settle(ctx context.Context, batch []*Ticket) (waiting []*Ticket) {
	all := make([]*pending, len(batch))
	for i, t := range batch {
		all[i] = &t.pending
	}
	_, err := b.ledger.round(ctx, all)
	for _, t := range batch {
		switch {
		case err != nil && t.result.Number == 0: // else it was committed before the error
			t.answer(Result{Transfer: t.Transfer, Err: err})
		case errors.Is(t.result.Err, errLocked):
			waiting = append(waiting, t)
		default:
			close(t.done)
		}
	}
	return waiting
}

// refuse answers what is not done any more.
func (b *Batcher) refuse(batch []*Ticket) {
	b.mu.Lock()
	b.closed = true
	batch = append(batch, b.queue...)
	b.queue = nil
	b.mu.Unlock()
	for _, t := range batch {
		t.answer(Result{Transfer: t.Transfer, Err: errClosed})
	}
}
