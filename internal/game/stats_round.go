package game

import "math"

// longest is the mean up to which RoundLaw tables its law, in units.
const longest = 1000

// RoundLaw is the law of the round schedule, in which everyone who has a unit when
// the round begins gives one, to somebody random (NetLogo's Simple Economy). From
// a round to the next a player's balance goes from x to x-1, or stays at 0, plus
// what comes from the others, which is Poisson of the mean ρ, the share of players
// who give, where players are many. That is the queue M/D/1 seen at departures:
// its mean is ρ + ρ²/(2(1-ρ)) = T (Khintchine 1932, Pollaczek 1930), so that
// ρ = 1+T-√(1+T²), and 1-ρ is the share of players with nothing. At T = 1 that is
// √2-1, and the Gini 0.58.
//
// ok is false as for Geometric with the floor 0, and where the mean is above 1000
// units; the law is then near the exponential.
func RoundLaw(balances []int64, unit int64) (law Law, ok bool) {
	law, ok = Geometric(balances, 0, unit)
	if !ok || law.Mean > longest {
		return Law{}, false
	}
	law.Name = "M/D/1"
	law.tail = queueTail(1 + law.Mean - math.Sqrt(1+law.Mean*law.Mean))
	return law, true
}

// queueTail is the probability of k or more in the queue M/D/1 of load rho, until it
// is less than 10⁻¹². As often as somebody comes to have more than k, somebody
// comes down to k, from k+1 with nothing coming: that gives each probability from
// those before by additions alone, which lose nothing (Ramaswami 1988, "A stable
// recursion for the steady state vector in Markov chains of M/G/1 type").
func queueTail(rho float64) []float64 {
	more := poissonTail(rho) // more[m]: more than m units come
	p := []float64{1 - rho}
	tail := []float64{1, rho}
	for k := 0; tail[k+1] > 1e-12; k++ {
		up := 0.0
		if k < len(more) {
			up = p[0] * more[k]
		}
		for j := max(1, k+2-len(more)); j <= k; j++ {
			up += p[j] * more[k-j+1]
		}
		p = append(p, up*math.Exp(rho))
		tail = append(tail, max(0, tail[k+1]-p[k+1]))
	}
	return tail
}

// poissonTail is the probability of more than m, for m = 0, 1, 2 … until it is
// nothing.
func poissonTail(mean float64) []float64 {
	var terms []float64
	for term, k := math.Exp(-mean), 1.0; term > 1e-300 && k < 200; k++ {
		terms = append(terms, term)
		term *= mean / k
	}
	tail := make([]float64, len(terms))
	for m := len(terms) - 2; m >= 0; m-- { // small ones first
		tail[m] = tail[m+1] + terms[m+1]
	}
	return tail
}
