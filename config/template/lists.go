package template

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (r *renderer) join(separator string, list any) (string, error) {
	s, err := r.measure(list)
	if err != nil {
		return "", err
	}
	added := product(s.items, len(separator))
	if added < 0 || r.fits(s.text+added) != nil {
		return "", r.fits(-1)
	}
	return r.text(sprigFunction[func(string, any) string](r, "join")(separator, list))
}

func (r *renderer) until(count int) ([]int, error) {
	if count < 0 {
		return r.untilStep(0, count, -1)
	}
	return r.untilStep(0, count, 1)
}

func (r *renderer) untilStep(start, stop, step int) ([]int, error) {
	list := []int{}
	up := stop >= start
	if up && step <= 0 || !up && step >= 0 {
		return list, nil
	}
	// In floating point, where the distance cannot overflow.
	if n := (float64(stop) - float64(start)) / float64(step); n > float64(r.limits.Items) {
		return nil, r.count(-1)
	}
	for i := start; up && i < stop || !up && i > stop; i += step {
		list = append(list, i)
		if up && i > i+step || !up && i < i+step {
			break
		}
	}
	return list, r.count(len(list))
}

// seq prints numbers like the program of that name.
func (r *renderer) seq(args ...int) (string, error) {
	start, step, end := 1, 0, 0
	switch len(args) {
	case 1:
		end = args[0]
	case 2:
		start, end = args[0], args[1]
	case 3:
		start, step, end = args[0], args[1], args[2]
	default:
		return "", nil
	}
	direction := 1
	if end < start {
		direction = -1
	}
	if len(args) < 3 {
		step = direction
	}
	list, err := r.untilStep(start, end+direction, step)
	if err != nil {
		return "", err
	}
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return r.text(strings.Join(words, " "))
}

// slice is a part of a list. Sprig prints positions that are not numbers before it
// makes them 0, so they are measured.
func (r *renderer) slice(list any, positions ...any) (any, error) {
	if err := r.measured(positions); err != nil {
		return nil, err
	}
	part, err := sprigFunction[func(any, ...any) (any, error)](r, "mustSlice")(list, positions...)
	if err != nil || part == nil {
		return part, err
	}
	return part, r.count(reflect.ValueOf(part).Len())
}

func (r *renderer) splitList(separator, s string) ([]string, error) {
	if err := r.count(strings.Count(s, separator) + 1); err != nil {
		return nil, err
	}
	return strings.Split(s, separator), nil
}

func (r *renderer) split(separator, s string) (map[string]string, error) {
	return r.splitn(separator, -1, s)
}

func (r *renderer) splitn(separator string, n int, s string) (map[string]string, error) {
	if parts := strings.Count(s, separator) + 1; n < 0 || parts < n {
		if err := r.count(parts); err != nil {
			return nil, err
		}
	} else if err := r.count(n); err != nil {
		return nil, err
	}
	parts := strings.SplitN(s, separator, n)
	numbered := make(map[string]string, len(parts))
	for i, part := range parts {
		numbered["_"+strconv.Itoa(i)] = part
	}
	return numbered, nil
}

func (r *renderer) regexFindAll(pattern, s string, n int) ([]string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, patternError(err)
	}
	found := re.FindAllString(s, r.most(n))
	return found, r.count(len(found))
}

func (r *renderer) regexSplit(pattern, s string, n int) ([]string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, patternError(err)
	}
	parts := re.Split(s, r.most(n))
	return parts, r.count(len(parts))
}

// most turns a number of items, all when negative, into one that can be held.
func (r *renderer) most(n int) int {
	if n < 0 || n > r.limits.Items {
		return r.limits.Items + 1
	}
	return n
}

// keys and values go in order, so that the result is the same each time.

func (r *renderer) keys(maps ...map[string]any) ([]string, error) {
	list := []string{}
	for _, m := range maps {
		if err := r.count(len(list) + len(m)); err != nil {
			return nil, err
		}
		list = append(list, sortedKeys(m)...)
	}
	r.watchValue(list)
	return list, nil
}

func (r *renderer) values(m map[string]any) ([]any, error) {
	list := []any{}
	for _, key := range sortedKeys(m) {
		list = append(list, m[key])
	}
	r.watchValue(list)
	return list, r.count(len(list))
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func (r *renderer) dict(pairs ...any) (map[string]any, error) {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			if err := r.measured(pairs[i]); err != nil {
				return nil, err
			}
			key = fmt.Sprint(pairs[i])
		}
		m[key] = ""
		if i+1 < len(pairs) {
			m[key] = pairs[i+1]
		}
	}
	r.watchValue(m)
	return m, r.count(len(m))
}

// setKey is set.
func (r *renderer) setKey(m map[string]any, key string, value any) (map[string]any, error) {
	if m == nil {
		return nil, messagef("set: there is no map to put %q into", key)
	}
	if _, there := m[key]; !there && len(m) >= r.limits.Items {
		return nil, r.count(len(m) + 1)
	}
	if len(m) > 100 || !isScalar(value) {
		r.beWary() // others that hold this map grow with it
	}
	m[key] = value
	return m, r.spend(callCost + len(key))
}

// append adds a value behind a list. Lists do not change, so two lists can share
// their memory as long as each place in it is given once; that makes a list of n
// values in a loop cost n steps and not n².
func (r *renderer) append(list any, value any) ([]any, error) {
	items, ok := list.([]any)
	if !ok {
		return r.appendToOther(list, value)
	}
	n := len(items)
	if n >= r.limits.Items {
		return nil, r.count(n + 1)
	}
	if n > 500 || !isScalar(value) {
		r.beWary()
	}
	if n > 0 && n < cap(items) && r.ends[&items[0]] == n {
		items = append(items, value)
		r.ends[&items[0]] = n + 1
		return items, r.spend(itemCost)
	}
	grown := make([]any, n, 2*n+4)
	copy(grown, items)
	grown = append(grown, value)
	r.ends[&grown[0]] = n + 1
	return grown, r.spend(2 * itemCost * cap(grown))
}

func (r *renderer) appendToOther(list any, value any) ([]any, error) {
	grown, err := sprigFunction[func(any, any) ([]any, error)](r, "mustAppend")(list, value)
	if err != nil {
		return nil, err
	}
	return grown, r.count(len(grown))
}
