package commands

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestHideSecrets has every way to write a password in a statement.
func TestHideSecrets(t *testing.T) {
	for statement, want := range map[string]string{
		`ALTER ROLE r PASSWORD 'a"b' LOGIN`:                    `ALTER ROLE r PASSWORD '***' LOGIN`,
		`ALTER ROLE r PASSWORD 'a\b''c'`:                       `ALTER ROLE r PASSWORD '***'`,
		`ALTER ROLE r PASSWORD E'a\'b' LOGIN`:                  `ALTER ROLE r PASSWORD E'***' LOGIN`,
		`ALTER ROLE r PASSWORD U&'a'`:                          `ALTER ROLE r PASSWORD U&'***'`,
		`ALTER ROLE r PASSWORD'a'`:                             `ALTER ROLE r PASSWORD'***'`,
		`ALTER ROLE r PASSWORD $$a$$ LOGIN`:                    `ALTER ROLE r PASSWORD $$***$$ LOGIN`,
		`ALTER ROLE r PASSWORD $x$a`:                           `ALTER ROLE r PASSWORD $x$***`,
		`ALTER ROLE r PASSWORD /* 1 */ 'a`:                     `ALTER ROLE r PASSWORD /* 1 */ '***`,
		"ALTER ROLE r PASSWORD -- 1\n'a'":                      "ALTER ROLE r PASSWORD -- 1\n'***'",
		`SELECT dblink('user=u password=a host=h')`:            `SELECT dblink('user=u password=*** host=h')`,
		`SELECT 'postgresql://u:a@h/d'`:                        `SELECT 'postgresql://***@h/d'`,
		`SELECT '{"dashboard_password": "a", "x": "y"}'::json`: `SELECT '{"dashboard_password": "***", "x": "y"}'::json`,
		`SELECT 1 FROM t WHERE password=$1 AND name = 'n'`:     `SELECT 1 FROM t WHERE password=$1 AND name = 'n'`,
		`ALTER ROLE r PASSWORD NULL`:                           `ALTER ROLE r PASSWORD NULL`,
	} {
		assert.Equal(t, want, (&app{}).hideSecrets(statement))
		assert.Equal(t, statement, (&app{flags: globalFlags{reveal: true}}).hideSecrets(statement))
	}
}
