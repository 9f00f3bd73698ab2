package web

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// built is the program, made once for all tests.
var built struct {
	sync.Once
	dir, path string
	err       error
}

func program(t *testing.T) string {
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "exptool-web"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "exptool")
		if out, err := exec.Command("go", "build", "-o", built.path, "exptool/cmd/exptool").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	require.NoError(t, built.err)
	return built.path
}

// shell is somebody with the program and a database.
type shell struct {
	t  *testing.T
	db *repo.DB
}

func (s shell) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program(s.t), append(args, "--db", s.db.Address().URL())...)
	home := s.t.TempDir()
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "EXPTOOL_HOME=" + home}
	return cmd
}

// run runs a command that must succeed, and gives what it prints.
func (s shell) run(args ...string) string {
	s.t.Helper()
	cmd := s.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(s.t, cmd.Run(), "exptool %s\n%s", strings.Join(args, " "), &errs)
	return out.String()
}

// serving is exptool serve.
type serving struct {
	*exec.Cmd
	Session, Address, Host, Join string
	errors                       *bytes.Buffer
}

func (s shell) serve(args ...string) *serving {
	s.t.Helper()
	p := &serving{Cmd: s.command(append([]string{"serve", "--format", "json"}, args...)...), errors: &bytes.Buffer{}}
	p.Stderr = p.errors
	out, err := p.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, p.Start())
	s.t.Cleanup(func() { _ = p.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(s.t, err, "it must say that it serves: %s", p.errors)
	require.NoError(s.t, json.Unmarshal([]byte(line), p), line)
	return p
}

// links are the addresses of participants.
func (s shell) links(server *serving) map[string]string {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.run("serve", "links", "--public-url", server.Address, "--format", "csv"))).ReadAll()
	require.NoError(s.t, err)
	all := map[string]string{}
	for _, row := range rows[1:] {
		all[row[0]] = row[2]
	}
	return all
}

// port is what the address of a server ends with.
func (p *serving) port(t *testing.T) string {
	_, port, err := net.SplitHostPort(strings.TrimPrefix(p.Address, "http://"))
	require.NoError(t, err)
	return port
}

// The server is killed in the middle of presses, and started again: the pages say that
// the connection is lost, and go on by themselves where they were.
func TestPageServerKilled(t *testing.T) {
	t.Parallel()
	db := newCrowd(t, players())
	s := shell{t, db}
	b := &table{t: t, db: db}
	t.Cleanup(b.verify)
	server := s.serve("--addr", "127.0.0.1:0")
	links := s.links(server)
	require.Len(t, links, 8)
	mona, yusufs, host := newWindow(t, 390, 844), newWindow(t, 390, 844), newWindow(t, 1280, 900)
	mona.open(links["1"])
	yusufs.open(links["2"])
	host.open(server.Host)
	mona.click(yusuf, 1)
	mona.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	mona.click(keeps, 1)
	mona.await(said("You kept your dollars."))
	s.run("donate", "8", "1", "--amount", "20")
	mona.await(text("#dollars") + " === '$55'")
	b.agree(mona, yusufs, host)

	others := []int{2, 3, 4, 5, 6, 7, 8}
	for _, id := range others { // a press of each button, one after the other on the way
		mona.click(fmt.Sprintf("[data-payee=\"%d\"] button", id), 1)
	}
	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
	for _, w := range []*window{mona, yusufs, host} {
		w.await(line(lostConnection))
	}
	yusufs.click(amina, 1) // nobody is there
	yusufs.await("document.querySelector('.pending')")
	s.run("donate", "8", "2", "--amount", "5")
	again := s.serve("--addr", "127.0.0.1:"+server.port(t))
	assert.Equal(t, server.Session, again.Session)
	assert.Equal(t, server.Host, again.Host)
	for _, w := range []*window{mona, yusufs, host} {
		w.await("document.getElementById('line').hidden && " + ready)
	}
	b.agree(mona, yusufs, host)
	assert.Equal(t, []string{"48", "18", "31", "6", "23", "10", "16", "17"}, b.has(1, 2, 3, 4, 5, 6, 7, 8), "nothing lost, nothing twice")
	for range 2 { // and as the server draws the page
		mona.await(text("#given") + " === '$8' && " + text("#received") + " === '$20' && document.querySelectorAll('#moves li').length === 9")
		yusufs.await(text("#given") + " === '$1' && " + text("#received") + " === '$7' && document.querySelectorAll('#moves li').length === 4")
		host.await("document.querySelectorAll('#moves li').length === 11")
		for _, w := range []*window{mona, yusufs, host} {
			w.run(chromedp.Reload())
		}
	}
	mona.click(yusuf, 1)
	mona.await(said("You gave $1 to Yusuf. You have $47.") + " && " + ready)
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}, b.asked("SELECT round::text FROM exptool.decisions WHERE donor = 1 ORDER BY id"))
	s.run("verify")

	require.NoError(t, again.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, again.Wait(), "%s", again.errors)
	mona.await(line(lostConnection))
	_, err := net.DialTimeout("tcp", strings.TrimPrefix(server.Address, "http://"), time.Second)
	assert.Error(t, err)
}

// Nobody waits for ever for a database that hangs: neither who presses, nor who stops the
// server.
func TestServerStopsWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	db := newCrowd(t, players())
	w := wireTo(t, db)
	s := shell{t, w.open(db)}
	server := s.serve("--addr", "127.0.0.1:0")
	address := s.links(server)["1"]
	var v view
	r, err := http.Get(address + "?format=json")
	require.NoError(t, err)
	require.NoError(t, errors.Join(json.NewDecoder(r.Body).Decode(&v), r.Body.Close()))
	w.hold()
	answered := make(chan int, 1)
	go func() {
		code := 0
		if r, err := http.PostForm(address+"/press?format=json", url.Values{"payee": {"2"}, "key": {v.Key}, "position": {"1"}}); err == nil {
			code = r.StatusCode
			_ = r.Body.Close()
		}
		answered <- code
	}()
	time.Sleep(time.Second) // it is on its way
	require.NoError(t, server.Process.Signal(os.Interrupt))
	stopped := make(chan error, 1)
	go func() { stopped <- server.Wait() }()
	select {
	case <-stopped:
	case <-time.After(30 * time.Second):
		require.Fail(t, "the server must stop")
	}
	assert.Equal(t, http.StatusServiceUnavailable, <-answered)
	assert.Equal(t, 130, server.ProcessState.ExitCode(), "%s", server.errors)
	assert.Contains(t, server.errors.String(), "stopped while the database did not answer")
}
