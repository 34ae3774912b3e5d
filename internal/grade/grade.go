package grade

// Grade says how far a connection meets a guideline. From Good on, a greater value is worse.
type Grade uint8

// The grades. Their names are those of the Dutch guideline, the one that has four.
const (
	// Unknown has no rank: the guideline cannot be asked, because the version or the cipher is not known here.
	Unknown Grade = iota
	Good
	Sufficient
	// PhaseOut is still acceptable, but weak enough that an end is foreseen or wished for.
	PhaseOut
	// Insufficient is forbidden, or is not among what the guideline allows.
	Insufficient
)

var gradeNames = [...]string{"unknown", "good", "sufficient", "phase_out", "insufficient"}

// String is the value for labels of metrics and for JSON: "good", "sufficient", "phase_out", "insufficient", "unknown".
func (g Grade) String() string {
	if int(g) >= len(gradeNames) {
		return gradeNames[Unknown]
	}
	return gradeNames[g]
}

// Title is String for people: "phase out".
func (g Grade) Title() string {
	if g == PhaseOut {
		return "phase out"
	}
	return g.String()
}
