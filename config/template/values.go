package template

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// env returns a variable of the environment: the default when it is not set or
// empty. One that is not set and has no default is an error unless the project is
// rendered loosely.
func (r *renderer) env(name any, otherwise ...string) (string, error) {
	if len(otherwise) > 1 {
		return "", messagef("env takes a name and at most one default; here are %d", len(otherwise))
	}
	if err := r.measured(name); err != nil {
		return "", err
	}
	key := fmt.Sprint(name)
	value, set, err := r.opts.Project.Getenv(key)
	if err != nil {
		return "", message(err.Error())
	}
	if value == "" && len(otherwise) == 1 {
		return otherwise[0], nil
	}
	if !set && !r.opts.Loose {
		return "", messagef("the environment variable %q is not set; set it, or give a default: env %q \"...\"", key, key)
	}
	r.hidden.add(value)
	return r.text(value)
}

// required returns a value, or the user's message as an error when it is empty.
func required(text string, value any) (any, error) {
	if value == nil || value == "" {
		return nil, message(text)
	}
	return value, nil
}

// fromYaml reads one mapping. As in YAML 1.1, which existing templates are written
// for, the plain words yes, no, on and off are truth values.
func (r *renderer) fromYaml(text string) (map[string]any, error) {
	values := map[string]any{}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		return nil, yamlError(err)
	}
	if node.Kind == 0 {
		return values, nil
	}
	if kind := node.Content[0]; kind.Kind == yaml.SequenceNode {
		return nil, message("fromYaml reads a mapping and this is a list; put the list under a key")
	}
	oldBooleans(&node)
	if err := node.Decode(&values); err != nil {
		return nil, yamlError(err)
	}
	return values, r.made(values)
}

// oldBooleans turns the truth values of YAML 1.1 into those of 1.2. Keys stay words.
func oldBooleans(n *yaml.Node) {
	step, first := 1, 0
	if n.Kind == yaml.MappingNode {
		step, first = 2, 1
	}
	for i := first; i < len(n.Content); i += step {
		oldBooleans(n.Content[i])
	}
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Tag != "!!str" {
		return
	}
	switch n.Value {
	case "yes", "Yes", "YES", "on", "On", "ON":
		n.Tag, n.Value = "!!bool", "true"
	case "no", "No", "NO", "off", "Off", "OFF":
		n.Tag, n.Value = "!!bool", "false"
	}
}

func yamlError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	return message("fromYaml: " + strings.ReplaceAll(text, "\n  ", "; "))
}

// toYaml writes a value without a line end behind it.
func (r *renderer) toYaml(value any) (string, error) {
	if err := r.measured(value); err != nil {
		return "", err
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return r.text(strings.TrimSuffix(b.String(), "\n"))
}

// identityOf tells one map from another.
func identityOf(m map[string]any) uintptr { return reflect.ValueOf(m).Pointer() }
