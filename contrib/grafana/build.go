package main

// Grafana's names of units.
const (
	unitShare   = "percentunit"
	unitPercent = "" // stacks of percents have their own axis
	unitShort   = "short"
	unitSeconds = "s"
	unitBytes   = "bytes"
)

const (
	gridWidth     = 24
	schemaVersion = 41 // Grafana 12
)

// A section is a row with its panels, in lines of the same height. Their widths fill the lines.
type section struct {
	title  string
	height int
	panels []*panel
}

func newDashboard() dashboard {
	return dashboard{
		Annotations: list[annotation]{[]annotation{{
			BuiltIn: 1, Datasource: datasource{"grafana", "-- Grafana --"}, Enable: true, Hide: true, IconColor: "rgba(0, 211, 255, 1)",
			Name: "Annotations & Alerts", Type: "dashboard",
		}}},
		Description: "TLS of Postfix' mail, on its way in and out: versions, plaintext, ciphers, failures, downgrades. From postfix-tls-exporter.",
		Editable:    true, GraphTooltip: 1, Refresh: "1m", SchemaVersion: schemaVersion, Tags: []string{"mail", "postfix", "tls"}, Time: timeRange{"now-24h", "now"},
		Title: "Postfix TLS", UID: "postfix-tls", Timezone: "browser", Version: 1,
		Links: []link{{
			Icon: "external link", Tags: []string{}, TargetBlank: true, Title: "Runbook", Type: "link",
			URL: "https://github.com/postfix-tls-exporter/postfix-tls-exporter/blob/main/docs/runbook.md",
		}},
		Templating: list[variable]{variables()},
		Panels:     layOut(sections()),
	}
}

func variables() []variable {
	const info = "postfix_tls_exporter_build_info"
	return []variable{
		{
			Current: struct{}{}, Label: "Data source", Name: "datasource", Options: []struct{}{}, Query: "prometheus", Refresh: 1, Type: "datasource",
		},
		labelValues("job", "Job", "$__all", "label_values("+info+", job)"),
		labelValues("instance", "Host", "$__all", `label_values(`+info+`{job=~"$job"}, instance)`),
		labelValues("direction", "Direction", "$__all", `label_values(postfix_tls_messages_total{`+host+`}, direction)`),
		labelValues("class", "Class of peers", "public", `label_values(postfix_tls_messages_total{`+host+`}, class)`),
	}
}

// labelValues returns a variable whose values a query finds. All of them stand for any value, also for none.
func labelValues(name, label, current, definition string) variable {
	text := current
	if current == "$__all" {
		text = "All"
	}
	return variable{
		AllValue: ".*", Current: choice{[]string{text}, []string{current}}, Datasource: prometheus(), Definition: definition, IncludeAll: true, Label: label,
		Multi: true, Name: name, Options: []struct{}{}, Query: variableQuery{1, definition, "PrometheusVariableQueryEditor-VariableQuery"}, Refresh: 2, Sort: 1,
		Type: "query",
	}
}

func prometheus() *datasource { return &datasource{"prometheus", "${datasource}"} }

// layOut gives panels their numbers and places.
func layOut(sections []section) []*panel {
	var all []*panel
	y, open := 0, false
	add := func(p *panel, pos gridPos) {
		p.ID, p.GridPos = len(all)+1, pos
		all = append(all, p)
	}
	for _, s := range sections {
		add(&panel{Collapsed: &open, Panels: []*panel{}, Title: s.title, Type: "row"}, gridPos{1, gridWidth, 0, y})
		y++
		x := 0
		for _, p := range s.panels {
			if x+p.GridPos.W > gridWidth {
				x, y = 0, y+s.height
			}
			add(p, gridPos{s.height, p.GridPos.W, x, y})
			x += p.GridPos.W
		}
		y += s.height
	}
	return all
}

func query(expr, legend string) target {
	return target{Datasource: *prometheus(), EditorMode: "code", Expr: expr, Format: "time_series", LegendFormat: legend, Range: true}
}

// ofRange makes queries of the whole range shown: their answer is one value each.
func ofRange(format string, targets []target) []target {
	for i := range targets {
		targets[i].Instant, targets[i].Range, targets[i].Format = true, false, format
	}
	return named(targets)
}

