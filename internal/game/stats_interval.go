package game

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Interval is the mean of samples, one of each repetition, and the 95 % confidence
// interval around it, mean ± t·s/√n with n-1 degrees of freedom (Student 1908, "The
// probable error of a mean"). low and high are NaN of fewer than two samples, and
// all three where a sample is NaN.
func Interval(samples []float64) (mean, low, high float64) {
	nan := math.NaN()
	switch n := float64(len(samples)); {
	case n == 0:
		return nan, nan, nan
	case n == 1:
		return samples[0], nan, nan
	default:
		mean, variance := moments(samples)
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			return nan, nan, nan
		}
		half := student(n-1) * math.Sqrt(variance/n)
		return mean, mean - half, mean + half
	}
}

// student is the quantile of Student's t beyond which, on both sides, 5 % lie, from
// the incomplete beta function (Abramowitz and Stegun 1964, 26.5.27).
func student(freedom float64) float64 {
	x := mathext.InvRegIncBeta(freedom/2, 0.5, 0.05)
	return math.Sqrt(freedom * (1 - x) / x)
}

// moments are the mean and the unbiased variance (NaN of one sample).
func moments(samples []float64) (mean, variance float64) {
	var sum, squares compensated
	for _, x := range samples {
		sum.add(x)
	}
	n := float64(len(samples))
	mean = sum.value() / n
	for _, x := range samples {
		squares.add((x - mean) * (x - mean))
	}
	return mean, squares.value() / (n - 1)
}
