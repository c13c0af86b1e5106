package planner

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// manifestVersion is raised whenever equal inputs shall get new keys.
const manifestVersion = "1"

// sink takes the fields of a manifest in order.
type sink interface {
	field(name, value string)
}

// Manifest returns what the key of a step covers: one "name value" line for each
// field, the value quoted where it is not plain. Equal keys have equal
// manifests.
func Manifest(s *Step) string {
	var w textSink
	stepFields(&w, s)
	return w.text.String()
}

// ImageManifest returns what the key of an image covers, in the form of Manifest.
func ImageManifest(img *Image) string {
	var w textSink
	imageFields(&w, img)
	return w.text.String()
}

func stepKey(s *Step) Key {
	w := newHashSink()
	stepFields(w, s)
	return w.key()
}

func imageKey(img *Image) Key {
	w := newHashSink()
	imageFields(w, img)
	return w.key()
}

// stepFields is the one list of what a step depends on.
func stepFields(w sink, s *Step) {
	w.field("strake step", manifestVersion)
	w.field("platform", s.Platform)
	if s.Base != nil {
		w.field("base", s.Base.ID)
		return
	}
	w.field("parent", keyOf(s.Parent))
	list(w, "version", s.Versions)
	for _, op := range s.Ops {
		opFields(w, op)
	}
}

// keyOf is the key of a step, or "scratch" for none.
func keyOf(s *Step) string {
	if s == nil {
		return "scratch"
	}
	return string(s.Key)
}

func opFields(w sink, op Op) {
	switch {
	case op.Copy != nil:
		copyFields(w, op.Copy)
	case op.Run != nil:
		runFields(w, op.Run)
	case op.Mkdir != nil:
		w.field("mkdir", op.Mkdir.Path)
		ownerFields(w, op.Mkdir.Owner)
	}
}

func runFields(w sink, r *Run) {
	w.field("run", strconv.Itoa(len(r.Args)))
	for _, arg := range r.Args {
		w.field("arg", arg)
	}
	for _, entry := range slices.Sorted(slices.Values(r.Env)) {
		w.field("env", entry)
	}
	w.field("dir", r.Dir)
	w.field("user", r.User)
	w.field("network", r.Network)
	optional(w, "stdin", r.Stdin)
	for _, script := range r.Scripts {
		w.field("script", fmt.Sprintf("%04o %s", script.Mode, script.Path))
		w.field("text", script.Data)
	}
}

func copyFields(w sink, c *Copy) {
	w.field("copy", c.Dest)
	if c.From != nil || c.Scratch {
		fromFields(w, c)
	}
	for _, source := range c.Sources {
		sourceFields(w, source)
	}
	if c.KeepOwner {
		w.field("owner", "kept")
	} else {
		ownerFields(w, c.Owner)
	}
	if c.Mode != nil {
		w.field("chmod", fmt.Sprintf("%04o", *c.Mode))
	}
	if c.Unpack {
		w.field("unpack", "yes")
	}
}

func fromFields(w sink, c *Copy) {
	w.field("from", keyOf(c.From))
	for _, path := range c.Paths {
		w.field("path", path)
	}
	for _, glob := range c.Include {
		w.field("include", glob)
	}
	for _, glob := range c.Exclude {
		w.field("exclude", glob)
	}
}

// sourceFields lists every file with its path, mode and content. One rule serves
// whole folders and single files alike, so that the same files always give the
// same key; the id of a tree is never used, as it covers files that an ignore
// file takes out.
func sourceFields(w sink, source Source) {
	kind := "file"
	if source.Dir {
		kind = "folder"
	}
	w.field("source", kind)
	for _, file := range source.Files {
		w.field("file", fmt.Sprintf("%06o %s %s", file.Mode, contentID(file), file.Path))
	}
}

func contentID(file File) string {
	switch {
	case file.Mode == modeDir:
		return "-"
	case file.OID != "":
		return "git:" + file.OID
	default:
		sum := sha256.Sum256(file.Data)
		return "sha256:" + hex.EncodeToString(sum[:])
	}
}

const modeDir = 0o040000

func ownerFields(w sink, o Owner) {
	if o == (Owner{}) {
		return
	}
	group := o.Group
	if o.PrimaryGroup && group == "" {
		group = "(primary)"
	}
	w.field("owner", o.User+":"+group)
}

// imageFields is the one list of what an image depends on.
func imageFields(w sink, img *Image) {
	w.field("strake image", manifestVersion)
	w.field("platform", img.Platform)
	w.field("top", keyOf(img.Top))
	c := img.Config
	optional(w, "user", c.User)
	list(w, "port", slices.Sorted(maps.Keys(c.ExposedPorts)))
	list(w, "env", c.Env)
	list(w, "entrypoint", c.Entrypoint)
	list(w, "cmd", c.Cmd)
	list(w, "volume", slices.Sorted(maps.Keys(c.Volumes)))
	optional(w, "workdir", c.WorkingDir)
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		w.field("label", name)
		w.field("value", c.Labels[name])
	}
	optional(w, "stop signal", c.StopSignal)
	list(w, "shell", c.Shell)
	list(w, "onbuild", c.OnBuild)
	if c.Healthcheck != nil {
		healthFields(w, c.Healthcheck)
	}
	optional(w, "author", img.Author)
	if img.Bare {
		w.field("history", "bare")
	}
}

func healthFields(w sink, h *Healthcheck) {
	list(w, "healthcheck", h.Test)
	w.field("interval", h.Interval.String())
	w.field("timeout", h.Timeout.String())
	w.field("start period", h.StartPeriod.String())
	w.field("start interval", h.StartInterval.String())
	w.field("retries", strconv.Itoa(h.Retries))
}

func list(w sink, name string, values []string) {
	for _, value := range values {
		w.field(name, value)
	}
}

// optional writes a field that is left out when it is empty; as fields have
// names, no other manifest looks the same.
func optional(w sink, name, value string) {
	if value != "" {
		w.field(name, value)
	}
}

// hashSink hashes fields as length, name, length, value.
type hashSink struct {
	sum hash.Hash
}

func newHashSink() *hashSink { return &hashSink{sum: sha256.New()} }

func (h *hashSink) field(name, value string) {
	h.part(name)
	h.part(value)
}

func (h *hashSink) part(text string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(text)))
	h.sum.Write(size[:])
	h.sum.Write([]byte(text))
}

func (h *hashSink) key() Key { return Key(hex.EncodeToString(h.sum.Sum(nil))) }

// textSink writes fields as lines.
type textSink struct {
	text strings.Builder
}

func (t *textSink) field(name, value string) {
	fmt.Fprintf(&t.text, "%-8s %s\n", name, plainOrQuoted(value))
}

// plainOrQuoted leaves a value as it is when a line can hold it and nothing else
// looks the same.
func plainOrQuoted(value string) string {
	quoted := strconv.Quote(value)
	plain := value != "" && value[0] != '"' && value[0] != ' ' && utf8.ValidString(value) &&
		!strings.ContainsFunc(value, func(r rune) bool { return !strconv.IsPrint(r) })
	if plain {
		return value
	}
	return quoted
}
