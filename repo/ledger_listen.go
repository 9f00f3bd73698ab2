package repo

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// ledgerChannel is where exptool.book notifies.
const ledgerChannel = "exptool"

// listenAgain is how long is waited before a lost connection is made anew.
const listenAgain = 500 * time.Millisecond

// listen says by news that the ledger may have become longer, over a connection of its
// own, until ctx ends. It makes that anew where it was lost, and says so then too: what
// was notified meanwhile nobody has heard.
func (db *DB) listen(ctx context.Context, news chan<- struct{}) {
	for {
		if conn, heard := db.addr.listener(); conn != nil {
			tell(news)
			hear(ctx, conn, heard, news)
		}
		if !sleep(ctx, listenAgain) {
			return
		}
	}
}

// hear hands on what is notified until the connection or ctx ends.
func hear(ctx context.Context, conn *pq.ListenerConn, heard <-chan *pq.Notification, news chan<- struct{}) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for range heard { // ends with the connection
		tell(news)
	}
	_ = conn.Close()
}

func tell(news chan<- struct{}) {
	select {
	case news <- struct{}{}:
	default: // it will look anyway
	}
}

// listener is a connection that listens, nil where none comes about: whoever looks at
// the ledger meets the reason.
func (a Address) listener() (*pq.ListenerConn, <-chan *pq.Notification) {
	for _, url := range a.listenURLs() {
		heard := make(chan *pq.Notification, 32)
		conn, err := pq.NewListenerConn(url, heard)
		if err != nil {
			continue
		}
		if _, err = conn.ExecSimpleQuery(mark + "LISTEN " + ledgerChannel); err == nil {
			return conn, heard
		}
		_ = conn.Close()
	}
	return nil, nil
}

// listenURLs are the addresses to connect to in turn, as Open does it: lib/pq's
// listener takes no configuration.
func (a Address) listenURLs() []string {
	if !a.given("application_name") {
		name := a.cfg.ApplicationName
		if name == "" {
			name = "exptool"
		}
		a.options = append(a.options[:len(a.options):len(a.options)], option{"application_name", name})
	}
	if a.given("sslmode") {
		return []string{a.URL()}
	}
	var urls []string
	for _, mode := range a.sslModes() {
		with := a
		with.options = append(a.options[:len(a.options):len(a.options)], option{"sslmode", string(mode)})
		urls = append(urls, with.URL())
	}
	return urls
}