// named gives queries their letters. Those of two panels may be the same.
func named(targets []target) []target {
	out := make([]target, len(targets))
	for i, t := range targets {
		t.RefID = string(rune('A' + i))
		out[i] = t
	}
	return out
}

func stat(title string, width int, unit, description string, t *thresholds, targets ...target) *panel {
	defaults := fieldDefaults{Unit: unit, NoValue: "none", Color: &color{Mode: "thresholds"}, Thresholds: t}
	if t == nil {
		defaults.Color = &color{Mode: "fixed", FixedColor: "blue"}
	}
	return &panel{
		Title: title, Description: description, Type: "stat", Datasource: prometheus(), GridPos: gridPos{W: width},
		FieldConfig: &fieldConfig{defaults, []override{}}, Targets: ofRange("time_series", targets),
		Options: map[string]any{
			"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "value_and_name",
			"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		},
	}
}

func limits(warn, bad float64) *thresholds {
	return &thresholds{"absolute", []step{{"green", nil}, {"orange", &warn}, {"red", &bad}}}
}

// A look is how a graph is drawn.
type look map[string]any

func lines() look {
	return look{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": false}
}

func bars() look {
	return look{"drawStyle": "bars", "lineWidth": 1, "fillOpacity": 60, "showPoints": "never"}
}

// stacked takes "normal" or "percent".
func stacked(mode string) look {
	l := lines()
	l["fillOpacity"] = 60
	l["stacking"] = map[string]any{"group": "A", "mode": mode}
	return l
}

func graph(title string, width int, unit, description string, l look, targets ...target) *panel {
	zero := 0.0
	return &panel{
		Title: title, Description: description, Type: "timeseries", Datasource: prometheus(), GridPos: gridPos{W: width},
		FieldConfig: &fieldConfig{fieldDefaults{Unit: unit, Min: &zero, Color: &color{Mode: "palette-classic"}, Custom: l}, colored(targets)}, Targets: named(targets),
		Options: map[string]any{
			"legend":  map[string]any{"calcs": []string{}, "displayMode": "list", "placement": "bottom", "showLegend": true},
			"tooltip": map[string]any{"mode": "multi", "sort": "desc"},
		},
	}
}

// colored gives what is good and bad the same colours in each graph of it.
func colored(targets []target) []override {
	out := []override{}
	for _, t := range targets {
		for _, c := range colors[t.LegendFormat] {
			out = append(out, override{matcher{"byName", c[0]}, []property{{"color", color{c[1], "fixed"}}}})
		}
	}
	return out
}

// colors of what legends show.
var colors = map[string][][2]string{
	"{{protocol}}": {{"TLSv1.3", "green"}, {"TLSv1.2", "blue"}, {"TLSv1.1", "orange"}, {"TLSv1", "dark-orange"}},
	"{{tls}}":      {{"plaintext", "red"}, {"unlogged", "purple"}, {"unknown", "#808080"}},
	"{{grade}}": {
		{"good", "green"}, {"sufficient", "blue"}, {"phase_out", "orange"}, {"insufficient", "dark-orange"}, {"plaintext", "red"}, {"unknown", "#808080"},
	},
}

// columns are the labels that a table shows, and their headings. Value is the number, if there is one.
type columns map[string]string

func table(title string, width int, description string, c columns, targets ...target) *panel {
	p := &panel{
		Title: title, Description: description, Type: "table", Datasource: prometheus(), GridPos: gridPos{W: width}, Targets: ofRange("table", targets),
		FieldConfig: &fieldConfig{fieldDefaults{Custom: map[string]any{"filterable": true}}, []override{}},
	}
	hidden, sorting := map[string]bool{"Time": true}, []map[string]any{}
	if number, ok := c["Value"]; ok { // increase() has fractions
		p.FieldConfig.Overrides = []override{{matcher{"byName", number}, []property{{"decimals", 0}}}}
		sorting = append(sorting, map[string]any{"desc": true, "displayName": number})
	} else {
		hidden["Value"] = true
	}
	p.Transformations = []transformation{{"organize", organize{hidden, map[string]int{}, c}}}
	p.Options = map[string]any{"cellHeight": "sm", "showHeader": true, "sortBy": sorting}
	return p
}
