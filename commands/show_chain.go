package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// isChain reports whether a user means PsyNet's chains, which are shown by their nodes.
func (s *session) isChain(word string) bool {
	word = strings.ToLower(word)
	return (word == "chain" || word == "chains") && s.schema.Tables[word] == nil
}

// chainColumns are those of `exptool show chain ID`.
var chainColumns = []schema.Column{
	{Name: "degree", Kind: schema.Int}, {Name: "node", Kind: schema.Int}, {Name: "seed", Kind: schema.Pickle},
	{Name: "definition", Kind: schema.Pickle}, {Name: "trials", Kind: schema.Int}, {Name: "answers", Kind: schema.JSON},
	{Name: "failed_trials", Kind: schema.Int}, {Name: "failed", Kind: schema.Bool}, {Name: "failed_reason", Kind: schema.Text},
}

// showChain writes the nodes of a chain by degree, and says what chain it is.
func (s *session) showChain(ctx context.Context, o *showOptions) error {
	id, err := strconv.ParseInt(o.id, 10, 64)
	if err != nil {
		return usagef("%q is no id of a chain", o.id).hint("ids are whole numbers")
	}
	var c *repo.Chain
	err = s.read(ctx, func(tx *repo.Tx) (err error) {
		c, err = tx.Chain(ctx, s.schema, id)
		return err
	})
	if err != nil {
		return err
	}
	rows := make([][][]byte, len(c.Nodes))
	for i, n := range c.Nodes {
		var degree, reason []byte
		if n.Degree != nil {
			degree = strconv.AppendInt(nil, *n.Degree, 10)
		}
		if n.Reason != "" {
			reason = []byte(n.Reason)
		}
		rows[i] = [][]byte{degree, strconv.AppendInt(nil, n.ID, 10), n.Seed, n.Definition, strconv.AppendInt(nil, int64(n.Trials), 10),
			n.Answers, strconv.AppendInt(nil, int64(n.FailedTrials), 10), strconv.AppendBool(nil, n.Failed), reason}
	}
	if _, err := s.app.writeRows(ctx, report.Values(chainColumns, rows), writeOptions{raw: o.raw}); err != nil {
		return err
	}
	s.tellChain(c)
	return nil
}

// tellChain says what chain it is, and where it stands.
func (s *session) tellChain(c *repo.Chain) {
	var said []string
	for _, word := range []string{c.Class, c.Type, c.TrialMaker, map[bool]string{true: "full"}[c.Full], map[bool]string{true: "failed"}[c.Failed]} {
		if word != "" {
			said = append(said, word)
		}
	}
	what := fmt.Sprintf("chain %d (%s)", c.ID, strings.Join(said, ", "))
	if len(c.Nodes) == 0 {
		s.app.streams.Talk("%s has no nodes yet", what)
		return
	}
	failed := 0
	for _, n := range c.Nodes {
		if n.Failed {
			failed++
		}
	}
	text := fmt.Sprintf("%s: %s, %d failed; %s, %d failed", what, plural(len(c.Nodes), "node", "nodes"), failed, plural(c.Trials, "trial", "trials"), c.Failures)
	if c.Head != 0 {
		text += fmt.Sprintf("; the head is node %d", c.Head)
	}
	s.app.streams.Talk("%s", text)
}
