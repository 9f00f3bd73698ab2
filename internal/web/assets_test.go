package web

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/repo"
)

func TestMoney(t *testing.T) {
	for cents, want := range map[repo.Cents]string{
		0: "$0", 5: "$0.05", 50: "$0.50", 100: "$1", -100: "−$1", -50: "−$0.50", 3700: "$37", 99999: "$999.99", 100000: "$1,000",
		123450: "$1,234.50", 100000000: "$1,000,000", -100000050: "−$1,000,000.50",
	} {
		assert.Equal(t, want, money(dollars(cents)))
	}
}

// TestHostInOrder has the richest first, without script too.
func TestHostInOrder(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.push(1, 3, g.view(g.address(1)).Key)
	var order []string
	for _, row := range regexp.MustCompile(`<tr data-id="(\d)">`).FindAllStringSubmatch(g.do("GET", g.hostAddress(), nil).Body.String(), -1) {
		order = append(order, row[1])
	}
	assert.Equal(t, []string{"3", "2", "4", "6", "5", "1"}, order)
}
