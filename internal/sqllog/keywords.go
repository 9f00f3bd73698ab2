package sqllog

import "strings"

// keywordText are the words that Normalize writes in upper case: Postgres'
// reserved words, and those others that statements are made of and columns are
// hardly named by. A word after a dot is always a name.
const keywordText = `ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BETWEEN BINARY BOTH
BEGIN BY CASE CAST CHECK COALESCE COLLATE COLLATION COLUMN COMMIT CONCURRENTLY CONFLICT CONSTRAINT COPY CREATE CROSS
CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
DEFAULT DEFERRABLE DELETE DESC DISTINCT DO DROP ALTER TABLE INDEX ELSE END EXCEPT EXECUTE EXISTS EXPLAIN
FALSE FETCH FOR FOREIGN FREEZE FROM FULL GRANT GREATEST GROUP HAVING ILIKE IN INITIALLY INNER INSERT
INTERSECT INTO IS ISNULL JOIN LATERAL LEADING LEAST LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LOCK NATURAL
NOT NOTHING NOTNULL NULL NULLIF NULLS OFFSET ON ONLY OR ORDER OUTER OVER OVERLAPS PARTITION PLACING PREPARE
PRIMARY REFERENCES RELEASE RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SESSION_USER SET SHOW SIMILAR
SOME SYMMETRIC TABLESAMPLE THEN TO TRAILING TRANSACTION TRUE TRUNCATE UESCAPE UNION UNIQUE UPDATE USER USING
VACUUM VALUES VARIADIC VERBOSE WHEN WHERE WINDOW WITH WITHOUT`

// What a keyword means to the normaliser.
const (
	kwPlain    uint8 = iota
	kwOperand        // ends an operand: a sign after it is an operator
	kwIn             // a list may follow
	kwValues         // rows may follow
	kwArray          // [ may follow
	kwValue          // NULL, TRUE, FALSE: a value unless IS or NOT comes before
	kwNegation       // IS, NOT
	kwInto
)

var keywordRoles = map[string]uint8{
	"END": kwOperand, "CURRENT_DATE": kwOperand, "CURRENT_TIME": kwOperand, "CURRENT_TIMESTAMP": kwOperand,
	"CURRENT_USER": kwOperand, "LOCALTIME": kwOperand, "LOCALTIMESTAMP": kwOperand, "SESSION_USER": kwOperand,
	"IN": kwIn, "VALUES": kwValues, "ARRAY": kwArray, "NULL": kwValue, "TRUE": kwValue, "FALSE": kwValue,
	"IS": kwNegation, "NOT": kwNegation, "INTO": kwInto,
}

type keyword struct {
	fold uint64 // the first 8 bytes, |0x20
	text string
	hash [2]uint64 // the text's first bytes for hashText
	role uint8
}

const keywordBits = 11

// keywords is a hash table with linear probing, by the folded first bytes.
var keywords = func() (t [1 << keywordBits]keyword) {
	for _, w := range strings.Fields(keywordText) {
		fold := fold8(load(w, 0, len(w)), len(w))
		i := keywordSlot(fold, len(w))
		for t[i].text != "" {
			i = (i + 1) % len(t)
		}
		t[i] = keyword{fold: fold, text: w, role: keywordRoles[w]}
	}
	return t
}()

func keywordSlot(fold uint64, n int) int {
	return int((fold + uint64(n)) * 0x9E3779B97F4A7C15 >> (64 - keywordBits))
}

// fold8 folds the case of the first bytes of a word of n bytes.
func fold8(x uint64, n int) uint64 {
	return (x | 0x2020202020202020) & mask(n)
}

// findKeyword is the keyword that s[i:end] is, nil where it is none.
func findKeyword(s string, i, end int) *keyword {
	n := end - i
	if n < 2 || n > 17 {
		return nil
	}
	fold := fold8(load(s, i, n), n)
	for at := keywordSlot(fold, n); ; at = (at + 1) % len(keywords) {
		k := &keywords[at]
		if k.text == "" {
			return nil
		}
		if k.fold == fold && len(k.text) == n && (n <= 8 || strings.EqualFold(k.text, s[i:end])) {
			return k
		}
	}
}
