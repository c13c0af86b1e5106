package planner

import "regexp"

// inherited finds the image whose configuration brings a difference to one that is
// built on it.
func (c *comparer) inherited(img *Image, d difference) (reason, bool) {
	if d.either() == nil || d.order {
		return reason{}, false
	}
	id := d.either().fieldID
	id.op = 0 // as in an image
	for _, dep := range img.Deps {
		old := c.old.images[dep.Name]
		if old == nil || old.Key == dep.Key || dep.Top != nil && !hasStep(img, dep.Top) {
			continue
		}
		if !equalFields(byID(imageFieldList(old))[id], d.old) || !equalFields(byID(imageFieldList(dep))[id], d.new) {
			continue
		}
		if r, ok := c.inherited(dep, d); ok {
			return r.through(dep.Name), true
		}
		return found(configCause(d, dep)).through(dep.Name), true
	}
	return reason{}, false
}

func equalFields(a, b *field) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.value == b.value
}

// configCause is a difference in the configuration of an image.
func configCause(d difference, img *Image) Cause {
	cause := d.cause()
	cause.Kind, cause.Image, cause.Pos = KindConfig, img.Name, img.Pos
	if f := d.either(); !d.order && f != nil && f.name == "env" {
		cause.Name = "env " + f.key
	}
	return cause
}

var hexRun = regexp.MustCompile(`[0-9a-f]{64}`)

// dependency follows a value that differs only by what it says of another image.
func (c *comparer) dependency(d difference) (reason, bool) {
	if d.old == nil || d.new == nil || d.order || d.old.value == d.new.value || c.old.neutral(d.old.value) != c.new.neutral(d.new.value) {
		return reason{}, false
	}
	for _, token := range hexRun.FindAllString(d.new.value, -1) {
		name := c.new.image(token)
		old, new := c.old.images[name], c.new.images[name]
		if old != nil && new != nil && old.Key != new.Key {
			return c.image(old, new).through(name), true
		}
	}
	return reason{}, false
}

// neutral is a value with the names of images in place of their keys and tokens.
func (s *side) neutral(value string) string {
	return hexRun.ReplaceAllStringFunc(value, func(token string) string {
		if name := s.image(token); name != "" {
			return "image " + name
		}
		return token
	})
}

// image is the name of the image that a key or token belongs to.
func (s *side) image(token string) string {
	if len(s.tokens) == 0 {
		for _, img := range s.plan.Images {
			for _, known := range []string{string(img.Key), IDToken(img.Key), DigestToken(img.Key)} {
				if s.tokens[known] == "" {
					s.tokens[known] = img.Name
				}
			}
		}
	}
	return s.tokens[token]
}
