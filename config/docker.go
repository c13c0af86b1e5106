package config

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// dockerSpec turns the old section docker into an imageSpec, nil when there is
// none.
func dockerSpec(s section) *ImageSpec {
	key, _ := s.entry("docker")
	m := s.sub("docker")
	spec := &ImageSpec{
		Pos:        m.pos(),
		Env:        m.pairs("ENV"),
		Labels:     m.pairs("LABEL"),
		Volumes:    m.texts("VOLUME"),
		Expose:     m.texts("EXPOSE"),
		Cmd:        command(m, "CMD"),
		Entrypoint: command(m, "ENTRYPOINT"),
		User:       m.text("USER"),
		WorkingDir: m.text("WORKDIR"),
	}
	m.flag("exactValues", false) // values are always taken as they are written
	if text := m.text("HEALTHCHECK"); text.Value != "" {
		check, err := parseHealthcheck(text)
		if err != nil {
			s.d.fail(text.Pos, "HEALTHCHECK: %s", err)
		}
		spec.Healthcheck = check
	}
	if key == nil {
		return nil
	}
	note := ""
	if len(spec.Expose) > 0 {
		note = "; expose replaces the ports of the base, as EXPOSE does now"
	}
	s.d.warn(key, "docker is an old key: write imageSpec.config with env, labels, volumes, expose, cmd, entrypoint, workingDir, user, healthcheck%s", note)
	return spec
}

// parseHealthcheck reads what stands behind HEALTHCHECK in a Dockerfile.
func parseHealthcheck(text String) (*Healthcheck, error) {
	h := &Healthcheck{Pos: text.Pos}
	rest := strings.TrimSpace(text.Value)
	for strings.HasPrefix(rest, "--") {
		option, after := cutBlank(rest)
		if err := h.option(option, text.Pos); err != nil {
			return nil, err
		}
		rest = after
	}
	word, rest := cutBlank(rest)
	switch {
	case strings.EqualFold(word, "NONE") && rest == "":
		h.Test = []String{{Value: "NONE", Pos: text.Pos}}
	case strings.EqualFold(word, "CMD") && rest != "":
		h.Test = healthCommand(rest, text.Pos)
	default:
		return nil, fmt.Errorf("want options, then NONE or CMD with a command, found %q", text.Value)
	}
	return h, nil
}

// cutBlank separates the first word.
func cutBlank(text string) (word, rest string) {
	i := strings.IndexAny(text, " \t\n")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// option reads an option such as --interval=30s.
func (h *Healthcheck) option(text string, pos Pos) error {
	name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
	if name == "retries" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("--retries: want a number that is not negative, found %q", value)
		}
		h.Retries = Int{Value: n, Pos: pos}
		return nil
	}
	target, ok := map[string]*Duration{"interval": &h.Interval, "timeout": &h.Timeout, "start-period": &h.StartPeriod}[name]
	if !ok {
		return fmt.Errorf("--%s is not known here; allowed: --interval, --timeout, --start-period, --retries", name)
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return fmt.Errorf("--%s: want a duration such as 30s or 1m30s, found %q", name, value)
	}
	*target = Duration{Value: d, Pos: pos}
	return nil
}

// healthCommand is a list of arguments, or one text for the shell.
func healthCommand(text string, pos Pos) []String {
	words := []string{"CMD-SHELL", text}
	var args []string
	if json.Unmarshal([]byte(text), &args) == nil && len(args) > 0 {
		words = append([]string{"CMD"}, args...)
	}
	list := make([]String, len(words))
	for i, word := range words {
		list[i] = String{Value: word, Pos: pos}
	}
	return list
}
