package sqllog

import (
	"fmt"
	"strings"
	"testing"
)

var normalizeCases = []struct{ name, sql, want string }{
	{"nothing", "", ""},
	{"spaces", " \t\r\n ", ""},
	{"keywords", "select Id from Users where id = 5", "SELECT Id FROM Users WHERE id = ?"},
	{"whitespace", "SELECT  a ,\n\tb\r\nFROM t ;", "SELECT a, b FROM t"},
	{"numbers", "SELECT 1, 1.5, .5, 1e10, 1.5e-3, 0xff, 1_000", "SELECT ?, ?, ?, ?, ?, ?, ?"},
	{"signs", "a = -5 AND b=+ 3 and c - 5 > - x AND f(-1)", "a = ? AND b = + ? AND c - ? > - x AND f(?)"},
	{"pgbench", "UPDATE t SET b = b + -1234 WHERE a = 5;", "UPDATE t SET b = b + ? WHERE a = ?"},
	{"strings", `SELECT 'a''b', E'a\'b', U&'\0061', B'01', X'ff', N'x', ''`, "SELECT ?, ?, ?, ?, ?, ?, ?"},
	{"uescape", `SELECT U&'d!0061t' UESCAPE '!', 1`, "SELECT ?, ?"},
	{"dollar quotes", "SELECT $$a'b$$, $x$ $$ $y$ $x$, a$b$c", "SELECT ?, ?, a$b$c"},
	{"string on two lines", "SELECT 'a'\n'b'", "SELECT ?"},
	{"parameters", "SELECT $1 WHERE a=$2", "SELECT ? WHERE a = ?"},
	{"comments", "SELECT /* a /* nested */ -- */ 1 -- ' \n+2 -- end", "SELECT ? + ?"},
	{"casts of values", "SELECT '5'::int, $1::double precision, '1'::varchar(5)[]::text, $1::timestamp(3) without time zone", "SELECT ?, ?, ?, ?"},
	{"casts of columns", "SELECT vars :: jsonb -> 'a' FROM t", "SELECT vars::jsonb -> ? FROM t"},
	{"IN", "x IN (1)  and y in ('a' , NULL, $3::int, E'b') AND z NOT IN (-1,2)", "x IN (…) AND y IN (…) AND z NOT IN (…)"},
	{"IN rows", "(a, b) IN ((1,2),(3,4))", "(a, b) IN (…)"},
	{"IN of expressions", "x IN (a, 5) AND x IN (SELECT 1)", "x IN (a, ?) AND x IN (SELECT ?)"},
	{"VALUES", "INSERT INTO t (a, b) VALUES (1, 'x'), (2, DEFAULT),\n(3, null) RETURNING id", "INSERT INTO t (a, b) VALUES (…) RETURNING id"},
	{"VALUES of expressions", "INSERT INTO t VALUES (1, now()), (2, now()), (3, f(1)) ON CONFLICT (a) DO NOTHING", "INSERT INTO t VALUES (?, now()), (?, f(?)) ON CONFLICT (a) DO NOTHING"},
	{"VALUES in FROM", "SELECT * FROM (VALUES (1,2),(3,4)) v (a, b)", "SELECT * FROM (VALUES (…)) v(a, b)"},
	{"VALUES in VALUES", "VALUES ((SELECT x FROM (VALUES (1),(2)) y), 3), (5, 6)", "VALUES ((SELECT x FROM (VALUES (…)) y), ?), (…)"},
	{"VALUES cut", "INSERT INTO t VALUES (1, now()), (2, no", "INSERT INTO t VALUES (?, now()), (?, no"},
	{"ARRAY", "= ANY (ARRAY[1,2,3]::int[]) AND b = any(ARRAY[[1],[2]]) AND ARRAY[a] = c", "= ANY (ARRAY[…]) AND b = ANY (ARRAY[…]) AND ARRAY[a] = c"},
	{"NULL and truth", "a IS NULL AND b IS NOT NULL AND c = NULL AND d IS TRUE AND e = true", "a IS NULL AND b IS NOT NULL AND c = ? AND d IS TRUE AND e = ?"},
	{"quoted names", `SELECT "Id", "a""b", U&"x" FROM "order"`, `SELECT "Id", "a""b", U&"x" FROM "order"`},
	{"names like keywords", `SELECT t.user, t."select" FROM s.table`, `SELECT t.user, t."select" FROM s.table`},
	{"calls", "SELECT count (*), max( a.b ), f (1, 'x')", "SELECT count(*), max(a.b), f(?, ?)"},
	{"jsonb", "WHERE v::jsonb ? 'k' AND v @> '{}' AND v->>'a' ?| ARRAY['b']", "WHERE v::jsonb ? ? AND v @> ? AND v ->> ? ?| ARRAY[…]"},
	{"question marks", "WHERE a = ? AND b IN (?, ?)", "WHERE a = ? AND b IN (…)"},
	{"typed", "DATE '2020-01-01' + INTERVAL '1 day'", "DATE ? + INTERVAL ?"},
	{"slices", "a[1:2]", "a[? : ?]"},
	{"semicolons", ";; BEGIN; ; COMMIT ;;", "BEGIN; COMMIT"},
	{"unicode", "SELECT größe FROM t WHERE name = 'é'", "SELECT größe FROM t WHERE name = ?"},
	{"open string", "SELECT 'abc", "SELECT ?"},
	{"open comment", "SELECT 1 /* abc", "SELECT ?"},
}

