package config

import "gopkg.in/yaml.v3"

// renderSpec writes an imageSpec section, also one without keys: it was there.
func renderSpec(s *ImageSpec) *yaml.Node {
	if s == nil {
		return nil
	}
	spec := mapping{node: yaml.Node{Kind: yaml.MappingNode}}
	spec.text("author", s.Author)
	spec.flagUnless("clearHistory", s.ClearHistory, false)
	spec.put("config", renderSpecConfig(s))
	return &spec.node
}

func renderSpecConfig(s *ImageSpec) *yaml.Node {
	var c mapping
	c.pairs("env", s.Env)
	c.pairs("labels", s.Labels)
	c.texts("volumes", s.Volumes)
	c.texts("expose", s.Expose)
	c.command("cmd", s.Cmd)
	c.command("entrypoint", s.Entrypoint)
	c.text("user", s.User)
	c.text("workingDir", s.WorkingDir)
	c.text("stopSignal", s.StopSignal)
	c.put("healthcheck", renderHealthcheck(s.Healthcheck))
	c.texts("removeEnv", s.RemoveEnv)
	c.texts("removeLabels", s.RemoveLabels)
	c.texts("removeVolumes", s.RemoveVolumes)
	c.flagUnless("clearCmd", s.ClearCmd, false)
	c.flagUnless("clearEntrypoint", s.ClearEntrypoint, false)
	c.flagUnless("clearUser", s.ClearUser, false)
	c.flagUnless("clearWorkingDir", s.ClearWorkingDir, false)
	c.flagUnless("keepEssentialWerfLabels", s.KeepEssentialWerfLabels, false)
	c.flagUnless("clearWerfLabels", s.ClearWerfLabels, false)
	return c.done()
}

func (m *mapping) command(key string, c *Command) {
	if c == nil {
		return
	}
	list := textList(c.Args)
	for _, arg := range list.Content {
		placed(arg, c.Pos)
	}
	m.put(key, list)
}

func renderHealthcheck(h *Healthcheck) *yaml.Node {
	if h == nil {
		return nil
	}
	m := mapping{node: yaml.Node{Kind: yaml.MappingNode}}
	m.texts("test", h.Test)
	m.duration("interval", h.Interval)
	m.duration("timeout", h.Timeout)
	m.duration("startPeriod", h.StartPeriod)
	m.numberUnless("retries", h.Retries, 0)
	return &m.node
}
