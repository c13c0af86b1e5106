package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// imagePair is an image in both plans.
type imagePair struct{ old, new *Image }

// stepPair is steps at the same place of a chain; one of them may be nil.
type stepPair struct{ old, new *Step }

// steps is why the chain of an image, or of one of its stages, changed.
func (c *comparer) steps(images imagePair, oldTop, newTop *Step) reason {
	oldChain, newChain := chainOf(oldTop), chainOf(newTop)
	i := 0
	for i < len(oldChain) && i < len(newChain) && oldChain[i].Key == newChain[i].Key {
		i++
	}
	oldChain, newChain = oldChain[i:], newChain[i:]
	if parent, ok := c.changedParent(images.new, newChain); ok {
		return c.image(parent.old, parent.new).through(parent.new.Name)
	}
	pair := firstPair(oldChain, newChain)
	if pair.old == nil || pair.new == nil {
		return found(pair.addedOrRemoved(images.new))
	}
	return c.step(images, pair)
}

// chainOf is the steps up to one, the first one first.
func chainOf(top *Step) []*Step {
	var chain []*Step
	for s := top; s != nil; s = s.Parent {
		chain = append(chain, s)
	}
	slices.Reverse(chain)
	return chain
}

// changedParent finds the changed image that another one is built on, given the
// steps of the other one that differ.
func (c *comparer) changedParent(img *Image, differing []*Step) (imagePair, bool) {
	for _, dep := range img.Deps {
		old := c.old.images[dep.Name]
		if old != nil && old.Key != dep.Key && dep.Top != nil && slices.Contains(differing, dep.Top) {
			return imagePair{old, dep}, true
		}
	}
	return imagePair{}, false
}

// firstPair is the first steps that differ. Only one of them is set for an
// instruction that was added or removed before others that stayed.
func firstPair(old, new []*Step) stepPair {
	if len(old) == 0 {
		return stepPair{new: new[0]}
	}
	if len(new) == 0 {
		return stepPair{old: old[0]}
	}
	pair := stepPair{old[0], new[0]}
	if instruction(pair.old) == instruction(pair.new) {
		return pair
	}
	stays, known := hasInstruction(new, pair.old), hasInstruction(old, pair.new)
	switch {
	case stays && !known:
		pair.old = nil
	case known && !stays:
		pair.new = nil
	}
	return pair
}

func hasInstruction(chain []*Step, s *Step) bool {
	return slices.ContainsFunc(chain, func(other *Step) bool { return instruction(other) == instruction(s) })
}

// instruction is the name of a step without its number, on one line.
func instruction(s *Step) string {
	name := strings.Join(strings.Fields(s.Name), " ")
	if _, rest, ok := strings.Cut(name, "] "); ok && strings.HasPrefix(name, "[") {
		return rest
	}
	return name
}

// addedOrRemoved is the cause for a step that is in one of the plans only.
func (p stepPair) addedOrRemoved(img *Image) Cause {
	if p.old == nil {
		return Cause{Kind: KindInstruction, New: instruction(p.new)}.at(p.new, img)
	}
	return Cause{Kind: KindInstruction, Old: instruction(p.old)}.at(p.old, img)
}

// at gives a cause the place of a step. A step that several images have is here
// one of the image that is asked about; a base has the place of that image then,
// as its own is in another one.
func (c Cause) at(s *Step, img *Image) Cause {
	c.Image, c.Step, c.Pos = s.Image, strings.Join(strings.Fields(s.Name), " "), s.Pos
	if !needs(img, s.Image) {
		c.Image = img.Name
		if s.Base != nil {
			c.Pos = img.Pos
		}
	}
	return c
}

// needs reports whether an image is another one or refers to it.
func needs(img *Image, name string) bool {
	return img.Name == name || slices.ContainsFunc(img.Deps, func(dep *Image) bool { return dep.Name == name })
}

// step is why a step that is in both plans, on equal parents, changed.
func (c *comparer) step(images imagePair, pair stepPair) reason {
	d := firstDifference(stepFieldList(pair.old), stepFieldList(pair.new))
	f := d.either()
	if f == nil || d.order {
		return found(d.cause().at(pair.new, images.new))
	}
	if f.name == "from" && d.old != nil && d.new != nil {
		if r, ok := c.from(images, pair, f.op-1); ok {
			return r
		}
	}
	if r, ok := c.dependency(d); ok {
		return r
	}
	if r, ok := c.inherited(images.new, d); ok && f.name == "env" {
		return r
	}
	cause := d.cause()
	switch {
	case f.name == "base":
		cause = baseCause(pair)
	case d.old != nil && d.new != nil && f.name == "text":
		cause = asWritten(cause, pair, f.op-1)
	case d.old != nil && d.new != nil:
	case f.file != nil && f.file.path != "":
		cause = c.selection(cause, pair)
	case f.name == "copy" || f.name == "mkdir" || f.name == "arg":
		cause = otherInstruction(cause, pair)
	}
	return found(cause.at(pair.new, images.new))
}

