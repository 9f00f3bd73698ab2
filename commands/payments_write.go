package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// paymentColumns are those of `exptool payments --people`.
var paymentColumns = []schema.Column{
	{Name: "participant", Kind: schema.Int}, {Name: "status", Kind: schema.Text}, {Name: "bot", Kind: schema.Bool},
	{Name: "earned", Kind: schema.Numeric}, {Name: "base_payment", Kind: schema.Numeric}, {Name: "bonus", Kind: schema.Numeric},
	{Name: "due", Kind: schema.Numeric}, {Name: "problem", Kind: schema.Text}, {Name: "recruiter", Kind: schema.Text},
	{Name: "worker_id", Kind: schema.Text}, {Name: "assignment_id", Kind: schema.Text},
}

func (a *app) writePayments(ctx context.Context, all []repo.Payment) error {
	rows := make([][]string, len(all))
	for i, p := range all {
		rows[i] = []string{number(p.Participant), p.Status, strconv.FormatBool(p.Bot), amountText(p.Earned), amountText(p.Base),
			amountText(p.Bonus), amountText(p.Due), strings.Join(p.Problems, "; "), p.Recruiter, p.Worker, p.Assignment}
	}
	_, err := a.writeRows(ctx, report.Texts(paymentColumns, rows), writeOptions{})
	return err
}

// amountText is an amount for a column, empty where it is not known.
func amountText(a repo.Amount) string {
	if !a.Known {
		return ""
	}
	return a.Cents.Decimal()
}

// moneyIn is an amount for people in the experiment's currency.
func moneyIn(currency string, c repo.Cents) string {
	return strings.Replace(c.String(), "$", currency, 1)
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// paymentGroup are the payments of a status, of people or of bots.
type paymentGroup struct {
	Status       string      `json:"status"`
	Who          string      `json:"who"`
	Participants int         `json:"participants"`
	Earned       json.Number `json:"earned"`
	Base         json.Number `json:"base_payment"`
	Bonus        json.Number `json:"bonus"`
	Due          json.Number `json:"due"`
	Unknown      int         `json:"unknown"`
}

// groupPayments adds up what is known, by status; bots apart.
func groupPayments(all []repo.Payment, rewards bool) []paymentGroup {
	type key struct{ status, who string }
	type sums struct {
		n, unknown               int
		earned, base, bonus, due repo.Cents
	}
	groups := map[key]*sums{}
	for _, p := range all {
		k := key{p.Status, "people"}
		if p.Bot {
			k.who = "bots"
		}
		g := groups[k]
		if g == nil {
			g = &sums{}
			groups[k] = g
		}
		g.n++
		if !p.Due.Known {
			g.unknown++
		}
		g.earned, g.base = g.earned+p.Earned.Cents, g.base+p.Base.Cents
		g.bonus, g.due = g.bonus+p.Bonus.Cents, g.due+p.Due.Cents
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return cmp.Or(-cmp.Compare(a.who, b.who), cmp.Compare(a.status, b.status)) // people first
	})
	list := []paymentGroup{} // not null where there are none
	for _, k := range keys {
		g := groups[k]
		one := paymentGroup{Status: k.status, Who: k.who, Participants: g.n, Unknown: g.unknown,
			Base: json.Number(g.base.Decimal()), Bonus: json.Number(g.bonus.Decimal()), Earned: "null", Due: "null"}
		if rewards {
			one.Earned, one.Due = json.Number(g.earned.Decimal()), json.Number(g.due.Decimal())
		}
		list = append(list, one)
	}
	return list
}

// paymentGroupColumns are those of `exptool payments`.
var paymentGroupColumns = []schema.Column{
	{Name: "status", Kind: schema.Text}, {Name: "who", Kind: schema.Text}, {Name: "participants", Kind: schema.Int},
	{Name: "earned", Kind: schema.Numeric}, {Name: "base_payment", Kind: schema.Numeric}, {Name: "bonus", Kind: schema.Numeric},
	{Name: "due", Kind: schema.Numeric}, {Name: "unknown", Kind: schema.Int},
}

