package template

import (
	"reflect"
	"time"
)

// size is what a value holds, things inside it counted as often as they would be
// printed.
type size struct {
	items   int
	text    int // bytes of text
	indents int // bytes of indentation if it is written over many lines
}

// measured checks that a value can be printed, copied and compared.
func (r *renderer) measured(v any) error {
	_, err := r.measure(v)
	return err
}

// made checks a value that a function made, and counts it.
func (r *renderer) made(v any) error {
	if s, ok := v.(string); ok {
		_, err := r.text(s)
		return err
	}
	s, err := r.measure(v)
	if err != nil {
		return err
	}
	r.watchValue(v)
	return r.spend(s.items * itemCost)
}

func (r *renderer) measure(v any) (size, error) {
	m := meter{limits: &r.limits}
	err := m.add(v, 0)
	return m.size, err
}

// meter measures one value.
type meter struct {
	size
	limits *Limits
}

func (m *meter) add(v any, depth int) error {
	switch v := v.(type) {
	case string:
		return m.count(len(v), depth)
	case nil, bool, int, int64, float64, time.Time:
		return m.count(8, depth)
	case []any:
		return addAll(m, v, depth)
	case []string:
		return addAll(m, v, depth)
	case map[string]any:
		return addMap(m, v, depth)
	case files:
		return m.count(0, depth)
	}
	return m.reflect(reflect.ValueOf(v), depth)
}

func (m *meter) count(text, depth int) error {
	m.items++
	m.text += text
	m.indents += 4 * depth
	if m.items > m.limits.Items {
		return messagef("a value has more than %d items, the bound on the items of one value", m.limits.Items)
	}
	// Deep values grow when they are written over many lines.
	if m.indents > 4*m.limits.Value {
		return m.limits.fits(m.indents)
	}
	return m.limits.fits(m.text)
}

// enter counts a value that holds others.
func (m *meter) enter(depth int) error {
	if depth >= m.limits.Depth {
		return messagef("a value lies more than %d deep in itself or others, the bound on depth", m.limits.Depth)
	}
	return m.count(2, depth)
}

func addAll[T any](m *meter, list []T, depth int) error {
	if err := m.enter(depth); err != nil {
		return err
	}
	for _, v := range list {
		if err := m.add(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func addMap[T any](m *meter, values map[string]T, depth int) error {
	if err := m.enter(depth); err != nil {
		return err
	}
	for key, v := range values {
		m.text += len(key)
		if err := m.add(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// reflect measures a value of a type that is seldom seen.
func (m *meter) reflect(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.String:
		return m.count(v.Len(), depth)
	case reflect.Slice, reflect.Array:
		return m.elements(v, depth)
	case reflect.Map:
		return m.entries(v, depth)
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return m.count(8, depth)
		}
		if depth >= m.limits.Depth {
			return m.enter(depth)
		}
		return m.reflect(v.Elem(), depth+1)
	case reflect.Struct:
		return m.fields(v, depth)
	}
	return m.count(8, depth)
}

func (m *meter) elements(v reflect.Value, depth int) error {
	if err := m.enter(depth); err != nil {
		return err
	}
	for i := range v.Len() {
		if err := m.reflect(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (m *meter) entries(v reflect.Value, depth int) error {
	if err := m.enter(depth); err != nil {
		return err
	}
	for entries := v.MapRange(); entries.Next(); {
		if err := m.reflect(entries.Key(), depth+1); err != nil {
			return err
		}
		if err := m.reflect(entries.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (m *meter) fields(v reflect.Value, depth int) error {
	if err := m.enter(depth); err != nil {
		return err
	}
	for i := range v.NumField() {
		if err := m.reflect(v.Field(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}
