package export

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"exptool/internal/pyjson"
)

// Treatment says what becomes of a column where people are not to be recognised.
type Treatment int

// The treatments.
const (
	Keep    Treatment = iota // as it is
	Drop                     // not written
	Replace                  // the whole value is an id, a keyed hash stands for it
	Scrub                    // JSON or text: a keyed hash stands for each id in it
)

// String is the treatment's name.
func (t Treatment) String() string { return [...]string{"keep", "drop", "replace", "scrub"}[t] }

// treatments are the columns that are not scrubbed. A table of * is every table, and
// the keys of vars, definition and answer, too; the first that fits decides.
//
//	table              column               treatment
//	*                  class, object_type   keep     names of the experiment's code
//	*                  type                 keep
//	participant, error worker_id            drop     participant_id says who it was
//	participant        assignment_id        drop
//	*                  worker_id            replace  may be the only link to a person
//	*                  assignment_id        replace  of a notification, too
//	*                  unique_id            replace  hash:hash of its two ids
//	lucid_rid          rid                  replace  is the worker id
//	*                  hit_id               drop     and the other ids of recruiters
//	*                  fingerprint_hash     drop
//	*                  entry_information    drop     the address a person came with
//	*                  client_ip_address    drop     and other words for addresses
//	*                  auth_token           drop
//	request            params               drop
//	experiment_status  extra_info           drop     secrets: the dashboard's password
//	notification       details              drop
//	asset              secret               drop
//	experiment         vars.deployment_config  drop  accounts and addresses
//	lucid_rid          lucid_panelist_id, lucid_respondent_id  drop
//	lucid_submissions  response             drop     what the recruiter says of people
//	everything else                         scrub    numbers and times stay as they are
//
// Participants keep their id: it is an ordinal, and it joins the files. A key of vars,
// definition or answer that is dropped or replaced here is taken out of the JSON, too.
var treatments = []struct {
	table   string
	columns []string
	Treatment
}{
	{"*", []string{"class", "object_type", "type"}, Keep},
	{"participant", []string{"worker_id", "assignment_id"}, Drop},
	{"error", []string{"worker_id"}, Drop},
	{"*", []string{"worker_id", "assignment_id", "unique_id"}, Replace},
	{"lucid_rid", []string{"rid"}, Replace},
	{"*", []string{"hit_id", "fingerprint_hash", "entry_information", "auth_token"}, Drop},
	{"*", []string{"client_ip_address", "ip_address", "email", "email_address"}, Drop},
	{"request", []string{"params"}, Drop},
	{"experiment_status", []string{"extra_info"}, Drop},
	{"notification", []string{"details"}, Drop},
	{"asset", []string{"secret"}, Drop},
	{"experiment", []string{"vars.deployment_config"}, Drop},
	{"lucid_rid", []string{"lucid_panelist_id", "lucid_respondent_id"}, Drop},
	{"lucid_submissions", []string{"response"}, Drop},
}

// AnonymizeOptions are columns that the user wants otherwise: worker_id in every
// table, participant.worker_id, vars.name, participant.vars.name.
type AnonymizeOptions struct {
	Keep, Drop []string
}

// Anonymizer makes people unrecognisable. It is told all ids of the database (Know),
// then replaces them, and afterwards looks whether one is left (Audit). After the last
// Know it serves several goroutines.
type Anonymizer struct {
	key        []byte
	keep, drop map[string]bool
	hiding     [][]byte // see mayHide
	ids        []id
	of         map[string]int32 // the place of an id
	prepare    sync.Once
	found      *finder
}

// keyLength is how many bytes a key has at least: as many as the hash.
const keyLength = sha256.Size

// NewAnonymizer makes an Anonymizer whose hashes only the holder of the key, 32 random
// bytes, can make again.
func NewAnonymizer(key []byte, o AnonymizeOptions) (*Anonymizer, error) {
	if len(key) < keyLength {
		return nil, fmt.Errorf("the key has %d bytes, fewer than %d", len(key), keyLength)
	}
	a := &Anonymizer{key: slices.Clone(key), keep: map[string]bool{}, drop: map[string]bool{}, of: map[string]int32{}}
	for _, c := range o.Keep {
		a.keep[c] = true
	}
	for _, c := range o.Drop {
		if a.keep[c] {
			return nil, fmt.Errorf("%s is to be kept and to be dropped", c)
		}
		a.drop[c] = true
	}
	if a.keep[""] || a.drop[""] {
		return nil, errors.New("a column without a name cannot be kept or dropped")
	}
	a.hiding = a.hidingKeys()
	return a, nil
}

// Treat says what becomes of a table's column, or of a key inside it: vars.name. What
// the user wants comes first; the longer name of what is kept and dropped wins.
//
// A table is named by its schema.Table.Key, a column by its own name, not the one that
// it may have in a file.
func (a *Anonymizer) Treat(table, column string) Treatment {
	if t, ok := a.asked(table, column); ok {
		return t
	}
	for i := range column {
		if column[i] == '.' && usual(table, column[:i]) == Drop {
			return Drop
		}
	}
	return usual(table, column)
}

// usual is what treatments say of a column itself.
func usual(table, column string) Treatment {
	last := column[strings.LastIndexByte(column, '.')+1:]
	for _, t := range treatments {
		switch {
		case t.table != "*" && t.table != table:
		case slices.Contains(t.columns, column), t.table == "*" && t.Treatment != Keep && slices.Contains(t.columns, last):
			return t.Treatment
		}
	}
	return Scrub
}

