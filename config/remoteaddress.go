package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// address is where another repository is, in a form that is safe to hand to git:
// of an allowed kind, never taken for an option or a program, without a password.
type address struct {
	url            string // for git: an URL, user@host:path, or an absolute path
	origin         string // scheme://host[:port] of an http or https URL, else ""
	ssh            bool
	user, password string   // of an http or https URL, where they were written
	parts          []string // of the path, as it was written
}

var (
	schemeOf        = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	transportHelper = regexp.MustCompile(`^[A-Za-z0-9+.-]*::`)
)

const addressKinds = "https://host/path, ssh://host/path, user@host:path, file:///path, or a path relative to the project folder"

// parseAddress reads what a user wrote as the address of a repository. Relative
// paths begin at dir. Its errors never hold a user name or password.
func parseAddress(text, dir string) (address, error) {
	switch {
	case text == "":
		return address{}, errors.New("the address of the repository is empty: write " + addressKinds)
	case strings.HasPrefix(text, "-") || strings.TrimSpace(text) != text || strings.ContainsFunc(text, isControl):
		return address{}, errors.New("the address of a repository cannot begin with - or hold line breaks or spaces at its ends")
	case transportHelper.MatchString(text):
		return address{}, errors.New("addresses that name a program of git (NAME::…) are not allowed: write " + addressKinds)
	}
	if scheme := schemeOf.FindStringSubmatch(text); scheme != nil {
		return parseURL(strings.ToLower(scheme[1]), text)
	}
	if host, path, ok := strings.Cut(text, ":"); ok && !strings.Contains(host, "/") {
		return parseHostPath(text, host, path)
	}
	return localAddress(text, dir), nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func localAddress(text, dir string) address {
	if !filepath.IsAbs(text) {
		return address{url: filepath.Join(dir, text), parts: pathParts(text)}
	}
	return address{url: filepath.Clean(text), parts: pathParts(text)}
}

// parseURL reads an address of the form scheme://…
func parseURL(scheme, text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil { // err quotes the text
		return address{}, errors.New("the address of the repository is not a URL: write " + addressKinds)
	}
	switch {
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return address{}, errors.New("the address of a repository cannot hold ? or #: remove what follows")
	case strings.Trim(u.Path, "/") == "":
		return address{}, errors.New("the address of the repository has no path: write " + addressKinds)
	}
	switch scheme {
	case "https", "http":
		return webAddress(u)
	case "ssh":
		return sshAddress(u, text)
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return address{}, errors.New("a file address begins with three slashes: file:///path")
		}
		return localAddress(u.Path, "/"), nil
	}
	return address{}, fmt.Errorf("repositories cannot be read by %s: write %s", scheme, addressKinds)
}

func webAddress(u *url.URL) (address, error) {
	if u.Hostname() == "" || strings.HasPrefix(u.Host, "-") || strings.ContainsAny(u.Host, "=*?%") {
		return address{}, errors.New("the address of the repository has no valid host: write https://host/path")
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	a := address{origin: u.Scheme + "://" + u.Host, parts: pathParts(u.Path)}
	a.user = u.User.Username()
	a.password, _ = u.User.Password()
	u.User = nil
	a.url = u.String()
	return a, nil
}

func sshAddress(u *url.URL, text string) (address, error) {
	if _, has := u.User.Password(); has {
		return address{}, errors.New("ssh takes no password from an address: remove it and use a key")
	}
	if u.Hostname() == "" || strings.HasPrefix(u.Host, "-") || strings.HasPrefix(u.User.Username(), "-") {
		return address{}, errors.New("the address of the repository has no host: write ssh://user@host/path")
	}
	return address{url: text, ssh: true, parts: pathParts(u.Path)}, nil
}

// parseHostPath reads an address of the form [user@]host:path.
func parseHostPath(text, userHost, path string) (address, error) {
	host := userHost[strings.LastIndexByte(userHost, '@')+1:]
	if host == "" || strings.HasPrefix(host, "-") || path == "" || strings.HasPrefix(path, "-") {
		return address{}, errors.New("the address of the repository has no host or no path: write user@host:path")
	}
	return address{url: text, ssh: true, parts: pathParts(path)}, nil
}

// pathParts splits a path into its names.
func pathParts(path string) []string {
	var parts []string
	for _, part := range strings.Split(path, "/") {
		if part != "" && part != "." && part != ".." {
			parts = append(parts, part)
		}
	}
	if n := len(parts); n > 0 {
		parts[n-1] = strings.TrimSuffix(parts[n-1], ".git")
	}
	return parts
}

// shortName is the last two names of the path.
func (a address) shortName() string {
	return strings.Join(a.parts[max(len(a.parts)-2, 0):], "/")
}

// longName tells addresses with the same shortName apart.
func (a address) longName() string {
	return strings.TrimSuffix(a.url[strings.Index(a.url, "://")+len("://"):], ".git")
}

var refFault = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)`)

// checkRefName refuses names that no branch or tag can have: git would read them
// as patterns, ranges or options.
func checkRefName(kind, name string) error {
	if name == "" || name == "@" || strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") ||
		strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") || refFault.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a %s", name, kind)
	}
	return nil
}
