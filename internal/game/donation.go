package game

import "fmt"

// donation is the game of the tutorial's exercise: push buttons donate $1.
func donation() *Game {
	return &Game{
		Name: "donation", Title: "Donation",
		Meaning: "each turn a player may give to another; the chapter's exercise, generalised",
		Source:  "PsyNet tutorial, Introduction to SQLAlchemy; Drăgulescu & Yakovenko 2000",
		Parameters: append([]Parameter{
			{Name: "schedule", Kind: Word, Default: "random", Choices: []string{"random", "round"},
				Meaning: "random: a round is as many turns as there are players, each of a player drawn anew; round: who has enough when the round begins has one turn, and what comes in meanwhile does not count",
				Source:  "NetLogo Simple Economy (round)"},
			{Name: "amount", Also: "cost", Kind: Dollars, Default: "1", Meaning: "what is given; cost is another word for it"},
			{Name: "benefit", Kind: Dollars, Default: "0", Meaning: "instead of multiplier: what the receiver gets for the amount given",
				Source: "Nowak & Sigmund 1998, whose donor pays c for another to get b"},
			{Name: "share", Kind: Fraction, Default: "0", Meaning: "instead of amount: the part of one's own balance that is given, rounded down to unit",
				Source: "Ispolatov, Krapivsky & Redner 1998 (multiplicative exchange)"},
			{Name: "multiplier", Kind: Number, Default: "1", Meaning: "what the receiver gets for each dollar given, rounded down to unit: the bank adds what is more, and takes what is less"},
			{Name: "tax", Kind: Fraction, Default: "0", Meaning: "the part of every balance that is taken after each round, rounded down to unit, and paid out again to all alike"},
			{Name: "debt", Kind: Dollars, Default: "0", Meaning: "how far below zero a balance may go", Source: "Drăgulescu & Yakovenko 2000, models with debt"},
		}, networkParameters()...),
		start: startDonation,
		law:   donationLaw,
	}
}

// startDonation judges a treatment as a whole.
func startDonation(r *Run) (rules, error) {
	t, n := r.Treatment, len(r.balances)
	d := &donating{made: map[string]giver{}, debt: t.Cents("debt"), inTurn: t.Text("schedule") == "round", reach: reach{players: n, network: r.Network}}
	if d.debt > maxTotal/int64(n) {
		return nil, fmt.Errorf("debt: %d players with %s dollars of debt each are too many dollars", n, t.Text("debt"))
	}
	var err error
	if d.unit, err = readUnit(t); err != nil {
		return nil, err
	}
	if d.multiplier, err = readFactor(t, "multiplier"); err != nil {
		return nil, err
	}
	if d.tax, err = readFactor(t, "tax"); err != nil {
		return nil, err
	}
	if err := d.readGift(t); err != nil {
		return nil, err
	}
	if size := t.Count("group_size"); size > 0 {
		if r.Network != nil {
			return nil, fmt.Errorf("group_size: players give either within groups or on a network")
		}
		if err := d.reach.group(r, size); err != nil {
			return nil, err
		}
	}
	if err := d.deal(r); err != nil {
		return nil, err
	}
	d.prepare(r)
	return d, nil
}

// readGift reads what is given at a turn.
func (d *donating) readGift(t Treatment) (err error) {
	if !t.IsSet("share") {
		d.amount = t.Cents("amount")
		d.received = d.times(d.amount)
		switch {
		case d.amount == 0:
			return fmt.Errorf("amount: a gift is of 0.01 dollars or more")
		case d.unit.down(d.amount) != d.amount:
			return fmt.Errorf("amount: %s is no multiple of unit, %s", t.Text("amount"), t.Text("unit"))
		case d.received > MaxCents:
			return fmt.Errorf("multiplier: %s times %s dollars is more than a player can have", t.Text("multiplier"), t.Text("amount"))
		}
		return d.readBenefit(t)
	}
	switch {
	case t.IsSet("amount"):
		return fmt.Errorf("share: either a share or an amount is given; leave out one of them")
	case t.IsSet("benefit"):
		return fmt.Errorf("benefit: of a share arrives a multiple; leave out benefit or share")
	case t.Number("share") == 0:
		return fmt.Errorf("share: it is more than 0; leave it out to give an amount")
	case d.debt > 0:
		return fmt.Errorf("debt: who gives a share of its balance never owes; leave out debt or share")
	}
	d.shared = true
	d.share, err = readFactor(t, "share")
	return err
}

// readBenefit reads what the receiver of a gift gets, where it is said in dollars.
func (d *donating) readBenefit(t Treatment) error {
	switch benefit := t.Cents("benefit"); {
	case !t.IsSet("benefit"):
	case t.IsSet("multiplier"):
		return fmt.Errorf("benefit: either a benefit or a multiplier says what arrives; leave out one of them")
	case d.unit.down(benefit) != benefit:
		return fmt.Errorf("benefit: %s is no multiple of unit, %s", t.Text("benefit"), t.Text("unit"))
	default:
		d.received = benefit
	}
	return nil
}

// times is what arrives of an amount.
func (d *donating) times(cents int64) int64 {
	received := d.multiplier.of(cents, 1)
	if received > MaxCents {
		return received
	}
	return d.unit.down(received)
}

// deal gives players their strategies, and judges whether these see what they look at.
func (d *donating) deal(r *Run) error {
	mixture, err := readMixture(r.Treatment.Text("strategy"))
	if err != nil {
		return err
	}
	for _, m := range mixture {
		g, err := d.giver(r, m.strategy)
		if err != nil {
			return err
		}
		d.givers = append(d.givers, g)
	}
	if len(mixture) > 1 {
		d.which = assignStrategies(r, mixture)
	}
	d.plain = len(mixture) == 1 && d.givers[0] == random{} && d.reach.everybody() && !d.shared
	return nil
}

// giver is a strategy's, made once.
func (d *donating) giver(r *Run, s Strategy) (giver, error) {
	if g, ok := d.made[s.Name]; ok {
		return g, nil
	}
	t := r.Treatment
	if err := s.checkGame(t.Game); err != nil {
		return nil, err
	}
	switch {
	case s.Looks && t.Text("visible") == "own":
		return nil, fmt.Errorf("strategy: %s looks at the dollars of others, and with visible=own nobody sees them", s.Name)
	case s.Donors && !t.Flag("donors"):
		return nil, fmt.Errorf("strategy: %s asks who gave, and with donors=no nobody knows", s.Name)
	}
	g, err := d.newGiver(r, s)
	if err != nil {
		return nil, err
	}
	d.made[s.Name] = g
	if m, ok := g.(remembering); ok {
		d.memories = append(d.memories, m)
	}
	return g, nil
}

// donationLaw: theory knows one where all give the same amount at random to any other,
// and what is given arrives.
func donationLaw(r *Run) (Law, bool) {
	t := r.Treatment
	if t.Text("strategy") != "random" || t.IsSet("share") || t.Number("multiplier") != 1 ||
		t.IsSet("benefit") && t.Cents("benefit") != t.Cents("amount") || t.Number("tax") != 0 || r.Network != nil ||
		t.Count("group_size") != 0 {
		return Law{}, false
	}
	if t.Text("schedule") == "round" {
		law, ok := RoundLaw(r.start, t.Cents("amount"))
		return law, ok && t.Cents("debt") == 0
	}
	return Geometric(r.start, -t.Cents("debt"), t.Cents("amount"))
}
