package schema

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed project.schema.json
var source []byte

// compiled is the schema in the forms that validation works with.
type compiled struct {
	rules   map[Kind]*rule
	raw     map[string]any                              // the schema document itself
	library func() (map[Kind]*jsonschema.Schema, error) // made for the first document with a fault
}

// load reads the schema on first use. The schema is part of the program, so an
// error is a fault of the program.
var load = sync.OnceValue(func() *compiled {
	c, err := read(source)
	if err != nil {
		panic(err)
	}
	return c
})

func read(text []byte) (*compiled, error) {
	c := &compiled{rules: map[Kind]*rule{}}
	if err := json.Unmarshal(text, &c.raw); err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	defs, _ := c.raw["$defs"].(map[string]any)
	r := rules{defs: defs, done: map[string]*rule{}}
	for kind, name := range definitions {
		c.rules[kind] = r.definition(name)
	}
	c.library = sync.OnceValues(func() (map[Kind]*jsonschema.Schema, error) { return compile(text) })
	return c, nil
}

// compile makes the parts of the schema ready for the library.
func compile(text []byte) (map[Kind]*jsonschema.Schema, error) {
	id := "project.schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	if err := compiler.AddResource(id, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	kinds := map[Kind]*jsonschema.Schema{}
	for kind, name := range definitions {
		s, err := compiler.Compile(id + "#/$defs/" + name)
		if err != nil {
			return nil, fmt.Errorf("compiling the embedded schema: %w", err)
		}
		kinds[kind] = s
	}
	return kinds, nil
}

// object is a schema object of the document, with $ref followed where a key is
// not found beside it.
type object map[string]any

// at returns the object that holds the keyword at a location such as
// "https://…#/$defs/meta/properties/project/pattern", and the keyword.
func (c *compiled) at(location string) (object, string) {
	i := strings.LastIndexByte(location, '/')
	obj, _ := c.value(location[:i]).(map[string]any)
	return obj, location[i+1:]
}

// value returns what is at a location.
func (c *compiled) value(location string) any {
	_, pointer, _ := strings.Cut(location, "#/")
	var value any = c.raw
	for token := range strings.SplitSeq(pointer, "/") {
		value = child(value, unescape(token))
	}
	return value
}

func child(value any, token string) any {
	switch v := value.(type) {
	case map[string]any:
		return v[token]
	case []any:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	return nil
}

// unescape decodes one part of a JSON pointer in a URL.
func unescape(token string) string {
	if t, err := url.PathUnescape(token); err == nil {
		token = t
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

// text returns the value of a keyword that is a string.
func (o object) text(keyword string) string {
	s, _ := o[keyword].(string)
	return s
}

// texts returns the value of a keyword that is a string or a list of strings.
func (o object) texts(keyword string) []string {
	switch v := o[keyword].(type) {
	case string:
		return []string{v}
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			list[i] = fmt.Sprint(item)
		}
		return list
	}
	return nil
}

// keys returns the names of the properties, sorted.
func (o object) keys() []string {
	properties, _ := o["properties"].(map[string]any)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// refused returns why a key that many would expect cannot be given.
func (o object) refused(key string) string {
	reasons, _ := o["x-refused"].(map[string]any)
	return object(reasons).text(key)
}

// current returns the keys that are not deprecated.
func (o object) current() []string {
	properties, _ := o["properties"].(map[string]any)
	return slices.DeleteFunc(o.keys(), func(key string) bool {
		property, _ := properties[key].(map[string]any)
		return property["deprecated"] == true
	})
}

// name is how the thing that the schema describes is called in a sentence.
func (o object) name() string {
	if n := o.text("x-name"); n != "" {
		return n
	}
	return "this section"
}
