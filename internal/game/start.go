package game

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// TooRichError says that a balance passed MaxCents, or the sum of all what can be
// summed: Player is then None.
type TooRichError struct{ Player, Round int }

// Error names the round.
func (e *TooRichError) Error() string {
	if e.Player == None {
		return fmt.Sprintf("in round %d all players together have more dollars than can be added up", e.Round)
	}
	return fmt.Sprintf("in round %d a player has more than %s dollars, the most that can be kept", e.Round, dollarText(MaxCents))
}

// ReadEndowment reads what players start with: 5, 1-100, normal:1-100.
func ReadEndowment(text string) (Endowment, error) {
	e := Endowment{Distribution: Uniform}
	if name, rest, ok := strings.Cut(text, ":"); ok {
		e.Distribution, text = Distribution(name), rest
	}
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	var err, worse error
	e.Min, err = strconv.ParseInt(low, 10, 64)
	e.Max, worse = strconv.ParseInt(high, 10, 64)
	if err != nil || worse != nil {
		return e, fmt.Errorf("%q is neither an amount as 5 nor a range of whole dollars as 1-100", text)
	}
	if e.Min == 0 && e.Max == 0 {
		return e, nil // some games begin with nothing
	}
	return e, e.Check(MaxCents / 100)
}

func checkStart(text string) error {
	_, err := ReadEndowment(text)
	return err
}

// Check says what cannot be played, whoever plays: too few players or rounds, and so
// many players with so many dollars that sums would overflow.
func (t Treatment) Check() error {
	n := t.Count("players")
	e, err := ReadEndowment(t.Text("start"))
	if err == nil {
		err = t.checkSize(n)
	}
	if err == nil && e.Max > 0 && n > maxTotal/100/e.Max {
		err = fmt.Errorf("%d players with up to %d dollars each are too many dollars", n, e.Max)
	}
	return err
}

// checkSize judges how many play, and how long.
func (t Treatment) checkSize(players int64) error {
	switch {
	case players < 2:
		return fmt.Errorf("a game needs two players or more, and not %d", players)
	case players > maxPlayers:
		return fmt.Errorf("%d players are more than the %d that can be", players, maxPlayers)
	case t.Count("rounds") < 1:
		return fmt.Errorf("a game needs one round or more, and not 0")
	}
	return nil
}

// MadeUp are the balances, in cents, that a treatment's made-up players start with.
func (t Treatment) MadeUp(seed uint64) ([]int64, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	e, err := ReadEndowment(t.Text("start"))
	if err != nil {
		return nil, err
	}
	start := spacious[int64](int(t.Count("players")))
	if e.Max > 0 {
		var source rand.PCG
		r := rand.New(&source) // one for all: there may be many players
		for i := range start {
			source.Seed(seed, stream(int64(i+1)))
			start[i] = 100 * e.draw(r)
		}
	}
	return start, nil
}

// maxPlayers is how many players there may be: places are int32.
const maxPlayers = 1 << 30
