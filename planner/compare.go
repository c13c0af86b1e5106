package planner

import "slices"

// Status is what became of an image between two plans.
type Status string

// The states of images.
const (
	Same    Status = "same"
	Changed Status = "changed" // another key
	New     Status = "new"     // not in the old plan
	Gone    Status = "gone"    // not in the new plan
)

// Comparison says which images differ between two plans and why.
type Comparison struct {
	// Images are those of the new plan in its order, then those that are gone.
	Images []ImageChange
}

// ImageChange is one image of a comparison.
type ImageChange struct {
	Name   string
	Status Status
	Old    *Image // nil for a new one
	New    *Image // nil for one that is gone
	// Cause is the first input that differs, nil unless the image changed.
	Cause *Cause
	// Via is the images through which the cause reaches this one: that of the
	// cause first, this one not among them.
	Via []string
}

// Path is the way of the cause, up to the image that this one is made from: what
// differs, the step, images. It is nil unless the image changed.
func (c ImageChange) Path() []string {
	if c.Cause == nil {
		return nil
	}
	path := []string{c.Cause.Title()}
	if c.Cause.Step != "" {
		path = append(path, c.Cause.Step)
	}
	return append(path, c.Via...)
}

// Compare finds what differs between two plans, which should be made with the same
// platform, settings and Bases. Causes come from the manifests that the keys were
// made of.
func Compare(old, new *Plan) *Comparison {
	c := newComparer(old, new)
	out := &Comparison{}
	for _, img := range new.Images {
		out.Images = append(out.Images, c.change(img))
	}
	for _, img := range old.Images {
		if c.new.images[img.Name] == nil {
			out.Images = append(out.Images, ImageChange{Name: img.Name, Status: Gone, Old: img})
		}
	}
	return out
}

// Image returns what became of an image, and whether it is in one of the plans.
func (c *Comparison) Image(name string) (ImageChange, bool) {
	i := slices.IndexFunc(c.Images, func(img ImageChange) bool { return img.Name == name })
	if i < 0 {
		return ImageChange{}, false
	}
	return c.Images[i], true
}

// SameCause returns the names of the other images that changed for the same cause,
// in the order of the comparison.
func (c *Comparison) SameCause(name string) []string {
	img, _ := c.Image(name)
	if img.Cause == nil {
		return nil
	}
	var names []string
	for _, other := range c.Images {
		if other.Name != name && other.Cause != nil && other.Cause.same(img.Cause) {
			names = append(names, other.Name)
		}
	}
	return names
}

// comparer finds causes. Images are looked at once each.
type comparer struct {
	old, new side
	reasons  map[string]reason // by image
}

// side is one of the plans.
type side struct {
	plan   *Plan
	images map[string]*Image
	tokens map[string]string // names of images by their keys and tokens
}

// reason is a cause and the images through which it reaches one.
type reason struct {
	cause *Cause
	via   []string
}

func found(c Cause) reason { return reason{cause: &c} }

// through is the reason of an image that needs another one for that of the other.
func (r reason) through(image string) reason {
	return reason{r.cause, append(slices.Clip(r.via), image)}
}

func newComparer(old, new *Plan) *comparer {
	return &comparer{old: newSide(old), new: newSide(new), reasons: map[string]reason{}}
}

func newSide(p *Plan) side {
	s := side{plan: p, images: make(map[string]*Image, len(p.Images)), tokens: map[string]string{}}
	for _, img := range p.Images {
		s.images[img.Name] = img
	}
	return s
}

func (c *comparer) change(img *Image) ImageChange {
	change := ImageChange{Name: img.Name, Status: Same, Old: c.old.images[img.Name], New: img}
	switch {
	case change.Old == nil:
		change.Status = New
	case change.Old.Key != img.Key:
		change.Status = Changed
		r := c.image(change.Old, img)
		change.Cause, change.Via = r.cause, r.via
	}
	return change
}

// image is why the key of an image changed.
func (c *comparer) image(old, new *Image) reason {
	if r, ok := c.reasons[new.Name]; ok {
		return r
	}
	pair := imagePair{old, new}
	var r reason
	if keyOf(old.Top) != keyOf(new.Top) {
		r = c.steps(pair, old.Top, new.Top)
	} else {
		r = c.config(pair)
	}
	c.reasons[new.Name] = r
	return r
}

// config is why an image changed whose steps did not.
func (c *comparer) config(pair imagePair) reason {
	d := firstDifference(imageFieldList(pair.old), imageFieldList(pair.new))
	if r, ok := c.dependency(d); ok {
		return r
	}
	if r, ok := c.inherited(pair.new, d); ok {
		return r
	}
	return found(configCause(d, pair.new))
}
