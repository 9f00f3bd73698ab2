package game

// Formula is a measure of inequality: one row for what prints, explains and
// documents them.
type Formula struct {
	Name    string // as a column is called
	Meaning string
	Source  string
	Of      func(Measures) float64
}

// Formulas are the measures of inequality, in the order in which they are printed.
// See Measures for the formulas themselves.
func Formulas() []Formula {
	const lorenz = "Lorenz 1905"
	return []Formula{
		{"gini", "mean difference between two players, over twice the mean: 0 is equal", "Gini 1912; Sen 1973", func(m Measures) float64 { return m.Gini }},
		{"gini_debt", "the same over twice the mean size of a balance: within 0 and 1 with debt, too", "Raffinetti, Siletti and Vernizzi 2015", func(m Measures) float64 { return m.GiniDebt }},
		{"hoover", "share of the dollars that would have to move until all have the same", "Hoover 1936", func(m Measures) float64 { return m.Hoover }},
		{"theil", "entropy that who has the dollars lacks, in nats: 0 is equal", "Theil 1967", func(m Measures) float64 { return m.Theil }},
		{"palma", "what the richest tenth has, over what the poorest four tenths have", "Palma 2011; Cobham and Sumner 2013", func(m Measures) float64 { return m.Palma }},
		{"entropy", "entropy of the balances, in bits: 0 is equal", "Shannon 1948; Drăgulescu and Yakovenko 2000", func(m Measures) float64 { return m.Entropy }},
		{"top_1", "share of the dollars that the richest hundredth has", lorenz, func(m Measures) float64 { return m.Top1 }},
		{"top_10", "share of the dollars that the richest tenth has", lorenz, func(m Measures) float64 { return m.Top10 }},
		{"bottom_40", "share of the dollars that the poorest four tenths have", lorenz, func(m Measures) float64 { return m.Bottom40 }},
		{"bottom_50", "share of the dollars that the poorer half has", lorenz, func(m Measures) float64 { return m.Bottom50 }},
		{"zero", "share of the players who have nothing", "", func(m Measures) float64 { return m.Zero }},
		{"debt", "share of the players who have less than nothing", "", func(m Measures) float64 { return m.Debt }},
	}
}
