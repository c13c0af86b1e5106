package template

import "reflect"

// The interpreter's eq and ne print what they cannot compare into their error, and
// for a value that holds itself that does not end. These name its kind alone.

// eq reports whether the first value is equal to any of the others.
func eq(first any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, message("eq compares two values, and has one")
	}
	for _, other := range others {
		if same, err := equal(first, other); same || err != nil {
			return same, err
		}
	}
	return false, nil
}

func ne(a, b any) (bool, error) {
	same, err := equal(a, b)
	return !same, err
}

// equal compares scalars by value, pointers and the like by identity, and anything
// with nothing. Integers compare with each other, signed or not.
func equal(a, b any) (bool, error) {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	if isNothing(v) || isNothing(w) {
		return isNothing(v) && isNothing(w), nil
	}
	switch {
	case v.CanInt() && w.CanInt():
		return v.Int() == w.Int(), nil
	case v.CanUint() && w.CanUint():
		return v.Uint() == w.Uint(), nil
	case v.CanInt() && w.CanUint():
		return v.Int() >= 0 && uint64(v.Int()) == w.Uint(), nil
	case v.CanUint() && w.CanInt():
		return equal(b, a)
	case v.CanFloat() && w.CanFloat():
		return v.Float() == w.Float(), nil
	case v.Kind() == reflect.String && w.Kind() == reflect.String:
		return v.String() == w.String(), nil
	case v.Kind() == reflect.Bool && w.Kind() == reflect.Bool:
		return v.Bool() == w.Bool(), nil
	}
	if v.Kind() != w.Kind() {
		return false, messagef("%s and %s cannot be compared; make both of one type, as with toString or int", kindName(v), kindName(w))
	}
	if !v.Comparable() || !w.Comparable() {
		return false, messagef("%s cannot be compared by eq and ne; use deepEqual", kindName(v))
	}
	return a == b, nil
}

func isNothing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// kindName is what a user calls the type of a value.
func kindName(v reflect.Value) string {
	switch {
	case v.CanInt() || v.CanUint():
		return "an integer"
	case v.CanFloat():
		return "a floating-point number"
	}
	switch v.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "a truth value"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "a map"
	}
	return "a " + v.Type().String()
}
