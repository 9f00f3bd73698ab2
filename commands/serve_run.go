package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"exptool/internal/web"
	"exptool/repo"
)

// serveConns are the connections of a server: one settles presses, one follows the
// ledger, and the others read, download and join.
const serveConns = 8

func runServe(ctx context.Context, a *app, o *serveOptions) (err error) {
	l, err := listen(ctx, o.addr) // before anything is written
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // closed already where it was served
	if o.public == "" {
		o.public = "http://" + reachable(l.Addr())
	}
	o.public = strings.TrimRight(o.public, "/")
	a.conns = serveConns
	g, err := a.openGame(ctx, o)
	if err != nil {
		return err
	}
	defer g.closeInto(&err)
	play, err := g.begin(ctx)
	if err != nil {
		return err
	}
	// Presses that are under way when ctx ends are answered.
	g.Batcher = repo.NewBatcher(context.WithoutCancel(ctx), a.ledger(g.db, false))
	server, err := g.serve(ctx, l, play)
	if !g.settle() && err == nil {
		err = ctx.Err()
	}
	switch {
	case errors.Is(err, web.ErrRelaunched):
		return failuref(exitTryAgain, "%w", []any{err})
	case err == nil && ctx.Err() != nil:
		next := "the session has ended"
		if play = server.Play(); play.StateAt(a.now()) != web.Ended { // the host may have begun another
			next = fmt.Sprintf("exptool%s serve goes on with session %s", a.dbWords(), play.Session)
		}
		a.streams.Talk("stopped: all presses were answered; %s", next)
	}
	return err
}

// serve says where the pages are, and serves them until ctx ends.
func (g *dollarGame) serve(ctx context.Context, l net.Listener, play web.Play) (*web.Server, error) {
	a, o := g.app, g.o
	server, err := web.New(ctx, web.Options{
		Signer: g.signer, Epoch: g.From.Epoch.OID,
		People: g, Players: g, Giver: g, Follower: g, Plays: g, Transfers: g,
		Play: play, Amount: o.amount(), Until: o.until, Hidden: o.hidden(), Join: o.join, Most: o.most,
		Public: o.public, Rate: o.rate, Now: a.now, Talk: a.streams.Talk,
	})
	if err != nil {
		return nil, err
	}
	if err := g.announce(ctx, l.Addr(), play, server.Join()); err != nil {
		return nil, err
	}
	return server, server.Run(ctx, l)
}

// lastTime is how long the database may take at the end for what the server has waited
// for already.
const lastTime = 2 * time.Second

// settle ends the booking of presses, and reports whether the database let it.
func (g *dollarGame) settle() bool {
	over := make(chan struct{})
	go func() {
		defer close(over)
		g.Batcher.Close()
	}()
	select {
	case <-over:
		return true
	case <-time.After(lastTime):
		g.app.streams.Warn("stopped while the database did not answer: exptool%s query decisions shows which of the last presses were booked", g.app.dbWords())
		return false
	}
}

// listen takes the port.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	var unknown *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, failuref(exitFailure, "something else is served at %s already", []any{addr}).hint("choose another port with --addr, 0 for a free one")
	case errors.Is(err, syscall.EACCES):
		return nil, connectf("this user may not serve at %s", addr).hint("choose a port from 1024 with --addr")
	case errors.As(err, &unknown), errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, usagef("%s is no address of this machine", addr).hint("--addr 0.0.0.0:8000 is all it has")
	}
	return nil, usagef("cannot serve at %s: %w", addr, err)
}

// reachable is a bound address as others on the network may reach it.
func reachable(bound net.Addr) string {
	tcp, ok := bound.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return bound.String()
	}
	port := strconv.Itoa(tcp.Port)
	all, err := net.InterfaceAddrs()
	if err == nil {
		for _, one := range all {
			if ip, ok := one.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
				return net.JoinHostPort(ip.IP.String(), port)
			}
		}
	}
	return net.JoinHostPort("localhost", port)
}

// where says where the pages are, for a program.
type where struct {
	Session string    `json:"session"`
	State   web.State `json:"state"`
	Address string    `json:"address"`
	Listens string    `json:"listens"`
	Host    string    `json:"host"`
	Join    string    `json:"join,omitempty"`
}

// announce says where the pages are, once the port is bound.
func (g *dollarGame) announce(ctx context.Context, bound net.Addr, play web.Play, join string) error {
	a := g.app
	generation, err := g.hostGeneration(ctx, false)
	if err != nil {
		return err
	}
	host := g.o.public + g.signer.Path(web.Token{Role: web.Host, Epoch: g.From.Epoch.OID, Generation: generation})
	at := where{Session: play.Session, State: play.State, Address: g.o.public, Listens: bound.String(), Host: host, Join: join}
	if isJSON(a.config.Format) {
		text, err := json.Marshal(at)
		if err == nil {
			err = a.writeLines(string(text))
		}
		return err
	}
	lines := []string{"session " + play.Session + ": " + g.stands(play), "the host's page: " + at.Host}
	if join != "" {
		lines = append(lines, "to join: "+a.bold(join))
		if a.streams.OutTTY {
			code, err := web.QRBlocks(join)
			if err != nil {
				return err
			}
			lines = append(lines, "", strings.TrimRight(code, "\n"))
		}
	}
	if err := a.writeLines(lines...); err != nil {
		return err
	}
	g.tellReach(bound)
	return nil
}

// bold is a text that stands out on a terminal that takes colours.
func (a *app) bold(text string) string {
	if !a.streams.Color || !a.toStdout() {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// stands says in words where a session stands.
func (g *dollarGame) stands(play web.Play) string {
	state := map[web.State]string{web.Waiting: "waits until the host starts it", web.Running: "runs", web.Paused: "is paused"}[play.State]
	if play.State == web.Running && !play.Ends.IsZero() {
		state += " until " + play.Ends.Local().Format("15:04:05")
	}
	return fmt.Sprintf("%s; a press gives %s", state, g.o.amount())
}

// tellReach says who reaches the pages, and how participants get theirs.
func (g *dollarGame) tellReach(bound net.Addr) {
	talk := g.app.streams.Talk
	links := "exptool" + g.app.dbWords() + " serve links"
	if g.o.public != "http://"+localAddress {
		links += " --public-url " + shellQuote(g.o.public)
	}
	talk("%s prints the address of each participant", links)
	tcp, ok := bound.(*net.TCPAddr)
	switch local := ok && tcp.IP.IsLoopback(); {
	case !local:
		g.app.streams.Warn("everybody who reaches %s reaches the pages, and http is not encrypted: on the internet put a server with https in front, and give its address as --public-url", bound)
	case g.o.join && g.o.public == "http://"+bound.String():
		talk("only this machine reaches %s; --addr :%d lets others in", bound, tcp.Port)
	}
	talk("Ctrl-C ends")
}