func TestNormalize(t *testing.T) {
	for _, c := range normalizeCases {
		t.Run(c.name, func(t *testing.T) {
			got := Normalize(c.sql)
			if got != c.want {
				t.Errorf("Normalize(%q)\n got %q\nwant %q", c.sql, got, c.want)
			}
			checkNormalize(t, c.sql)
		})
	}
}

// checkNormalize holds for every text.
func checkNormalize(t *testing.T, sql string) {
	t.Helper()
	once := Normalize(sql)
	if twice := Normalize(once); twice != once {
		t.Errorf("not idempotent: %q\n once %q\ntwice %q", sql, once, twice)
	}
	if Fingerprint(once) != Fingerprint(sql) {
		t.Errorf("%q and its normal form %q have different fingerprints", sql, once)
	}
	if shapeOf(sql).hash != Fingerprint(sql) {
		t.Errorf("%q: two hashes", sql)
	}
}

func TestFingerprintTellsStatementsApart(t *testing.T) {
	seen := map[uint64]string{}
	for _, c := range normalizeCases {
		h := Fingerprint(c.sql)
		if old, ok := seen[h]; ok && old != c.want {
			t.Errorf("%q and %q have one fingerprint", old, c.want)
		}
		seen[h] = c.want
	}
}

func TestLiteralsDoNotCount(t *testing.T) {
	literals := []string{"1", "-2.5", "'x'", "'it''s'", `E'\''`, "$1", "$$q$$", "NULL", "true", "'5'::int", "?", "U&'x' UESCAPE '!'", "0x1F", "-.5"}
	for _, template := range []string{
		"SELECT * FROM t WHERE a = %s AND b > 5", "INSERT INTO t VALUES (%s, 5)", "x IN (%s)", "x IN (5, %s, 'a')", "f(%s)",
		"UPDATE t SET a = %s", "SELECT ARRAY[%s]",
	} {
		want := Fingerprint(fmt.Sprintf(template, "99"))
		for _, l := range literals {
			sql := fmt.Sprintf(template, l)
			if Fingerprint(sql) != want {
				t.Errorf("%q has another fingerprint: %q", sql, Normalize(sql))
			}
			if !shapeOf(sql).lists && shapeOf(sql).values == shapeOf(fmt.Sprintf(template, "99")).values {
				t.Errorf("%q has the values of 99", sql)
			}
		}
	}
}

func TestListsOfAnyLength(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1000} {
		if got := Normalize("SELECT a IN (" + strings.Repeat("1, ", n-1) + "1)"); got != "SELECT a IN (…)" {
			t.Errorf("IN of %d: %q", n, got)
		}
		rows := strings.Repeat("(1, now()), ", n-1) + "(2, now())"
		if got := Normalize("INSERT INTO t VALUES " + rows); got != "INSERT INTO t VALUES (?, now())" {
			t.Errorf("VALUES of %d: %q", n, got)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, c := range normalizeCases {
		f.Add(c.sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		checkNormalize(t, sql)
		if one := inline(sql, nil); strings.ContainsAny(one, "\n\r") {
			t.Errorf("%q on one line: %q", sql, one)
		}
	})
}
