package game

// Network says who can reach whom.
type Network struct {
	offsets []int32
	others  []int32
}

// Networks are the names of networks.
func Networks() []string { return []string{"complete", "ring", "grid", "small-world"} }
