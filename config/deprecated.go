package config

import (
	"gopkg.in/yaml.v3"
)

// warn notes what is accepted and should be written in another way.
func (p *Project) warn(pos Pos, format string, args ...any) {
	p.Warnings = append(p.Warnings, &Error{Pos: pos, Message: plainLine(format, args...)})
}

func (d *decoder) warn(n *yaml.Node, format string, args ...any) {
	d.project.warn(d.pos(n), format, args...)
}

// renamed returns the text of a key, or of one of its old names, for which it
// warns.
func (s section) renamed(key string, old ...string) String {
	value := s.text(key)
	for _, name := range old {
		if v := s.oldKey(name, "write "+key); v != nil && value.Value == "" {
			value = s.d.text(v)
		}
	}
	return value
}

// oldKey returns the value of a deprecated key and warns of it; nil when it is
// absent.
func (s section) oldKey(key, instead string) *yaml.Node {
	k, v := s.entry(key)
	if k != nil {
		s.d.warn(k, "%s is an old key: %s", key, instead)
	}
	return v
}
