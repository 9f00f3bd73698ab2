package sqllog

import (
	"math/bits"
	"slices"
	"time"
)

// sketch holds durations in bounded memory: the first exactSize exactly, more
// of them in buckets. Durations of a log are whole microseconds.
type sketch struct {
	exact []uint32 // microseconds
	first int      // the bucket of counts[0]
	count []uint32
	n     int64
}

const (
	exactSize = 64
	// bucketBits makes 64 buckets of every doubling: their middle is at most
	// 1/128 (0.8 %) off; below 128 µs every microsecond has its own.
	bucketBits = 6
)

func bucketOf(us uint64) int {
	shift := max(bits.Len64(us)-bucketBits-1, 0)
	return shift<<bucketBits + int(us>>shift)
}

// bucketMiddle is the value that stands for a bucket.
func bucketMiddle(b int) uint64 {
	shift := max(b>>bucketBits-1, 0)
	low := uint64(b-shift<<bucketBits) << shift
	return low + (1<<shift)/2
}

func (s *sketch) add(d time.Duration) {
	us := uint64(max(d, 0) / time.Microsecond)
	s.n++
	if s.count == nil {
		if len(s.exact) < exactSize && us <= 1<<32-1 {
			s.exact = append(s.exact, uint32(us))
			return
		}
		s.spill()
	}
	s.put(bucketOf(us), 1)
}

// spill turns the exact durations into buckets.
func (s *sketch) spill() {
	for _, x := range s.exact {
		s.put(bucketOf(uint64(x)), 1)
	}
	s.exact = nil
}

// merge adds all durations of another sketch.
func (s *sketch) merge(o *sketch) {
	for _, us := range o.exact {
		s.add(time.Duration(us) * time.Microsecond)
	}
	if o.count == nil {
		return
	}
	s.spill()
	for k, c := range o.count {
		if c > 0 {
			s.put(o.first+k, c)
			s.n += int64(c)
		}
	}
}

// put counts n in a bucket; the counts grow to both sides.
func (s *sketch) put(b int, n uint32) {
	switch {
	case s.count == nil:
		s.first, s.count = b, make([]uint32, 1, 64)
	case b < s.first:
		s.count = slices.Insert(s.count, 0, make([]uint32, s.first-b)...)
		s.first = b
	}
	for b >= s.first+len(s.count) {
		s.count = append(s.count, 0)
	}
	s.count[b-s.first] += n
}

// quantile is the smallest duration that the share p of all does not exceed.
func (s *sketch) quantile(p float64) time.Duration {
	if s.n == 0 {
		return 0
	}
	rank := max(int64(float64(s.n)*p+0.9999999), 1)
	if s.count == nil {
		sorted := slices.Sorted(slices.Values(s.exact))
		return time.Duration(sorted[min(int(rank), len(sorted))-1]) * time.Microsecond
	}
	for k, c := range s.count {
		if rank -= int64(c); rank <= 0 {
			return time.Duration(bucketMiddle(s.first+k)) * time.Microsecond
		}
	}
	return 0
}
