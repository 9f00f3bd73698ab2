package repo

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Chain is a chain and its nodes.
type Chain struct {
	ID         int64
	Class      string // its short name
	Type       string // across or within; empty where it is not known
	TrialMaker string
	Head       int64 // the node that the chain goes on from; 0 where there is none
	Full       bool
	Failed     bool
	Nodes      []ChainNode // by degree, the first first
	Trials     int         // of all nodes
	Failures   int         // trials that failed
}

// ChainNode is a node of a chain, with its trials.
type ChainNode struct {
	ID           int64
	Degree       *int64
	Seed         []byte // jsonpickle; nil where there is none
	Definition   []byte // jsonpickle; nil where there is none
	Trials       int
	FailedTrials int
	Answers      []byte // those of the trials that did not fail, as a JSON array
	Failed       bool
	Reason       string // why it failed

	answers [][]byte
}

// Chain reads a chain, its nodes and their trials, in three statements. ErrNotFound
// where there is no network of that id.
func (tx *Tx) Chain(ctx context.Context, s *schema.Schema, id int64) (*Chain, error) {
	network, node, info := s.Tables["network"], s.Tables["node"], s.Tables["info"]
	if network == nil || node == nil || network.Column("chain_type") == nil || node.Column("degree") == nil {
		return nil, &Error{Kind: ErrNotFound, Message: "this database has no chains: its networks have no chain_type, or its nodes no degree", Hint: "exptool describe networks"}
	}
	c := &Chain{}
	err := tx.eachRow(ctx, "SELECT id, "+textOrNone(network, "type")+", "+textOrNone(network, "chain_type")+", "+textOrNone(network, "trial_maker_id")+`,
	coalesce(head_id, 0), coalesce("full", false), coalesce(failed, false)
FROM `+quoteTable(network)+`
WHERE id = $1::bigint
  AND chain_type IS NOT NULL`, func(scan func(...any) error) error {
		return scan(&c.ID, &c.Class, &c.Type, &c.TrialMaker, &c.Head, &c.Full, &c.Failed)
	}, id)
	if err != nil {
		return nil, err
	}
	if c.ID == 0 {
		return nil, &Error{Kind: ErrNotFound, Message: fmt.Sprintf("no chain %d", id), Hint: "exptool query chains lists them"}
	}
	c.Class = schema.Short(c.Class)
	at := map[int64]int{}
	err = tx.eachRow(ctx, `SELECT id, degree, `+valueOrNull(node, "seed")+`, `+valueOrNull(node, "definition")+`, coalesce(failed, false), `+textOrNone(node, "failed_reason")+`
FROM `+quoteTable(node)+`
WHERE network_id = $1::bigint
ORDER BY degree, id`, func(scan func(...any) error) error {
		var n ChainNode
		err := scan(&n.ID, &n.Degree, &n.Seed, &n.Definition, &n.Failed, &n.Reason)
		at[n.ID] = len(c.Nodes)
		c.Nodes = append(c.Nodes, n)
		return err
	}, id)
	if err != nil || len(c.Nodes) == 0 || info == nil {
		return c, err
	}
	return c, c.readTrials(ctx, tx, node, info, at)
}

// readTrials adds the trials to their nodes.
func (c *Chain) readTrials(ctx context.Context, tx *Tx, node, info *schema.Table, at map[int64]int) error {
	key := "node_id"
	if info.Column(key) == nil {
		key = "origin_id"
	}
	err := tx.eachRow(ctx, `SELECT i.`+key+`, coalesce(i.failed, false), `+valueOrNull(info, "i.answer")+`
FROM `+quoteTable(info)+` AS i
JOIN `+quoteTable(node)+` AS n ON n.id = i.`+key+`
WHERE n.network_id = $1::bigint
ORDER BY i.id`, func(scan func(...any) error) error {
		var id int64
		var failed bool
		var answer []byte
		if err := scan(&id, &failed, &answer); err != nil {
			return err
		}
		i, there := at[id]
		if !there {
			return nil // added meanwhile
		}
		n := &c.Nodes[i]
		n.Trials++
		c.Trials++
		switch {
		case failed:
			n.FailedTrials++
			c.Failures++
		case answer != nil:
			n.answers = append(n.answers, asJSON(answer))
		}
		return nil
	}, c.ID)
	for i := range c.Nodes {
		n := &c.Nodes[i]
		n.Answers = arrayOf(n.answers)
	}
	return err
}

// asJSON is a jsonpickle value as plain JSON; text that is none becomes a string.
func asJSON(text []byte) []byte {
	b, err := pyjson.AppendJSON(nil, text, pyjson.NaNString)
	if err != nil {
		return pyjson.String(string(text))
	}
	return b
}

// arrayOf is a JSON array of values.
func arrayOf(values [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(values, []byte(", "))...), ']')
}

// valueOrNull is a column, NULL where the table has none; it may be named through an alias.
func valueOrNull(t *schema.Table, column string) string {
	name := column[strings.IndexByte(column, '.')+1:]
	if t.Column(name) == nil {
		return "NULL"
	}
	return column[:len(column)-len(name)] + pq.QuoteIdentifier(name) + "::text"
}

// Latest is a row to choose: its id, and a word about it.
type Latest struct{ ID, About string }

// maxLatest is how many ids there are to choose from.
const maxLatest = 50

// Latest lists the ids of a table that begin with what was typed, the highest first, of
// the rows where a column is filled.
func (tx *Tx) Latest(ctx context.Context, s *schema.Schema, table, filled, about, typed string) (found []Latest, err error) {
	t := s.Tables[table]
	if t == nil || t.Column("id") == nil || t.Column(filled) == nil {
		return nil, nil
	}
	err = tx.eachRow(ctx, "SELECT id::text, "+textOrNone(t, about)+"\nFROM "+quoteTable(t)+`
WHERE left(id::text, length($1)) = $1::text
  AND `+filled+` IS NOT NULL
ORDER BY id DESC
LIMIT `+strconv.Itoa(maxLatest), func(scan func(...any) error) error {
		var l Latest
		err := scan(&l.ID, &l.About)
		found = append(found, l)
		return err
	}, typed)
	return found, err
}
