package config

import (
	"fmt"
	"strings"
)

// cycleFinder walks the images depth first and remembers the way it came.
type cycleFinder struct {
	checker *checker
	state   map[*Image]visitState
	way     []*Image
	edges   []Use // edges[i] leads from way[i] to way[i+1]
}

type visitState int

const (
	unvisited visitState = iota
	onTheWay
	done
)

// cycles reports images that need each other.
func (c *checker) cycles() {
	f := &cycleFinder{checker: c, state: map[*Image]visitState{}}
	for _, img := range c.project.Images {
		f.visit(img)
	}
}

func (f *cycleFinder) visit(img *Image) {
	if f.state[img] != unvisited {
		return
	}
	f.state[img] = onTheWay
	f.way = append(f.way, img)
	for _, use := range uses(img) {
		next := f.checker.images[use.Image.Value]
		if next == nil || next == img {
			continue
		}
		f.edges = append(f.edges, use)
		if f.state[next] == onTheWay {
			f.report(next)
		}
		f.visit(next)
		f.edges = f.edges[:len(f.edges)-1]
	}
	f.way = f.way[:len(f.way)-1]
	f.state[img] = done
}

// report names the whole circle that ends at an image on the way.
func (f *cycleFinder) report(end *Image) {
	start := len(f.way) - 1
	for f.way[start] != end {
		start--
	}
	links := make([]string, 0, len(f.edges)-start)
	for _, use := range f.edges[start:] {
		links = append(links, fmt.Sprintf("needs %q (%s, %s)", use.Image.Value, use.Kind, use.Image.Pos))
	}
	f.checker.fail(f.edges[start].Image.Pos, "images need each other in a circle: %q %s", end.Name.Value, strings.Join(links, ", which "))
}
