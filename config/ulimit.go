package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/strakebuild/strake/schema"
)

// ulimitTypes are the resources that can be limited.
var ulimitTypes = []string{
	"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice",
	"nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
}

// ParseUlimits reads limits that are separated by commas, each type=soft[:hard]
// or type:soft[:hard], and returns them as type=soft:hard. A limit is a number
// that is not negative, or -1 or "unlimited" for none, which is returned as -1.
// The hard limit is the soft one where it is left out. Empty text has no limits.
func ParseUlimits(text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var limits []string
	for spec := range strings.SplitSeq(text, ",") {
		limit, err := parseUlimit(strings.TrimSpace(spec))
		if err != nil {
			return nil, err
		}
		limits = append(limits, limit)
	}
	return limits, nil
}

func parseUlimit(spec string) (string, error) {
	i := strings.IndexAny(spec, "=:")
	if i < 0 {
		return "", fmt.Errorf("want type=soft or type=soft:hard, found %q", spec)
	}
	kind, rest := strings.TrimSpace(spec[:i]), spec[i+1:]
	if err := checkUlimitType(kind); err != nil {
		return "", err
	}
	softText, hardText, both := strings.Cut(rest, ":")
	if !both {
		hardText = softText
	}
	soft, err := parseLimit(softText)
	if err != nil {
		return "", fmt.Errorf("%s: %w", kind, err)
	}
	hard, err := parseLimit(hardText)
	if err != nil {
		return "", fmt.Errorf("%s: %w", kind, err)
	}
	if hard != -1 && (soft == -1 || soft > hard) {
		return "", fmt.Errorf("%s: the hard limit %s is below the soft limit %s", kind, strings.TrimSpace(hardText), strings.TrimSpace(softText))
	}
	return fmt.Sprintf("%s=%d:%d", kind, soft, hard), nil
}

func checkUlimitType(kind string) error {
	hint := ";"
	for _, t := range ulimitTypes {
		if t == kind {
			return nil
		}
	}
	if near, ok := schema.Nearest(kind, ulimitTypes); ok {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%q is not a type of limit%s allowed: %s", kind, hint, strings.Join(ulimitTypes, ", "))
}

func parseLimit(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if text == "unlimited" || text == "-1" {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("want a number that is not negative, or unlimited, found %q", text)
	}
	return n, nil
}
