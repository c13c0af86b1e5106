package config

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Explained is one value in effect and where it comes from.
type Explained struct {
	Key     string   // "shell.install[0]"
	Value   string   // "(not shown)" for a secret
	Pos     Pos      // the zero Pos for a default
	Origins []Origin // variables and values of a matrix that it is made with
}

// ExplainImage lists the values in effect of an image, in the order in which
// Render writes them.
func ExplainImage(p *Project, img *Image) []Explained {
	x := explainer{origins: p.origins[img.Name.Value]}
	x.walk("", renderImage(img))
	return x.list
}

// ExplainProject lists the values in effect of the project section and the
// variables.
func ExplainProject(p *Project) []Explained {
	var x explainer
	x.walk("", renderMeta(p))
	x.list = x.list[1:] // configVersion
	for _, v := range p.Vars {
		x.list = append(x.list, Explained{Key: "vars." + v.Name.Value, Value: v.Value, Pos: v.Pos})
	}
	return x.list
}

type explainer struct {
	origins map[Pos][]Origin
	list    []Explained
}

func (x *explainer) walk(key string, n *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			x.walk(strings.TrimPrefix(key+"."+n.Content[i].Value, "."), n.Content[i+1])
		}
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			x.walk(key+"["+strconv.Itoa(i)+"]", item)
		}
	default:
		x.value(key, n)
	}
}

func (x *explainer) value(key string, n *yaml.Node) {
	e := Explained{Key: key, Value: n.Value, Pos: placeOf(n)}
	if secret(key) {
		e.Value = "(not shown)"
	}
	if strings.HasSuffix(key, ".url") {
		e.Value = withoutPassword(e.Value)
	}
	for _, o := range x.origins[e.Pos] {
		if e.Pos != (Pos{}) && !slices.Contains(e.Origins, o) {
			e.Origins = append(e.Origins, o)
		}
	}
	x.list = append(x.list, e)
}

// secret reports whether a value is kept out of what is shown.
func secret(key string) bool {
	inside := strings.HasPrefix(key, "secrets[") || strings.Contains(key, ".basicAuth.")
	return inside && strings.HasSuffix(key, ".value")
}

// withoutPassword is an address of a repository without the password in it.
func withoutPassword(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	user, host, has := strings.Cut(rest, "@")
	name, _, password := strings.Cut(user, ":")
	if !ok || !has || !password || strings.Contains(user, "/") {
		return address
	}
	return scheme + "://" + name + ":(not shown)@" + host
}
