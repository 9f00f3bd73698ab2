package repo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Catalog reads what the database is made of: the tables of every schema but
// the system's, of our own the views of the ledger, and with the vocabulary
// and what was learnt of the experiment, relations and the tree of classes. One
// round trip, and a second one where custom columns may hold jsonpickle; never a
// scan of a table. Which other classes are in the tables is left to Classes.
func (tx *Tx) Catalog(ctx context.Context, learned schema.Learned) (*schema.Schema, error) {
	rows, err := tx.Query(ctx, catalogSQL)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	var c catalog
	err = errors.Join(c.read(rows), rows.Close())
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	s := schema.New(c.server, c.sorted(), c.relations, learned)
	undecided, err := tx.peek(ctx, s.Doubts())
	if err == nil && undecided {
		err = tx.Classes(ctx, s)
	}
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	return s, nil
}

// attribute is a column as the catalog refers to it.
type attribute struct {
	table  uint32
	number int16
}

// catalog is the catalog while it is read.
type catalog struct {
	server     schema.Server
	namespaces map[uint32]string
	tables     map[uint32]*schema.Table
	attnums    map[attribute]string
	typed      []typedColumn
	domains    map[uint32]string
	enums      map[uint32][]string
	relations  []schema.Relation
}

// typedColumn remembers a column's type until domains and enums were read.
type typedColumn struct {
	table  *schema.Table
	index  int
	typ    uint32
	format string
}

// read takes the result sets of catalogSQL, in their order.
func (c *catalog) read(rows *Cursor) error {
	c.namespaces, c.domains = map[uint32]string{}, map[uint32]string{}
	c.enums = map[uint32][]string{}
	c.tables, c.attnums = map[uint32]*schema.Table{}, map[attribute]string{}
	for i, scan := range []func(*Cursor) error{
		c.scanServer, c.scanNamespace, c.scanTable, c.scanColumn, c.scanDomain,
		c.scanEnum, c.scanIndex, c.scanForeignKey,
	} {
		if i > 0 && !rows.NextResultSet() {
			return cmp.Or(rows.Err(), errors.New("the server sent fewer results than asked for"))
		}
		if i == 6 {
			c.setTypes()
		}
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalog) scanServer(rows *Cursor) error {
	s := &c.server
	return rows.Scan(&s.Version, &s.Zone, &s.Recovery, &s.Database, &s.CanTemp)
}

func (c *catalog) scanNamespace(rows *Cursor) error {
	var oid uint32
	var name string
	err := rows.Scan(&oid, &name)
	c.namespaces[oid] = name
	return err
}

func (c *catalog) scanTable(rows *Cursor) error {
	var oid, namespace uint32
	var name, kind string
	var estimate int64
	var readable bool
	if err := rows.Scan(&oid, &namespace, &name, &kind, &estimate, &readable); err != nil {
		return err
	}
	in, ok := c.namespaces[namespace]
	if !ok {
		return nil
	}
	c.tables[oid] = &schema.Table{
		Schema: in, Name: name, OID: oid, Rows: estimate, Denied: !readable,
		View: kind == "v" || kind == "m",
	}
	return nil
}

func (c *catalog) scanColumn(rows *Cursor) error {
	var at attribute
	var name, format string
	var typ uint32
	var notNull bool
	if err := rows.Scan(&at.table, &at.number, &name, &typ, &format, &notNull); err != nil {
		return err
	}
	t := c.tables[at.table]
	if t == nil {
		return nil // an index, a sequence, a toast table
	}
	c.attnums[at] = name
	c.typed = append(c.typed, typedColumn{t, len(t.Columns), typ, format})
	t.Columns = append(t.Columns, schema.Column{Name: name, Nullable: !notNull})
	return nil
}

func (c *catalog) scanDomain(rows *Cursor) error {
	var oid uint32
	var base string
	err := rows.Scan(&oid, &base)
	c.domains[oid] = base
	return err
}

func (c *catalog) scanEnum(rows *Cursor) error {
	var oid uint32
	var labels pq.StringArray
	err := rows.Scan(&oid, &labels)
	c.enums[oid] = labels
	return err
}

// setTypes gives the columns their types, once domains and enums are known.
func (c *catalog) setTypes() {
	for _, tc := range c.typed {
		base := cmp.Or(c.domains[tc.typ], tc.format)
		tc.table.Columns[tc.index].SetType(tc.format, base, c.enums[tc.typ])
	}
}

func (c *catalog) scanIndex(rows *Cursor) error {
	var table uint32
	var keys int
	var numbers string // 1 3 0, where 0 is an expression
	var ix schema.Index
	if err := rows.Scan(&table, &ix.Unique, &ix.Primary, &keys, &numbers); err != nil {
		return err
	}
	t := c.tables[table]
	if t == nil {
		return nil
	}
	for i, field := range strings.Fields(numbers) {
		if i < keys { // what follows is only included
			n, _ := strconv.ParseInt(field, 10, 16)
			ix.Columns = append(ix.Columns, c.attnums[attribute{table, int16(n)}])
		}
	}
	t.Indexes = append(t.Indexes, ix)
	if ix.Primary {
		t.PrimaryKey = ix.Columns
	}
	return nil
}

func (c *catalog) scanForeignKey(rows *Cursor) error {
	var from, to attribute
	if err := rows.Scan(&from.table, &from.number, &to.table, &to.number); err != nil {
		return err
	}
	if t, ref := c.tables[from.table], c.tables[to.table]; t != nil && ref != nil {
		c.relations = append(c.relations, schema.Relation{
			Table: t.Key(), Column: c.attnums[from], RefTable: ref.Key(), RefColumn: c.attnums[to],
		})
	}
	return nil
}

// sorted are the tables, those of public first, then by name.
func (c *catalog) sorted() []*schema.Table {
	all := make([]*schema.Table, 0, len(c.tables))
	for _, t := range c.tables {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *schema.Table) int {
		if (a.Schema == "public") != (b.Schema == "public") {
			if a.Schema == "public" {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	return all
}