// paymentSummaryColumns are those of the one row that JSON has.
var paymentSummaryColumns = []schema.Column{
	{Name: "by_status", Kind: schema.JSON}, {Name: "wage_per_hour", Kind: schema.Float}, {Name: "currency", Kind: schema.Text},
	{Name: "spent", Kind: schema.Numeric}, {Name: "soft_maximum", Kind: schema.Numeric}, {Name: "hard_maximum", Kind: schema.Numeric},
	{Name: "participant_maximum", Kind: schema.Numeric}, {Name: "problems", Kind: schema.JSON},
}

// writePaymentSummary writes a row a status; JSON has all in one object.
func (a *app) writePaymentSummary(ctx context.Context, p repo.Payments, shown []repo.Payment) error {
	groups := groupPayments(shown, p.Rewards)
	if f := a.format(); f != "json" && f != "ndjson" {
		rows := make([][]string, len(groups))
		known := func(n json.Number) string { return strings.TrimPrefix(n.String(), "null") }
		for i, g := range groups {
			rows[i] = []string{g.Status, g.Who, strconv.Itoa(g.Participants), known(g.Earned), g.Base.String(), g.Bonus.String(), known(g.Due), strconv.Itoa(g.Unknown)}
		}
		_, err := a.writeRows(ctx, report.Texts(paymentGroupColumns, rows), writeOptions{})
		return err
	}
	type problem struct {
		Participant *int64 `json:"participant"`
		Problem     string `json:"problem"`
	}
	problems := []problem{} // not null where there are none
	for _, text := range p.Terms.Problems {
		problems = append(problems, problem{nil, text})
	}
	for _, one := range p.All {
		for _, text := range one.Problems {
			problems = append(problems, problem{&one.Participant, text})
		}
	}
	byStatus, err := json.Marshal(groups)
	if err != nil {
		return err
	}
	told, err := json.Marshal(problems)
	if err != nil {
		return err
	}
	wage := ""
	if p.Terms.NoWage == "" {
		wage = trimFloat(p.Terms.Wage)
	}
	row := []string{string(byStatus), wage, p.Terms.Currency, p.Spent().Decimal(), amountText(p.Terms.Soft), amountText(p.Terms.Hard),
		amountText(p.Terms.PerParticipant), string(told)}
	_, err = a.writeRows(ctx, report.Texts(paymentSummaryColumns, [][]string{row}), writeOptions{})
	return err
}

// writeProlific writes the lines of Prolific's bulk bonus payment, and says who is not
// in them.
func (a *app) writeProlific(p repo.Payments) error {
	if !p.Rewards {
		return refusedf("what is due is not known: participants have no time_credit and performance_reward").hint("exptool payments --people shows what was paid")
	}
	var others, atWork, shared, unknown int
	var lines []string
	var total repo.Cents
	statuses := map[string]int{}
	for _, one := range p.All {
		switch {
		case one.Bot:
		case !strings.Contains(strings.ToLower(one.Recruiter), "prolific"):
			others++
		case !one.Due.Known:
			unknown++
		case one.Due.Cents == 0:
		case unfinished(one):
			atWork++
		case one.Shared:
			shared++
		default:
			total += one.Due.Cents
			statuses[one.Status]++
			lines = append(lines, fmt.Sprintf("%s,%d.%02d", one.Worker, one.Due.Cents/100, one.Due.Cents%100))
		}
	}
	if people := peopleIn(p.All); others > 0 && others == people {
		return refusedf("nobody here was recruited by Prolific").hint("exptool payments --people --unpaid lists who is due what")
	}
	if err := a.writeLines(lines...); err != nil {
		return err
	}
	if len(lines) > 0 {
		var counts []string
		for _, status := range slices.Sorted(maps.Keys(statuses)) {
			counts = append(counts, fmt.Sprintf("%d %s", statuses[status], status))
		}
		a.streams.Talk("%s, %s: %s", plural(len(lines), "line", "lines"), moneyIn(p.Terms.Currency, total), strings.Join(counts, ", "))
	}
	a.tellLeftOut(others, "not recruited by Prolific")
	a.tellLeftOut(atWork, "still at work")
	a.tellLeftOut(shared, "sharing an assignment with others")
	a.tellLeftOut(unknown, "whose due is not known")
	return nil
}

func peopleIn(all []repo.Payment) (n int) {
	for _, p := range all {
		if !p.Bot {
			n++
		}
	}
	return n
}

func (a *app) tellLeftOut(n int, why string) {
	if n > 0 {
		a.streams.Talk("left out: %s %s", plural(n, "person", "people"), why)
	}
}
