package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
)

// customTrials are the rows that the examples of the language are about.
const customTrials = `FROM info i JOIN participant p ON p.id = i.participant_id
WHERE i.type = 'dallinger_experiment.experiment.CustomTrial' AND `

// inSQL is what some of the examples mean, in plain SQL.
var inSQL = map[string]string{
	`random_integer == 5`:              `i.random_integer = 5`,
	`random_integer != 5`:              `i.random_integer <> 5`,
	`score < 0.5`:                      `i.score < 0.5`,
	`score <= 0.5`:                     `i.score <= 0.5`,
	`vars.my_dict.value > 3`:           `(i.vars::jsonb #>> '{my_dict,value}')::numeric > 3`,
	`random_integer >= 5`:              `i.random_integer >= 5`,
	`complete and not failed`:          `i.complete AND NOT i.failed`,
	`failed or score < 0.1`:            `(i.failed OR i.score < 0.1)`,
	`not failed`:                       `NOT i.failed`,
	`random_integer in (1, 2, 3)`:      `i.random_integer IN (1, 2, 3)`,
	`random_integer between 2 and 4`:   `i.random_integer BETWEEN 2 AND 4`,
	`note is not null`:                 `i.note IS NOT NULL`,
	`note like "with%"`:                `i.note LIKE 'with%'`,
	`participant.nickname ilike "P1%"`: `p.nickname ILIKE 'P1%'`,
	`participant.nickname ~ '^p[12]$'`: `p.nickname ~ '^p[12]$'`,
	`note ~* "QUOTES"`:                 `i.note ~* 'QUOTES'`,
	`note !~ "^with"`:                  `i.note !~ '^with'`,
	`note !~* "^WITH"`:                 `i.note !~* '^WITH'`,
	`score + performance_reward > 0.5`: `i.score + i.performance_reward > 0.5`,
	`participant.end_time - participant.creation_time > 40`: `extract(epoch FROM p.end_time - p.creation_time) > 40`,
	`score * 100 >= 50`:                                           `i.score * 100 >= 50`,
	`random_integer / 2 > 2.4`:                                    `i.random_integer::numeric / 2 > 2.4`,
	`id % 2 == 0`:                                                 `i.id % 2 = 0`,
	`creation_time < now()`:                                       `true`,
	`lower(participant.nickname) == "p5"`:                         `lower(p.nickname) = 'p5'`,
	`upper(participant.nickname) == "P5"`:                         `upper(p.nickname) = 'P5'`,
	`length(note) > 5`:                                            `length(i.note) > 5`,
	`abs(score - 0.5) < 0.1`:                                      `abs(i.score - 0.5) < 0.1`,
	`round(score, 1) == 0.5`:                                      `round(i.score::numeric, 1) = 0.5`,
	`coalesce(performance_reward, 0) == 0`:                        `coalesce(i.performance_reward, 0) = 0`,
	`if(failed, 0, 1) == 1`:                                       `NOT i.failed`,
	`any(participant.trials, score > 0.9)`:                        `EXISTS (SELECT FROM info t WHERE t.participant_id = p.id AND t.score > 0.9)`,
	`none(participant.errors)`:                                    `NOT EXISTS (SELECT FROM error t WHERE t.participant_id = p.id)`,
	`count(participant.alive_trials) > 3`:                         `(SELECT count(*) FROM info t WHERE t.participant_id = p.id AND NOT t.failed) > 3`,
	`sum(participant.trials.performance_reward) >= 0.3`:           `(SELECT coalesce(sum(t.performance_reward), 0) FROM info t WHERE t.participant_id = p.id) >= 0.3`,
	`mean(participant.trials.score) > 0.4`:                        `(SELECT avg(t.score) FROM info t WHERE t.participant_id = p.id) > 0.4`,
	`min(participant.trials.score) < 0.1`:                         `(SELECT min(t.score) FROM info t WHERE t.participant_id = p.id) < 0.1`,
	`max(participant.trials.score) > 0.9`:                         `(SELECT max(t.score) FROM info t WHERE t.participant_id = p.id) > 0.9`,
	`creation_time < today() + 86400 or creation_time >= today()`: `true`,
	`creation_time < ago("2h") or creation_time >= ago("2h")`:     `true`,
}

// TestLanguageExamples runs the example of every operator and function, and
// counts the same in SQL.
func TestLanguageExamples(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	var examples []string
	for _, op := range filter.Operators {
		examples = append(examples, op.Example)
	}
	for _, f := range filter.Functions {
		examples = append(examples, f.Example)
	}
	for _, example := range examples {
		require.NotEmpty(t, example)
		got := strings.TrimSpace(x.ok("query", "CustomTrial", "--where", example, "--count"))
		sql, ok := inSQL[example]
		if !assert.True(t, ok, "say what %s means in SQL", example) {
			continue
		}
		want := strings.TrimPrefix(x.ok("sql", "SELECT count(*) "+customTrials+sql, "--format", "csv"), "count\n")
		assert.Equal(t, strings.TrimSpace(want), got, example)
		assert.NotEqual(t, "0", got, "%s finds nothing, and so shows little", example)
	}
}

// TestHelpExamples runs the commands in the help of the language.
func TestHelpExamples(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "demo"))
	for line := range strings.Lines(filter.Help()) {
		if words := shellWords(line); len(words) > 1 && words[0] == "exptool" {
			x.ok(words[1:]...)
		}
	}
}
