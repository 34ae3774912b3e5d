package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/config"
)

// settingValue returns the value as kong takes it for the flag: a string, or a []any of strings. It is nil, as if it were not set, for an empty text or
// list, if that is the default.
func settingValue(flag *kong.Flag, set *config.Setting) (any, error) {
	if set.List && !flag.IsSlice() {
		return nil, errors.New("it takes one value, not a list")
	}
	if set.List && len(set.Values) == 0 {
		return emptyValue(flag)
	}
	list := make([]any, len(set.Values))
	for i, v := range set.Values {
		if err := checkValue(flag, v); err != nil {
			return nil, err
		}
		list[i] = v.Text
		if set.List && flag.Tag.Type == "path" && v.Text != "-" {
			list[i] = kong.ExpandPath(v.Text) // as kong does with each that is a flag
		}
	}
	switch {
	case set.List:
		return list, nil
	case list[0] == "":
		return emptyValue(flag)
	default:
		return list[0], nil
	}
}

func emptyValue(flag *kong.Flag) (any, error) {
	if flag.Default != "" {
		return nil, errors.New("it has no value")
	}
	return nil, nil //nolint:nilnil // it is not set
}

// checkValue tells what is wrong with one value.
func checkValue(flag *kong.Flag, v config.Value) error {
	if v.Kind == config.Nothing {
		return errors.New("it has no value")
	}
	typ := flag.Target.Type()
	if typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	want, what := wanted(typ)
	if v.Kind != want {
		return wrongKind(v, what)
	}
	target := reflect.New(flag.Target.Type()).Elem()
	scan := kong.Scan().PushTyped(v.Text, kong.FlagValueToken)
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return wrongKind(v, what)
	}
	return checkEnum(flag, v.Text)
}

// checkEnum tells whether a text, or each part of it for a flag that takes lists, is one of those that the flag takes.
func checkEnum(flag *kong.Flag, text string) error {
	if flag.Enum == "" || text == "" {
		return nil
	}
	parts := []string{text}
	if flag.IsSlice() {
		parts = kong.SplitEscaped(text, flag.Tag.Sep)
	}
	for _, part := range parts {
		if !flag.EnumMap()[part] {
			return fmt.Errorf("%q is not one of %s", part, strings.ReplaceAll(flag.Enum, ",", ", "))
		}
	}
	return nil
}

// wanted tells how a value of that type is written, and in words.
func wanted(typ reflect.Type) (config.Kind, string) {
	switch {
	case typ == reflect.TypeFor[time.Duration]():
		return config.Text, "a duration, such as 5s or 24h"
	case typ.Kind() == reflect.Bool:
		return config.Boolean, "true or false"
	case typ.Kind() == reflect.String:
		return config.Text, "text; put it in quotes"
	case typ.Kind() == reflect.Uint64:
		return config.Integer, "a whole number from 0"
	default:
		return config.Integer, "a whole number"
	}
}

func wrongKind(v config.Value, what string) error { return fmt.Errorf("%q is not %s", v.Text, what) }
