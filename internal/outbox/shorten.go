package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// errTooLong says that an event cannot be made short enough. Without its deliveries none is longer than some log lines.
var errTooLong = errors.New("an event is longer than the server's max_payload")

// shorten leaves out the last deliveries of a message, and counts them with those that were left out before.
func shorten(line []byte, limit int) ([]byte, error) {
	const list, count = "deliveries", "omitted_deliveries"
	var event map[string]json.RawMessage
	if err := json.Unmarshal(line, &event); err != nil {
		return nil, fmt.Errorf("shorten an event: %w", err)
	}
	var deliveries []json.RawMessage
	var omitted int
	for field, to := range map[string]any{list: &deliveries, count: &omitted} {
		if text, ok := event[field]; ok {
			if err := json.Unmarshal(text, to); err != nil {
				return nil, fmt.Errorf("shorten an event: %w", err)
			}
		}
	}
	excess, cut := len(line)+len(`,"omitted_deliveries":1000000`)-limit, len(deliveries)
	for cut > 0 && excess > 0 {
		cut--
		excess -= len(deliveries[cut]) + len(",")
	}
	if excess > 0 {
		return nil, errTooLong
	}
	event[count] = fmt.Append(nil, omitted+len(deliveries)-cut)
	text, err := encode(deliveries[:cut])
	if err != nil {
		return nil, err
	}
	event[list] = text
	return encode(event)
}

// encode leaves the characters of HTML as they are: escaped, they would be longer.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("shorten an event: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
