package config

import "strings"

// spec checks an imageSpec.
func (c *checker) spec(s *ImageSpec) {
	if s == nil || c.seen[s] {
		return
	}
	c.seen[s] = true
	c.patterns("removeEnv", s.RemoveEnv)
	c.patterns("removeLabels", s.RemoveLabels)
	if s.Healthcheck != nil {
		c.healthcheck(s.Healthcheck)
	}
}

func (c *checker) healthcheck(h *Healthcheck) {
	if len(h.Test) == 0 {
		return
	}
	first, rest := h.Test[0], h.Test[1:]
	switch kind := first.Value; {
	case kind != "CMD" && kind != "CMD-SHELL" && kind != "NONE":
		c.fail(first.Pos, "healthcheck.test: begins with %q; want CMD, CMD-SHELL or NONE first", kind)
	case kind == "NONE" && len(rest) > 0:
		c.fail(rest[0].Pos, "healthcheck.test: nothing can follow NONE")
	case kind == "CMD" && len(rest) == 0:
		c.fail(first.Pos, "healthcheck.test: want a program after CMD")
	case kind == "CMD-SHELL" && len(rest) != 1:
		c.fail(first.Pos, "healthcheck.test: want one text after CMD-SHELL")
	}
}

// patterns checks the regular expressions in a list.
func (c *checker) patterns(key string, list []String) {
	for _, text := range list {
		if _, err := ParsePattern(text.Value); err != nil {
			reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
			c.fail(text.Pos, "%s: the regular expression %s cannot be understood: %s", key, text.Value, reason)
		}
	}
}

// meta checks the project section.
func (c *checker) meta(p *Project) {
	c.spec(p.ImageSpec)
	for _, policy := range p.Cleanup.KeepPolicies {
		for key, text := range map[string]String{"tag": policy.References.Tag, "branch": policy.References.Branch} {
			c.patterns(key, []String{text})
		}
	}
}
