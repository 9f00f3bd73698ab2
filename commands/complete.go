package commands

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/repo"
)

// completionTime bounds what a press of the Tab key waits for a database.
const completionTime = 2 * time.Second

// completing connects to the database that the words typed so far name. It
// fails silently: a completion has nobody to tell.
func (a *app) completing(cmd *cobra.Command) (*session, context.CancelFunc, bool) {
	if err := a.load(cmd); err != nil {
		return nil, nil, false
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	s, err := a.connect(ctx)
	if err != nil {
		cancel()
		return nil, nil, false
	}
	return s, func() { s.closeInto(new(error)); cancel() }, true
}

// completeEntity completes an entity: words, tables and classes.
func (a *app) completeEntity(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, done, ok := a.completing(cmd)
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer done()
	before, last := "", typed
	if i := strings.LastIndexByte(typed, ','); i >= 0 {
		before, last = typed[:i+1], typed[i+1:]
	}
	names := append(s.schema.Words(), s.schema.Keys()...)
	for _, c := range s.schema.Tree.All() {
		if s.schema.Tables[c.Table] != nil {
			names = append(names, schema.Short(c.Name))
		}
	}
	return matching(names, before, last), cobra.ShellCompDirectiveNoFileComp
}

// completeQuery completes an entity, then FIELD=VALUE.
func (a *app) completeQuery(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeEntity(cmd, args, typed)
	}
	if field, value, ok := strings.Cut(typed, "="); ok {
		return a.completeValue(cmd, args[0], field, value)
	}
	fields, _ := a.fieldsOf(cmd, args[0], typed)
	for i := range fields {
		if !strings.HasSuffix(fields[i], ".") {
			fields[i] += "="
		}
	}
	return fields, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeFields makes flags complete the fields of the entity.
func (a *app) completeFields(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		// Fails only for a flag that is not there, which the tests would show.
		_ = cmd.RegisterFlagCompletionFunc(name, func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.fieldsOf(cmd, args[0], typed)
		})
	}
}

// completeEntities makes flags complete entities.
func (a *app) completeEntities(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.RegisterFlagCompletionFunc(name, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return a.completeEntity(cmd, nil, typed)
		})
	}
}

// fieldsOf lists what a path may go on with after what was typed: columns,
// and relations with a dot.
func (a *app) fieldsOf(cmd *cobra.Command, entity, typed string) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	s, done, ok := a.completing(cmd)
	if !ok {
		return nil, directive
	}
	defer done()
	e, err := s.schema.Entity(strings.Split(entity, ",")[0], false)
	if err != nil || e.Table == nil {
		return nil, directive
	}
	i := strings.LastIndexAny(typed, ",.+-") + 1
	before, last := typed[:i], typed[i:]
	t := e.Table
	path := before[strings.LastIndexAny(before, ",+-")+1:]
	for hop := range strings.SplitSeq(strings.TrimSuffix(path, "."), ".") {
		if hop == "" {
			break
		}
		routes := s.schema.ToOne(t, hop)
		if len(routes) != 1 {
			return nil, directive
		}
		t = s.schema.Tables[routes[0].RefTable]
	}
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	for _, r := range s.schema.RelationsFrom(t) {
		names = append(names, r.Name+".")
	}
	return matching(append(names, schema.VirtualFields(t)...), before, last), directive
}

// completeValue completes the values of enums and booleans.
func (a *app) completeValue(cmd *cobra.Command, entity, field, typed string) ([]string, cobra.ShellCompDirective) {
	s, done, ok := a.completing(cmd)
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer done()
	e, err := s.schema.Entity(entity, false)
	if err != nil || e.Table == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	t, column := e.Table, field
	for {
		hop, rest, more := strings.Cut(column, ".")
		if !more {
			break
		}
		routes := s.schema.ToOne(t, hop)
		if len(routes) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		t, column = s.schema.Tables[routes[0].RefTable], rest
	}
	c := t.Column(column)
	switch {
	case c == nil:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case c.Kind == schema.Bool:
		return matching([]string{"true", "false"}, field+"=", typed), cobra.ShellCompDirectiveNoFileComp
	}
	return matching(c.Enum, field+"=", typed), cobra.ShellCompDirectiveNoFileComp
}

// completeGroups completes the groups of the journal, the latest first, each with
// the command that made it.
func (a *app) completeGroups(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) > 0 {
		return nil, directive
	}
	s, done, ok := a.completing(cmd)
	if !ok {
		return nil, directive
	}
	defer done()
	var words []string
	// Without a journal there is nothing to complete, and nobody to tell.
	_ = s.read(cmd.Context(), func(tx *repo.Tx) error {
		groups, err := tx.History(cmd.Context(), repo.HistoryOptions{Limit: 20})
		for _, g := range groups {
			if !g.Earlier {
				words = append(words, cobra.CompletionWithDesc(number(g.Number), g.Command))
			}
		}
		return err
	})
	return matching(words, "", typed), directive
}

// completePrivate completes the private databases.
func (a *app) completePrivate(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	server, err := a.privateServer()
	if err != nil || len(args) > 0 || !server.Exists() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	list, err := server.Databases(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return matching(names, "", typed), cobra.ShellCompDirectiveNoFileComp
}

// matching are the names that begin with what was typed, behind what came
// before it.
func matching(names []string, before, typed string) []string {
	var found []string
	seen := map[string]bool{}
	for _, n := range names {
		if strings.HasPrefix(n, typed) && !seen[n] {
			seen[n] = true
			found = append(found, before+n)
		}
	}
	return found
}

// completeParticipants completes the words of a verb whose entity is participants
// unless it is named.
func (a *app) completeParticipants(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	entity, _ := entityWord(args, "participants")
	words, directive := a.completeQuery(cmd, []string{entity}, typed)
	if len(args) == 0 && !strings.Contains(typed, "=") {
		entities, _ := a.completeEntity(cmd, nil, typed)
		words = append(words, entities...)
	}
	return words, directive
}

// completeShown completes an entity, then the id of a participant or a chain, the latest
// first.
func (a *app) completeShown(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) == 0 {
		return a.completeEntity(cmd, args, typed)
	}
	if len(args) > 1 {
		return nil, directive
	}
	s, done, ok := a.completing(cmd)
	if !ok {
		return nil, directive
	}
	defer done()
	table, filled, about := "participant", "id", "status"
	if s.isChain(args[0]) {
		table, filled, about = "network", "chain_type", "trial_maker_id"
	} else if e, err := s.schema.Entity(args[0], false); err != nil || e.Table == nil || e.Table.Key() != table {
		return nil, directive
	}
	var words []string
	// Without an answer there is nothing to complete, and nobody to tell.
	_ = s.read(cmd.Context(), func(tx *repo.Tx) error {
		found, err := tx.Latest(cmd.Context(), s.schema, table, filled, about, typed)
		for _, f := range found {
			words = append(words, cobra.CompletionWithDesc(f.ID, f.About))
		}
		return err
	})
	return words, directive
}
