package web

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// TestThousandViewers has 1,000 of 100 participants look on while all balances move.
// Both ends are in this process; the issue allows the server alone 200 MB.
func TestThousandViewers(t *testing.T) {
	const people, viewers, gifts = 100, 1000, 1000
	g := newGameOf(t, crowd(2000, make([]string, people)...))
	at, _ := g.run()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	end := fmt.Sprint("id: ", people+gifts) // every balance is opened before
	last := make(chan struct{}, viewers)
	for i := range viewers {
		c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		require.NoError(t, err)
		defer c.Close()
		_, err = fmt.Fprintf(c, "GET %s/live HTTP/1.1\r\nHost: x\r\n\r\n", g.address(int64(1+i%people)))
		require.NoError(t, err)
		go func() {
			b := bufio.NewReaderSize(c, 1024)
			for {
				line, err := b.ReadSlice('\n')
				if err != nil && err != bufio.ErrBufferFull {
					return
				}
				if strings.HasPrefix(string(line), end) {
					last <- struct{}{}
					return
				}
			}
		}()
	}
	watching := func() int { g.board.mu.Lock(); defer g.board.mu.Unlock(); return len(g.board.viewers) }
	require.Eventually(t, func() bool { return watching() == viewers }, 20*time.Second, 20*time.Millisecond)
	transfers := make([]repo.Transfer, 0, gifts)
	for n := range int64(gifts) {
		transfers = append(transfers, repo.Transfer{Payer: 1 + n%people, Payee: 1 + (n+7)%people, Sent: 100})
	}
	g.b.give(transfers...)
	for range viewers {
		select {
		case <-last:
		case <-time.After(20 * time.Second):
			require.Fail(t, "somebody was not told")
		}
	}
	runtime.ReadMemStats(&after)
	used := (after.Sys - before.Sys) >> 20
	t.Logf("%d MB more than before for %d viewers and their clients", used, viewers)
	assert.LessOrEqual(t, used, uint64(200))
}