// asked is what the user wants of a column: of itself, of a key above it, or of all
// columns of its name.
func (a *Anonymizer) asked(table, column string) (Treatment, bool) {
	if len(a.keep)+len(a.drop) == 0 {
		return Scrub, false
	}
	for name := column; ; {
		for _, n := range [2]string{table + "." + name, name} {
			switch {
			case a.keep[n]:
				return Keep, true
			case a.drop[n]:
				return Drop, true
			}
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return Scrub, false
		}
		name = name[:i]
	}
}

// Apply is the text of a cell after its column's treatment, see Treat: the same slice
// where it stays as it is, nil for what is dropped. JSON stays JSON; an id that is a
// number becomes a string in it, and by itself a text without quotes.
func (a *Anonymizer) Apply(t Treatment, table, column string, text []byte) []byte {
	switch t {
	case Keep:
		return a.members(table, column, text)
	case Drop:
		return nil
	case Replace:
		if len(text) == 0 {
			return text
		}
		return []byte(a.Replace(string(text)))
	}
	return a.Scrub(a.members(table, column, text))
}

// members is JSON without the keys that are dropped, and with hashes for those that
// are ids. What is no jsonpickle stays as it is.
func (a *Anonymizer) members(table, column string, text []byte) []byte {
	if len(text) < 2 || text[0] != '{' || !a.mayHide(text) {
		return text
	}
	var paths [][]string
	err := pyjson.Walk(text, func(path []string, kind string) bool {
		t := a.Treat(table, column+"."+strings.Join(path, "."))
		if t == Drop || t == Replace {
			paths = append(paths, slices.Clone(path))
		}
		return t == Scrub || t == Keep
	})
	if err != nil {
		return text
	}
	for _, path := range paths {
		var out []byte
		if a.Treat(table, column+"."+strings.Join(path, ".")) == Drop {
			out, err = pyjson.Remove(text, path)
		} else {
			out, err = a.replaceAt(text, path)
		}
		if err == nil {
			text = out
		}
	}
	return text
}

// mayHide reports whether a text has the name of a key that is not only scrubbed: most
// have none, and need not be read for it.
func (a *Anonymizer) mayHide(text []byte) bool {
	for _, name := range a.hiding {
		if bytes.Contains(text, name) {
			return true
		}
	}
	return false
}

// hidingKeys are the last parts of the names of all columns that are dropped or
// replaced, as far as JSON writes them without an escape.
func (a *Anonymizer) hidingKeys() (keys [][]byte) {
	add := func(name string) {
		name = name[strings.LastIndexByte(name, '.')+1:]
		plain := strings.TrimFunc(name, func(r rune) bool { return r > '~' })
		if i := strings.IndexFunc(plain, func(r rune) bool { return r > '~' || r == '"' || r == '\\' }); i >= 0 {
			plain = plain[:i]
		}
		keys = append(keys, []byte(plain))
	}
	for _, t := range treatments {
		for _, c := range t.columns {
			if t.Treatment != Keep && (t.table == "*" || strings.Contains(c, ".")) {
				add(c)
			}
		}
	}
	for name := range a.drop {
		add(name)
	}
	return keys
}

// replaceAt replaces the id at a path: a string or a number.
func (a *Anonymizer) replaceAt(text []byte, path []string) ([]byte, error) {
	value, found, err := pyjson.Get(nil, text, path, pyjson.NaNString)
	if err != nil || !found || pyjson.IsNull(value) || len(value) == 0 || value[0] == '{' || value[0] == '[' {
		return text, err
	}
	plain, err := pyjson.AppendText(nil, value)
	if err != nil || len(plain) == 0 {
		return text, err
	}
	return pyjson.Replace(text, path, pyjson.String(a.Replace(string(plain))))
}

// Replace is what stands for an id in every file: x and the first 16 hexadecimal
// digits of its HMAC-SHA256; of one that consists of a known worker id and a known
// assignment id, as unique_id does, the hashes of both with the colon between them.
func (a *Anonymizer) Replace(id string) string {
	a.ready()
	if i, ok := a.of[id]; ok {
		return a.ids[i].hash
	}
	return a.hash(id)
}

func (a *Anonymizer) hash(id string) string {
	if worker, assignment, ok := a.halves(id); ok {
		return a.digest(worker) + ":" + a.digest(assignment)
	}
	return a.digest(id)
}

func (a *Anonymizer) digest(id string) string {
	h := hmac.New(sha256.New, a.key)
	h.Write([]byte(id))
	return fmt.Sprintf("x%x", h.Sum(nil)[:8])
}

// halves are the ids on both sides of a colon, where both are known and the whole is
// not one of them.
func (a *Anonymizer) halves(v string) (worker, assignment string, ok bool) {
	if i, known := a.of[v]; known && a.ids[i].kind != "unique_id" {
		return "", "", false
	}
	for i := range len(v) {
		if v[i] != ':' {
			continue
		}
		w, one := a.of[v[:i]]
		s, two := a.of[v[i+1:]]
		if one && two && a.ids[w].kind != "unique_id" && a.ids[s].kind != "unique_id" {
			return v[:i], v[i+1:], true
		}
	}
	return "", "", false
}
