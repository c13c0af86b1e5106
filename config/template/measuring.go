package template

import (
	"errors"
	"reflect"
)

// measuring puts a measure around a function of Sprig: of what it gets, since it
// may look into it, and of what it gives. The common shapes go without reflection.
func (r *renderer) measuring(fn any) any {
	switch fn := fn.(type) {
	case func(string) string:
		return func(s string) (string, error) { return r.text(fn(s)) }
	case func(any) string:
		return func(v any) (string, error) {
			if err := r.measured(v); err != nil {
				return "", err
			}
			return r.text(fn(v))
		}
	case func(...any) string:
		return func(v ...any) (string, error) {
			if err := r.measured(v); err != nil {
				return "", err
			}
			return r.text(fn(v...))
		}
	case func(...any) []any:
		return func(v ...any) ([]any, error) { return v, r.made(v) }
	}
	return r.reflected(reflect.ValueOf(fn))
}

// reflected is measuring for any shape.
func (r *renderer) reflected(fn reflect.Value) any {
	t := fn.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failure := reflect.TypeFor[error]()
	outer := reflect.FuncOf(in, []reflect.Type{t.Out(0), failure}, t.IsVariadic())
	return reflect.MakeFunc(outer, func(args []reflect.Value) []reflect.Value {
		out, err := r.callMeasured(fn, args)
		result := []reflect.Value{reflect.Zero(t.Out(0)), reflect.Zero(failure)}
		if err != nil {
			result[1] = reflect.ValueOf(&err).Elem()
			return result
		}
		result[0] = out
		return result
	}).Interface()
}

func (r *renderer) callMeasured(fn reflect.Value, args []reflect.Value) (reflect.Value, error) {
	for _, arg := range args {
		if err := r.measured(arg.Interface()); err != nil {
			return reflect.Value{}, err
		}
	}
	call := fn.Call
	if fn.Type().IsVariadic() {
		call = fn.CallSlice
	}
	out := call(args)
	if len(out) == 2 && !out[1].IsNil() {
		err, ok := out[1].Interface().(error)
		if !ok {
			err = errors.New("unknown error")
		}
		return reflect.Value{}, err
	}
	return out[0], r.made(out[0].Interface())
}

// guardPrint measures a value that an action is about to print.
func (r *renderer) guardPrint(v reflect.Value) (reflect.Value, error) {
	if !v.IsValid() || !v.CanInterface() {
		return v, nil
	}
	return v, r.measured(v.Interface())
}
