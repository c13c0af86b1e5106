package template

import (
	"time"
)

// Dates count from the time of the commit, in its zone, so that a commit renders
// the same on every day and every machine. Loosely rendered, they count from now.

func (r *renderer) now() time.Time {
	if r.opts.Loose {
		return time.Now()
	}
	return r.opts.Commit.Time
}

func (r *renderer) zone() *time.Location {
	if r.opts.Loose {
		return time.Local
	}
	return r.opts.Commit.Time.Location()
}

// moment is the time that a value stands for: a time, or seconds since 1970.
// Anything else is now.
func (r *renderer) moment(v any) time.Time {
	switch v := v.(type) {
	case time.Time:
		return v
	case *time.Time:
		return *v
	case int64:
		return time.Unix(v, 0)
	case int:
		return time.Unix(int64(v), 0)
	case int32:
		return time.Unix(int64(v), 0)
	}
	return r.now()
}

func (r *renderer) date(layout string, v any) (string, error) {
	return r.text(r.moment(v).In(r.zone()).Format(layout))
}

func (r *renderer) htmlDate(v any) (string, error) { return r.date(time.DateOnly, v) }

func (r *renderer) dateInZone(layout string, v any, zone string) (string, error) {
	at := r.zone()
	if zone != "Local" {
		var err error
		if at, err = time.LoadLocation(zone); err != nil {
			return "", messagef("unknown time zone %q; use a name such as UTC or Europe/Berlin", zone)
		}
	}
	return r.text(r.moment(v).In(at).Format(layout))
}

func (r *renderer) htmlDateInZone(v any, zone string) (string, error) {
	return r.dateInZone(time.DateOnly, v, zone)
}

func (r *renderer) ago(v any) string {
	return r.now().Sub(r.moment(v)).Round(time.Second).String()
}

func (r *renderer) durationRound(v any) string {
	if at, ok := v.(time.Time); ok {
		v = int64(r.now().Sub(at))
	}
	return sprigFunction[func(any) string](r, "durationRound")(v)
}

func (r *renderer) toDate(layout, text string) time.Time {
	at, _ := r.mustToDate(layout, text)
	return at
}

func (r *renderer) mustToDate(layout, text string) (time.Time, error) {
	return time.ParseInLocation(layout, text, r.zone())
}
