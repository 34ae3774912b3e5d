package exporter

import (
	"bytes"
	"html/template"
	"net/http"
	"time"
)

// page is what a person sees at /: how far the logs have been read. Names of logs are escaped by the template.
const page = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>postfix-tls-exporter</title>
<style>
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; }
th, td { padding: 0.2em 1em 0.2em 0; text-align: left; }
td.n, th.n { text-align: right; }
</style>
<h1>postfix-tls-exporter {{.Version}}</h1>
<p>TLS of Postfix' SMTP sessions and messages, from the mail log.</p>
<ul>
<li><a href="{{.Path}}">Metrics</a></li>
<li><a href="/healthz">Health</a>: 200 while the exporter runs</li>
<li><a href="/readyz">Readiness</a>: 200 when the log has been read up to its end</li>
</ul>
<p>{{if .Ready}}All logs were read up to their end.{{else}}The logs are still being read up to their end.{{end}}
{{with .Checkpoint}}{{if .Kept}}Last checkpoint: {{time .Saved}}; {{.Errors}} could not be written.{{else}}There is no state directory: counts begin anew with each start.{{end}}{{end}}</p>
<table>
<tr><th>Log</th><th>Latest line</th><th class="n">Bytes read</th><th class="n">Bytes to read</th><th class="n">Rotations</th><th class="n">Bytes lost</th><th class="n">Gaps</th><th class="n">Lines dropped</th></tr>
{{range .Logs}}<tr><td>{{.Name}}</td><td>{{time .LastLine}}</td><td class="n">{{.Bytes}}</td><td class="n">{{.Lag}}</td><td class="n">{{.Rotations}}</td><td class="n">{{.LostBytes}}</td><td class="n">{{.Gaps}}</td><td class="n">{{.Dropped}}</td></tr>
{{end}}</table>
</html>
`

// pageData is what the page shows.
type pageData struct {
	Data
	Version, Path string
	Ready         bool
}

// newPage returns the handler of the page.
func newPage(cfg Config) (http.Handler, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"time": pageTime}).Parse(page)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		var out bytes.Buffer
		if err := t.Execute(&out, pageData{cfg.Data(), cfg.Version, cfg.TelemetryPath, cfg.Ready()}); err != nil {
			http.Error(w, "the page cannot be made", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(out.Bytes()) // the client may be gone
	}), nil
}

func pageTime(t time.Time) string {
	if t.IsZero() {
		return "none yet"
	}
	return t.Format("2006-01-02 15:04:05 -07:00")
}
