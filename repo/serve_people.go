package repo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Point is a place in the ledger.
type Point struct {
	Epoch  Epoch // the launch
	Number int64 // of the last transfer before it
	ledger int64 // oid of exptool.transfer; 0 where there is none, or it is not known
}

// Person is a participant as others see one.
type Person struct {
	ID int64
	// Name is vars.name, else the column name, else the nickname, without space around
	// it; may be empty. It never is a worker id.
	Name       string
	Cents      Cents
	HasDollars bool // else there are none, or something that is no balance
	Failed     bool
	Bot        bool
}

// People are the participants of the present launch in the order of ids, and the place
// in the ledger that their balances are of: transfers up to there are in them. With ids
// they are those only, as far as they are there.
func (db *DB) People(ctx context.Context, ids ...int64) (all []Person, at Point, err error) {
	err = db.Read(ctx, ReadOptions{Repeatable: true}, func(tx *Tx) error {
		b, err := tx.openBook(ctx)
		if err != nil {
			return err
		}
		if at, err = tx.point(ctx, b.Epoch); err != nil {
			return err
		}
		query, err := tx.peopleSQL(ctx, len(ids) > 0)
		if err != nil {
			return err
		}
		var args []any
		if len(ids) > 0 {
			args = []any{idList(ids)}
		}
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return moved(err)
		}
		all = nil
		for rows.Next() {
			var p Person
			var dollars *string
			var vars, name, nickname, class string
			if err = rows.Scan(&p.ID, &dollars, &vars, &name, &nickname, &p.Failed, &class); err != nil {
				break
			}
			if dollars != nil {
				has, bad := parsePurse(*dollars, b.column.float)
				p.Cents, p.HasDollars = has.cents, bad == nil
			}
			p.Name, p.Bot = calledBy(varsName(vars), name, nickname), isBot(class)
			all = append(all, p)
		}
		return errors.Join(err, rows.Close())
	})
	return all, at, err
}

// point is the end of the ledger.
func (tx *Tx) point(ctx context.Context, e Epoch) (Point, error) {
	at := Point{Epoch: e}
	there, err := tx.ours(ctx, "transfer")
	if err != nil || !there {
		return at, err
	}
	if err = tx.Get(ctx, &at.Number, "SELECT last FROM exptool.head"); err != nil {
		return at, notOurs(err)
	}
	return at, tx.Get(ctx, &at.ledger, "SELECT 'exptool.transfer'::regclass::oid::bigint")
}

// peopleSQL asks for what of a participant others may see, as far as the table has it.
func (tx *Tx) peopleSQL(ctx context.Context, some bool) (string, error) {
	var columns []string
	err := tx.Select(ctx, &columns, `SELECT attname
FROM pg_attribute
WHERE attrelid = to_regclass('public.participant')
  AND attnum > 0
  AND NOT attisdropped
  AND attname = ANY($1)`, pq.Array([]string{"vars", "name", "failed", "type"}))
	if err != nil {
		return "", err
	}
	has := setOf(columns)
	pick := func(name, sql, without string) string {
		if has[name] {
			return sql
		}
		return without
	}
	players, err := tx.ours(ctx, "player")
	if err != nil {
		return "", err
	}
	nickname, join := "''", ""
	if players {
		nickname = "coalesce(y.nickname, '')"
		join = "\nLEFT JOIN exptool.player AS y ON y.participant = p.id AND y.epoch = p.tableoid::bigint"
	}
	query := `SELECT p.id, p.dollars::text, ` + pick("vars", "coalesce(p.vars::text, '')", "''") + `, ` + pick("name", "coalesce(p.name::text, '')", "''") + `, ` +
		nickname + `, ` + pick("failed", "coalesce(p.failed::text IN ('true', 't'), false)", "false") + `, ` + pick("type", "coalesce(p.type::text, '')", "''") + `
FROM public.participant AS p` + join
	if some {
		query += "\nWHERE p.id = ANY($1::bigint[])"
	}
	return query + "\nORDER BY p.id", nil
}

// varsName is name in a participant's vars, empty where there is none.
func varsName(vars string) string {
	if vars == "" {
		return ""
	}
	value, found, err := pyjson.Get(nil, []byte(vars), []string{"name"}, pyjson.NaNString)
	if err != nil || !found || pyjson.IsNull(value) {
		return "" // somebody else's vars
	}
	text, err := pyjson.AppendText(nil, value)
	if err != nil {
		return ""
	}
	return string(text)
}

// calledBy is the first of names that says anything.
func calledBy(names ...string) string {
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
	}
	return ""
}

// isBot reports whether a class of participants is PsyNet's, Dallinger's or somebody's
// own of bots.
func isBot(class string) bool { return strings.HasSuffix(strings.ToLower(class), "bot") }

// botsOf is isBot where the tree of classes is known: also those are bots that derive
// from PsyNet's, whatever they are called.
func botsOf(s *schema.Schema) func(class string) bool {
	bots, _ := s.Entity("psynet.bot.Bot", false) // without identities where it is not known
	return func(class string) bool { return slices.Contains(bots.Identities, class) || isBot(class) }
}