// from follows files to the step that they are copied from.
func (c *comparer) from(images imagePair, pair stepPair, op int) (reason, bool) {
	oldFrom, newFrom := pair.old.Ops[op].Copy.From, pair.new.Ops[op].Copy.From
	if oldFrom == nil || newFrom == nil {
		return reason{}, false
	}
	for _, dep := range images.new.Deps {
		old := c.old.images[dep.Name]
		if old != nil && hasStep(dep, newFrom) && hasStep(old, oldFrom) {
			return c.steps(imagePair{old, dep}, oldFrom, newFrom).through(dep.Name), true
		}
	}
	return c.steps(images, oldFrom, newFrom), true
}

func hasStep(img *Image, s *Step) bool {
	for top := img.Top; top != nil; top = top.Parent {
		if top == s {
			return true
		}
	}
	return false
}

// asWritten has the commands of a stage as the user wrote them in place of the
// script that runs them.
func asWritten(cause Cause, pair stepPair, op int) Cause {
	old, new := pair.old.Ops[op].Run.Display, pair.new.Ops[op].Run.Display
	if old != new && pair.old.Name == pair.new.Name {
		cause.Old, cause.New = old, new
	}
	return cause
}

// baseCause is another external image, or one in place of none.
func baseCause(pair stepPair) Cause {
	cause := Cause{Kind: KindBase, Old: "scratch", New: "scratch"}
	if pair.old.Base != nil {
		cause.Name, cause.Old = pair.old.Base.Ref, pair.old.Base.Ref+" "+pair.old.Base.ID
	}
	if pair.new.Base != nil {
		cause.Name, cause.New = pair.new.Base.Ref, pair.new.Base.Ref+" "+pair.new.Base.ID
	}
	return cause
}

// selection tells a file that was added or removed from one that is there all the
// time and is selected by one of the steps only.
func (c *comparer) selection(cause Cause, pair stepPair) Cause {
	other := c.old.plan.tree
	if cause.New == "" {
		other = c.new.plan.tree
	}
	if e, there := other.Lookup(cause.Name); !there || e.IsDir() {
		return cause
	}
	if instruction(pair.old) != instruction(pair.new) {
		return otherInstruction(cause, pair)
	}
	if ignore, ok := c.ignoreFile(cause.Name, pair.new); ok {
		ignore.More = cause.More
		return ignore
	}
	cause.Kind = KindSelection
	return cause
}

// ignoreFile finds the changed ignore file that may have taken out a file: that of
// the Dockerfile, or the one in a folder above the file.
func (c *comparer) ignoreFile(name string, s *Step) (Cause, bool) {
	if title := instruction(s); !strings.HasPrefix(title, "COPY") && !strings.HasPrefix(title, "ADD") {
		return Cause{}, false
	}
	dockerfile, _, _ := strings.Cut(s.Pos, ":")
	candidates := []string{dockerfile + ".dockerignore"}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		candidates = append(candidates, path.Join(dir, ".dockerignore"))
	}
	for _, candidate := range append(candidates, ".dockerignore") {
		old, _ := c.old.plan.tree.Lookup(candidate)
		new, _ := c.new.plan.tree.Lookup(candidate)
		if old != new {
			return Cause{Kind: KindFile, Name: candidate, Old: entryText(old.Mode, old.OID), New: entryText(new.Mode, new.OID)}, true
		}
	}
	return Cause{}, false
}

func entryText(mode uint32, oid string) string {
	if oid == "" {
		return ""
	}
	return fmt.Sprintf("%06o %s", mode, contentID(File{Mode: mode, OID: oid}))
}

// otherInstruction is the cause for instructions that do different things.
func otherInstruction(cause Cause, pair stepPair) Cause {
	old, new := instruction(pair.old), instruction(pair.new)
	if old == new {
		return cause
	}
	return Cause{Kind: KindInstruction, Old: old, New: new, More: cause.More}
}
