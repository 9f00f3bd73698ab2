package game

// Network says who can reach whom.
type Network struct {
	offsets []int32
	others  []int32
}
