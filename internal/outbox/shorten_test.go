package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// As many deliveries stay as there is room for, the first ones, and the others are counted.
func TestShorten(t *testing.T) {
	var deliveries []string
	for n := range 1000 {
		deliveries = append(deliveries, fmt.Sprintf(`{"to":"<%d>"}`, n))
	}
	text := `{"kind":"message","id":"7","message_id":"<1@example.net>","deliveries":[` + strings.Join(deliveries, ",") + `],"omitted_deliveries":5}`
	short, err := shorten([]byte(text), 2000)
	must(t, err)
	var got struct {
		ID         string `json:"id"`
		MessageID  string `json:"message_id"`
		Deliveries []struct{ To string }
		Omitted    int `json:"omitted_deliveries"`
	}
	must(t, json.Unmarshal(short, &got))
	n := len(got.Deliveries)
	if len(short) > 2000 || len(short) < 1900 || got.ID != "7" || got.MessageID != "<1@example.net>" || n+got.Omitted != 1005 {
		t.Fatalf("%d bytes: %s", len(short), short)
	}
	for i, d := range got.Deliveries {
		if d.To != fmt.Sprintf("<%d>", i) {
			t.Fatalf("delivery %d is to %s", i, d.To)
		}
	}
	if _, err := shorten([]byte(`{"kind":"session"}`), 10); !errors.Is(err, errTooLong) {
		t.Errorf("%v, want %v", err, errTooLong)
	}
}
