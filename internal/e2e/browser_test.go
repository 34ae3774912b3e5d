package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	devlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser is a running Chromium.
type browser struct{ ctx context.Context }

// newBrowser starts a Chromium with a profile of its own, which ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	need(t, "chromium")
	ctx, cancel := chromedp.NewExecAllocator(
		context.Background(), chromedp.ExecPath("chromium"), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	)
	t.Cleanup(cancel)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		late, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		_ = chromedp.Cancel(late) // waits until the profile can be removed
		closeBrowser()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return &browser{ctx}
}

// A screen is what a page is looked at with.
type screen struct {
	name          string
	width, height int64
	media, scheme string // "print" or empty; light or dark
	noScript      bool
}

// screens are those that every page must be fit for.
var screens = []screen{
	{name: "desktop", width: 1280, height: 900, scheme: "light"},
	{name: "desktop, dark", width: 1280, height: 900, scheme: "dark"},
	{name: "phone", width: 390, height: 844, scheme: "light"},
	{name: "phone, dark", width: 390, height: 844, scheme: "dark"},
	{name: "small phone", width: 360, height: 640, scheme: "light"},
	{name: "paper", width: 794, height: 1123, media: "print", scheme: "light"},
}

// A tab is an open page.
type tab struct {
	ctx     context.Context
	allowed []string // addresses that may be loaded

	mu      sync.Mutex
	trouble []string // what the page said on the console, and requests that it must not make
}

// open loads a page. Whatever it asks for beyond itself and the allowed addresses fails, and fails the test at its end.
func (b *browser) open(t *testing.T, s screen, address string, allowed ...string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	v := &tab{ctx: ctx, allowed: append(allowed, address)}
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, text := range v.trouble {
			t.Errorf("%s: %s", address, text)
		}
		cancel()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, v.event); err != nil {
		t.Fatal(err)
	}
	call(t, v, devlog.Enable, cdp.Empty{})
	call(t, v, fetch.Enable, fetch.EnableParams{})
	call(t, v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: s.height, DeviceScaleFactor: 1, Mobile: s.width < 500})
	call(t, v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: s.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}},
	})
	if s.noScript {
		call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return v
}

// event is called for all that happens in the tab; it must not wait.
func (v *tab) event(event any) {
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		v.request(e)
	case *runtime.EventConsoleAPICalled:
		v.complain("console: %v", e.Type)
	case *runtime.EventExceptionThrown:
		v.complain("exception: %s", e.ExceptionDetails.Text)
	case *devlog.EventEntryAdded:
		v.complain("%s: %s", e.Entry.Level, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		v.complain("a dialog opens: %s", e.Message)
	}
}

func (v *tab) complain(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.trouble = append(v.trouble, fmt.Sprintf(format, args...))
}

// request lets a request go on, or fail. The answer is sent later: events come one after the other.
func (v *tab) request(e *fetch.EventRequestPaused) {
	if slices.Contains(v.allowed, e.Request.URL) {
		go func() {
			_, _ = chromedp.Call(v.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID}) // the tab may be closed
		}()
		return
	}
	v.complain("it asks for %s", e.Request.URL)
	go func() {
		params := fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonBlockedByClient}
		_, _ = chromedp.Call(v.ctx, fetch.FailRequest, params) // the tab may be closed
	}()
}

func call[P, R any](t *testing.T, v *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	out, err := chromedp.Call(v.ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return out
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](t *testing.T, v *tab, expression string) T {
	t.Helper()
	out, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// do runs actions in the tab, each of which ends within our patience.
func do(t *testing.T, v *tab, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// A named is a node of the accessibility tree: what a screen reader would say.
type named struct{ role, name string }

// spoken returns the nodes that assistive technology sees.
func spoken(t *testing.T, v *tab) (out []named) {
	t.Helper()
	for _, node := range call(t, v, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !node.Ignored {
			out = append(out, named{axText(node.Role), axText(node.Name)})
		}
	}
	return out
}

func axText(v *accessibility.Value) string {
	var text string
	if v != nil && json.Unmarshal(v.Value, &text) != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

// fileURL is the address of a file.
func fileURL(path string) string { return "file://" + filepath.ToSlash(path) }
