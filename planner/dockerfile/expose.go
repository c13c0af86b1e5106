package dockerfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// expose adds ports. A word may expand to several.
func (b *builder) expose(c *instructions.ExposeCommand, in *Instruction) error {
	if b.cfg.ExposedPorts == nil {
		b.cfg.ExposedPorts = map[string]struct{}{}
	}
	in.CreatedBy = "EXPOSE"
	for _, word := range c.Ports {
		specs, err := b.file.expandWords(word, b.env)
		if err != nil {
			return err
		}
		for _, spec := range specs {
			if err := b.exposePorts(spec, in); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) exposePorts(spec string, in *Instruction) error {
	from, to, proto, err := parsePorts(spec)
	if err != nil {
		return err
	}
	for port := from; port <= to; port++ {
		name := strconv.Itoa(port) + "/" + proto
		b.cfg.ExposedPorts[name] = struct{}{}
		in.CreatedBy += " " + name
	}
	return nil
}

// parsePorts reads "8080", "8080/udp" and "8000-8010/tcp". A part for the host in
// front of a colon means nothing to an image.
func parsePorts(spec string) (from, to int, proto string, err error) {
	ports, proto, _ := strings.Cut(spec[strings.LastIndexByte(spec, ':')+1:], "/")
	proto = strings.ToLower(proto)
	switch proto {
	case "":
		proto = "tcp"
	case "tcp", "udp", "sctp":
	default:
		return 0, 0, "", fmt.Errorf("%q has an unknown protocol: tcp, udp and sctp are allowed", spec)
	}
	first, last, isRange := strings.Cut(ports, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from < 0 || to > 65535 || from > to {
		return 0, 0, "", fmt.Errorf("%q is not a port: write a number up to 65535, or a range like 8000-8010", spec)
	}
	return from, to, proto, nil
}
