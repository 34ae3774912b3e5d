package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A grafanaDashboard has what Grafana asks Prometheus for.
type grafanaDashboard struct {
	Panels     []grafanaPanel
	Templating struct{ List []grafanaVariable }
}

type grafanaPanel struct {
	Title   string
	Targets []grafanaTarget
}

type grafanaTarget struct {
	Expr    string
	Instant bool
}

type grafanaVariable struct {
	Name, Type, AllValue string
	Current              struct{ Value json.RawMessage }
	Query                json.RawMessage
}

// allZero are panels that may show nothing but 0 for the logs at hand, and why. All others must show more.
var allZero = map[string]string{
	"Post-quantum":          "none of the servers had such a key exchange",
	"Post-quantum share":    "the same",
	"Log still to read":     "all has been read",
	"Logins without TLS":    "no client logged in without TLS",
	"Lost":                  "nothing was lost",
	"Given up":              "no limit was reached",
	"Age of the checkpoint": "it may be younger than a second",
}

// TestKitDashboard asks a real Prometheus, which scrapes several `serve`, all that the dashboard asks, as Grafana would: with all variables at All, and as
// they stand when it is opened.
func TestKitDashboard(t *testing.T) {
	need(t, "prometheus")
	var d grafanaDashboard
	if err := json.Unmarshal([]byte(readText(t, filepath.Join(root, "contrib", "grafana", "postfix-tls.json"))), &d); err != nil {
		t.Fatal(err)
	}
	f := startFleet(t)
	live := liveMetrics(t, f.hosts[0].server)
	all, opened := f.variables(t, d.Templating.List)
	asked := 0
	for _, p := range d.Panels {
		asked += len(p.Targets)
		for _, name := range metricNames(fmt.Sprint(p.Targets)) {
			if !live[name] {
				t.Errorf("%s: %s, which the program has not", p.Title, name)
			}
		}
		if len(p.Targets) > 0 {
			t.Run(p.Title+"/all", func(t *testing.T) { f.show(t, p, all) })
			t.Run(p.Title+"/opened", func(t *testing.T) { f.show(t, p, opened) })
		}
	}
	if asked == 0 {
		t.Error("the dashboard asks nothing")
	}
}

// show requires data for each query of a panel, and not only 0.
func (f *fleet) show(t *testing.T, p grafanaPanel, variables map[string]string) {
	var values []float64
	for _, target := range p.Targets {
		got := f.grafana(t, target, variables)
		if len(got) == 0 {
			t.Errorf("no data for %s", target.Expr)
		}
		values = append(values, got...)
	}
	if allZero[p.Title] == "" && !slices.ContainsFunc(values, func(v float64) bool { return v != 0 }) {
		t.Error("nothing but 0")
	}
}

// variables returns what stands in their place if All is chosen, and when the dashboard is opened. Each has values to choose from.
func (f *fleet) variables(t *testing.T, variables []grafanaVariable) (all, opened map[string]string) {
	t.Helper()
	all, opened = map[string]string{}, map[string]string{}
	for _, v := range variables {
		if v.Type != "query" {
			continue
		}
		options := f.options(t, v, all)
		if len(options) == 0 {
			t.Fatalf("variable %s has no values", v.Name)
		}
		all[v.Name], opened[v.Name] = v.AllValue, v.opened(t, options)
	}
	return all, opened
}

// labelValues is the only kind of query that the variables have.
var labelValues = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)

// options returns what a variable can stand at.
func (f *fleet) options(t *testing.T, v grafanaVariable, variables map[string]string) []string {
	t.Helper()
	var query struct{ Query string }
	if err := json.Unmarshal(v.Query, &query); err != nil {
		t.Fatal(err)
	}
	m := labelValues.FindStringSubmatch(query.Query)
	if m == nil {
		t.Fatalf("variable %s: query %s", v.Name, query.Query)
	}
	var values []string
	match := url.Values{"match[]": {interpolate(t, m[1], variables)}}
	if err := f.ask(t, "/api/v1/label/"+m[2]+"/values", match, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// opened returns what Grafana puts in the variable's place as long as nobody chose anything: one value as it is, several as (a|b), or AllValue.
func (v grafanaVariable) opened(t *testing.T, options []string) string {
	t.Helper()
	var values []string
	if err := json.Unmarshal(v.Current.Value, &values); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(values, []string{"$__all"}) {
		return v.AllValue
	}
	for _, value := range values {
		if !slices.Contains(options, value) {
			t.Errorf("variable %s stands at %s, which is none of %v", v.Name, value, options)
		}
	}
	if len(values) == 1 {
		return regexp.QuoteMeta(values[0])
	}
	return "(" + strings.Join(values, "|") + ")"
}

// What the panels show, in how small steps, and what Grafana makes of $__rate_interval: a step and a scrape, but no less than four scrapes.
const (
	shown        = 10 * time.Minute
	stepShown    = 10 * time.Second
	rateInterval = stepShown + time.Second
)

// grafana returns all values that a panel would show.
func (f *fleet) grafana(t *testing.T, target grafanaTarget, variables map[string]string) []float64 {
	t.Helper()
	variables = maps.Clone(variables)
	variables["__range"], variables["__rate_interval"] = shown.String(), rateInterval.String()
	now := time.Now()
	seconds := func(at time.Time) string { return fmt.Sprint(at.Unix()) }
	path, parameters := "/api/v1/query_range", url.Values{
		"query": {interpolate(t, target.Expr, variables)}, "start": {seconds(now.Add(-shown))}, "end": {seconds(now)}, "step": {stepShown.String()},
	}
	if target.Instant {
		path = "/api/v1/query"
		parameters = url.Values{"query": parameters["query"], "time": {seconds(now)}}
	}
	values, err := f.values(t, path, parameters)
	if err != nil {
		t.Error(err)
	}
	return values
}

var variable = regexp.MustCompile(`\$(\w+)|\$\{`)

// interpolate puts values in the place of variables.
func interpolate(t *testing.T, expr string, variables map[string]string) string {
	t.Helper()
	return variable.ReplaceAllStringFunc(expr, func(name string) string {
		value, ok := variables[strings.TrimPrefix(name, "$")]
		if !ok {
			t.Errorf("unknown variable %s in %s", name, expr)
		}
		return value
	})
}
