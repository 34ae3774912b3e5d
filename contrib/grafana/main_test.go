package main

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

func TestGenerated(t *testing.T) {
	want, err := encode(newDashboard())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("postfix-tls.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("postfix-tls.json is not what panels.go makes: run `go generate ./contrib/grafana`")
	}
}

// The file is read here as Grafana would: nothing is taken from the structs that made it.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("postfix-tls.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			ID                       int
			Type, Title, Description string
			GridPos                  struct{ H, W, X, Y int }
			Datasource               struct{ Type, UID string }
			Targets                  []struct{ RefID string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if p.ID <= 0 || ids[p.ID] {
			t.Errorf("%s: id %d is not its own", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || p.Type != "row" && p.Description == "" {
			t.Errorf("panel %d has no title, or no description", p.ID)
		}
		// Those that Grafana still reads, and no longer offers, are not among them: graph, singlestat, table-old.
		if !slices.Contains([]string{"row", "stat", "timeseries", "table"}, p.Type) {
			t.Errorf("%s: type %q", p.Title, p.Type)
		}
		if p.Type != "row" && p.Datasource.UID != "${datasource}" {
			t.Errorf("%s: data source %q, not the variable", p.Title, p.Datasource.UID)
		}
		var letters []string
		for _, target := range p.Targets {
			letters = append(letters, target.RefID)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(letters)))) != len(letters) {
			t.Errorf("%s: refIds %v", p.Title, letters)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %q, or beyond the edge", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
	}
}
