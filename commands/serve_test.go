package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// httpAddress is the first address in a file.
var httpAddress = regexp.MustCompile(`http://[^\s",]+`)

// scriptHTTP asks a server, and once more as long as nobody listens there: it may have
// been started just now. A form is posted; of the page at the address it takes what it
// leaves open with a question mark: key=?. What the server answers goes to stdout, after
// the address that it sends on to.
func scriptHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 4 {
		ts.Fatalf("usage: http CODE ADDRESS|FILE [PATH [FORM]]")
	}
	address := args[1]
	if !strings.HasPrefix(address, "http://") {
		text, err := os.ReadFile(ts.MkAbs(address))
		ts.Check(err)
		address = httpAddress.FindString(string(text))
	}
	page := address
	if len(args) > 2 {
		address += args[2]
	}
	client := http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func() (*http.Response, error) { return client.Get(address) }
	if len(args) == 4 {
		form, err := url.ParseQuery(args[3])
		ts.Check(err)
		fillIn(ts, &client, page, form)
		ask = func() (*http.Response, error) { return client.PostForm(address, form) }
	}
	r, err := ask()
	for began := time.Now(); err != nil && time.Since(began) < 20*time.Second; r, err = ask() {
		time.Sleep(20 * time.Millisecond)
	}
	ts.Check(err)
	defer r.Body.Close()
	if to, err := r.Location(); err == nil {
		_, err = fmt.Fprintln(ts.Stdout(), to)
		ts.Check(err)
	}
	_, err = io.Copy(ts.Stdout(), r.Body)
	ts.Check(err)
	if got := strconv.Itoa(r.StatusCode); got != args[0] {
		ts.Fatalf("%s answers %s, not %s", address, got, args[0])
	}
}

// fillIn fills what a form leaves open with what the JSON of the page says.
func fillIn(ts *testscript.TestScript, client *http.Client, page string, form url.Values) {
	for name := range form {
		if form.Get(name) != "?" {
			continue
		}
		r, err := client.Get(page + "?format=json")
		ts.Check(err)
		var fields map[string]any
		ts.Check(errors.Join(json.NewDecoder(r.Body).Decode(&fields), r.Body.Close()))
		form.Set(name, fmt.Sprint(fields[name]))
	}
}
