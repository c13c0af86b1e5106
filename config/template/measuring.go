package template

import "reflect"

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
	}
	return reflected(reflect.ValueOf(fn), r.callMeasured)
}

// counting puts a count around a function of Sprig that makes lists and maps.
func (r *renderer) counting(fn any) any {
	if fn, ok := fn.(func(...any) []any); ok {
		return func(v ...any) ([]any, error) {
			list := fn(v...)
			r.watchValue(list)
			return list, r.count(len(list))
		}
	}
	return reflected(reflect.ValueOf(fn), r.callCounted)
}

// reflected is a function of the shape of another one, with an error, that calls it
// in a certain way.
func reflected(fn reflect.Value, call func(fn reflect.Value, args []reflect.Value) (reflect.Value, error)) any {
	t := fn.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failure := reflect.TypeFor[error]()
	outer := reflect.FuncOf(in, []reflect.Type{t.Out(0), failure}, t.IsVariadic())
	return reflect.MakeFunc(outer, func(args []reflect.Value) []reflect.Value {
		out, err := call(fn, args)
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
	out, err := invoke(fn, args)
	if err != nil {
		return out, err
	}
	return out, r.made(out.Interface())
}

func (r *renderer) callCounted(fn reflect.Value, args []reflect.Value) (reflect.Value, error) {
	out, err := invoke(fn, args)
	if err != nil {
		return out, err
	}
	made := out
	if made.Kind() == reflect.Interface {
		made = made.Elem()
	}
	switch made.Kind() {
	case reflect.Slice, reflect.Map:
		r.watchValue(made.Interface())
		return out, r.count(made.Len())
	}
	return out, nil
}

func invoke(fn reflect.Value, args []reflect.Value) (reflect.Value, error) {
	call := fn.Call
	if fn.Type().IsVariadic() {
		call = fn.CallSlice
	}
	out := call(args)
	if len(out) == 2 {
		if err, failed := out[1].Interface().(error); failed {
			return reflect.Value{}, err
		}
	}
	return out[0], nil
}
