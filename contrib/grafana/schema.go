package main

// The parts of Grafana's dashboard schema that are used, under Grafana's names.

type dashboard struct {
	Annotations   list[annotation] `json:"annotations"`
	Description   string           `json:"description"`
	Editable      bool             `json:"editable"`
	FiscalMonth   int              `json:"fiscalYearStartMonth"`
	GraphTooltip  int              `json:"graphTooltip"`
	ID            *int             `json:"id"` // null: Grafana gives one at import
	Links         []link           `json:"links"`
	Panels        []*panel         `json:"panels"`
	Refresh       string           `json:"refresh"`
	SchemaVersion int              `json:"schemaVersion"`
	Tags          []string         `json:"tags"`
	Templating    list[variable]   `json:"templating"`
	Time          timeRange        `json:"time"`
	TimePicker    struct{}         `json:"timepicker"`
	Timezone      string           `json:"timezone"`
	Title         string           `json:"title"`
	UID           string           `json:"uid"`
	Version       int              `json:"version"`
}

type list[T any] struct {
	List []T `json:"list"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type annotation struct {
	BuiltIn    int        `json:"builtIn"`
	Datasource datasource `json:"datasource"`
	Enable     bool       `json:"enable"`
	Hide       bool       `json:"hide"`
	IconColor  string     `json:"iconColor"`
	Name       string     `json:"name"`
	Type       string     `json:"type"`
}

type link struct {
	AsDropdown  bool     `json:"asDropdown"`
	Icon        string   `json:"icon"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	Tags        []string `json:"tags"`
	TargetBlank bool     `json:"targetBlank"`
	Title       string   `json:"title"`
	Tooltip     string   `json:"tooltip"`
	Type        string   `json:"type"`
	URL         string   `json:"url"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type variable struct {
	AllValue   string      `json:"allValue,omitempty"`
	Current    any         `json:"current"`
	Datasource *datasource `json:"datasource,omitempty"`
	Definition string      `json:"definition,omitempty"`
	IncludeAll bool        `json:"includeAll"`
	Label      string      `json:"label"`
	Multi      bool        `json:"multi"`
	Name       string      `json:"name"`
	Options    []struct{}  `json:"options"`
	Query      any         `json:"query"`
	Refresh    int         `json:"refresh"`
	Regex      string      `json:"regex"`
	Sort       int         `json:"sort,omitempty"`
	Type       string      `json:"type"`
}

// A choice is what a variable stands at when the dashboard is opened.
type choice struct {
	Text  []string `json:"text"`
	Value []string `json:"value"`
}

type variableQuery struct {
	QryType int    `json:"qryType"`
	Query   string `json:"query"`
	RefID   string `json:"refId"`
}

type panel struct {
	Collapsed       *bool            `json:"collapsed,omitempty"` // of rows
	Datasource      *datasource      `json:"datasource,omitempty"`
	Description     string           `json:"description,omitempty"`
	FieldConfig     *fieldConfig     `json:"fieldConfig,omitempty"`
	GridPos         gridPos          `json:"gridPos"`
	ID              int              `json:"id"`
	Options         any              `json:"options,omitempty"`
	Panels          any              `json:"panels,omitempty"` // of rows: none, as they are open
	Targets         []target         `json:"targets,omitempty"`
	Title           string           `json:"title"`
	Transformations []transformation `json:"transformations,omitempty"`
	Type            string           `json:"type"`
}

type gridPos struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type target struct {
	Datasource   datasource `json:"datasource"`
	EditorMode   string     `json:"editorMode"`
	Expr         string     `json:"expr"`
	Format       string     `json:"format"`
	Instant      bool       `json:"instant"`
	LegendFormat string     `json:"legendFormat"`
	Range        bool       `json:"range"`
	RefID        string     `json:"refId"`
}

type transformation struct {
	ID      string   `json:"id"`
	Options organize `json:"options"`
}

type organize struct {
	ExcludeByName map[string]bool   `json:"excludeByName"`
	IndexByName   map[string]int    `json:"indexByName"`
	RenameByName  map[string]string `json:"renameByName"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []override    `json:"overrides"`
}

type fieldDefaults struct {
	Color      *color         `json:"color,omitempty"`
	Custom     map[string]any `json:"custom,omitempty"`
	Max        *float64       `json:"max,omitempty"`
	Min        *float64       `json:"min,omitempty"`
	NoValue    string         `json:"noValue,omitempty"`
	Thresholds *thresholds    `json:"thresholds,omitempty"`
	Unit       string         `json:"unit,omitempty"`
}

type color struct {
	FixedColor string `json:"fixedColor,omitempty"`
	Mode       string `json:"mode"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []step `json:"steps"`
}

type step struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"` // null is minus infinity
}

type override struct {
	Matcher    matcher    `json:"matcher"`
	Properties []property `json:"properties"`
}

type matcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

type property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}
