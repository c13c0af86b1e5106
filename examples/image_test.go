package examples_test

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// image is a built image as another program reads it.
type image struct {
	Config config
	Files  map[string]file // by absolute path
}

// config is the part of an image's configuration that the examples set.
type config struct {
	User         string
	WorkingDir   string
	Env          []string
	Entrypoint   []string
	Cmd          []string
	ExposedPorts map[string]struct{}
	Volumes      map[string]struct{}
	Labels       map[string]string
}

type file struct {
	Mode  string // as in ls -l
	Owner string // "uid:gid"
	Text  string // content, or target of a link
}

// imageCheck is what has to be in an image. Files are compared by mode and owner,
// and have to hold the text; Absent paths must not be there.
type imageCheck struct {
	name   string
	config config // labels: only those named here
	files  map[string]file
	absent []string
	only   bool // the image has the files named and their folders, and nothing else
}

var shopImages = []imageCheck{
	{
		name:   "catalogue",
		config: config{Labels: map[string]string{"org.opencontainers.image.title": "catalogue"}},
		files: map[string]file{
			"/data/products.tsv":   {"-rw-r--r--", "0:0", "CLEAT-15\tCleat, cast bronze, 15 cm\tdeck\t2490\t38\t520\n"},
			"/data/categories.tsv": {"-rw-r--r--", "0:0", "rope\tRopes and lines\t"},
			"/data/checked.txt":    {"-rw-r--r--", "0:0", "10 products in good order\n"},
		},
		only: true,
	},
	{
		name: "web",
		config: config{
			User: "shop", WorkingDir: "/srv/www", Env: withRuntimeEnv(),
			Entrypoint:   []string{"httpd", "-f", "-h", "/srv/www", "-c", "/etc/web/httpd.conf"},
			Cmd:          []string{"-p", "8080"},
			ExposedPorts: set("8080/tcp"),
			Labels:       map[string]string{"org.opencontainers.image.title": "web", "org.opencontainers.image.vendor": "Harbour & Hull"},
		},
		files: map[string]file{
			"/srv/www/index.html": {"-rw-r--r--", "1000:1000", `<tr id="ROPE-08"><td>Braided rope, 8 mm, per metre</td><td>1.45 €</td>`},
			"/srv/www":            {"drwxr-xr-x", "1000:1000", ""},
			"/etc/web/httpd.conf": {"-rw-r--r--", "0:0", "A:*"},
			"/etc/passwd":         {"-rw-r--r--", "0:0", "shop:x:1000:1000:"},
			"/tmp":                {"dtrwxrwxrwx", "0:0", ""},
		},
		absent: []string{"/etc/web/check", "/usr/local/bin/render", "/srv/www/anchors.html", "/data"},
	},
	{
		name: "cart",
		config: config{
			User: "shop", WorkingDir: "/srv",
			Env:          withRuntimeEnv("CART_DIR=/var/lib/cart", "CART_PRODUCTS=/srv/data/products.tsv", "CART_CURRENCY=EUR", "CART_VERSION=2.1"),
			Entrypoint:   []string{"httpd", "-f", "-h", "/srv", "-c", "/etc/cart/httpd.conf"},
			Cmd:          []string{"-p", "8081"},
			ExposedPorts: set("8081/tcp"),
			Volumes:      set("/var/lib/cart"),
			Labels:       map[string]string{"org.opencontainers.image.version": "2.1"},
		},
		files: map[string]file{
			"/srv/cgi-bin/cart":      {"-r-xr-xr-x", "1000:1000", "#!/bin/sh\n"},
			"/srv/data/products.tsv": {"-rw-r--r--", "0:0", "ROPE-08\t"},
			"/var/lib/cart":          {"drwxr-x---", "1000:1000", ""},
		},
		absent: []string{"/build", "/srv/cgi-bin/README.md"},
	},
	{
		name: "worker",
		config: config{
			User: "shop:shop", Env: withRuntimeEnv("SPOOL=/var/spool/shop", "WAIT_SECONDS=2"),
			Entrypoint: []string{"worker"},
			Volumes:    set("/var/spool/shop"),
		},
		files: map[string]file{
			"/usr/local/bin/worker":             {"-rwxr-xr-x", "0:0", "worker once"},
			"/usr/local/lib/worker/receipt.awk": {"-rw-r--r--", "0:0", "Receipt for"},
			"/usr/share/worker/tested":          {"-rw-r--r--", "0:0", "done    2\nfailed  1\n"},
			"/var/spool/shop":                   {"drwxr-xr-x", "1000:1000", ""},
		},
		absent: []string{"/result", "/var/spool/shop/new", "/data"},
	},
	{
		name: "migrations",
		config: config{
			WorkingDir: "/var/lib/shop", Env: []string{baseEnv, "DB=/var/lib/shop/db"},
			Entrypoint: []string{"migrate"}, Cmd: []string{"up"},
			Volumes: set("/var/lib/shop"),
			Labels:  map[string]string{"org.opencontainers.image.revision": "3"},
		},
		files: map[string]file{
			"/usr/local/bin/migrate":                 {"-rwxr-xr-x", "0:0", "#!/bin/sh"},
			"/usr/share/migrations/001-customers.sh": {"-rw-r--r--", "0:0", "customers.tsv"},
			"/usr/share/ports/ports.txt":             {"-rw-r--r--", "0:0", "NOBGO Bergen\n"},
			"/usr/share/migrations/tested":           {"-rw-r--r--", "0:0", "the tables are at version 3\n"},
			"/bin/sh":                                {"Lrwxrwxrwx", "0:0", "/bin/busybox"},
		},
		absent: []string{"/second", "/usr/share/ports-2024.1.tar.gz", "/var/lib/shop/db"},
	},
	{
		name: "gateway",
		config: config{
			User: "shop:shop", WorkingDir: "/srv", Env: withRuntimeEnv("WEB_IMAGE=localhost/shop/web:KEY", "CART_REPO=localhost/shop/cart", "CART_TAG=KEY", "GATEWAY_PORT=8080"),
			Cmd:          []string{"gateway", "serve"},
			ExposedPorts: set("8080"),
			Volumes:      set("/var/lib/cart"),
			Labels:       map[string]string{"org.opencontainers.image.title": "gateway"},
		},
		files: map[string]file{
			"/usr/local/bin/gateway":  {"-rwxr-xr-x", "0:0", "selftest"},
			"/etc/gateway/httpd.conf": {"-rw-r--r--", "1000:1000", "A:*"},
			"/etc/gateway/parts":      {"-r--r--r--", "1000:1000", "web   localhost/shop/web:"},
			"/srv/index.html":         {"-rw-r--r--", "1000:1000", "<h1>Ropes, lamps and everything between</h1>"},
			"/srv/cgi-bin/cart":       {"-r-xr-xr-x", "1000:1000", "#!/bin/sh"},
		},
		absent: []string{"/etc/gateway/notes.txt", "/etc/gateway/bin", "/srv/www"},
	},
	{
		name:   "release-notes",
		config: config{User: "nobody", Env: []string{baseEnv}, Cmd: []string{"/bin/sh", "-c", "cat /release-notes.txt"}},
		files:  map[string]file{"/release-notes.txt": {"-rw-r--r--", "0:0", "migrations  localhost/shop/migrations:"}},
		absent: []string{"/notes", "/header.txt"},
	},
}

const baseEnv = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// withRuntimeEnv is the environment of the image runtime and more.
func withRuntimeEnv(more ...string) []string {
	return append([]string{baseEnv, "TZ=UTC", "LANG=C.UTF-8"}, more...)
}

func set(names ...string) map[string]struct{} {
	m := map[string]struct{}{}
	for _, name := range names {
		m[name] = struct{}{}
	}
	return m
}

func (c imageCheck) check(t *testing.T, got image) {
	t.Helper()
	for name, want := range c.config.Labels {
		if got.Config.Labels[name] != want {
			t.Errorf("label %s is %q, want %q", name, got.Config.Labels[name], want)
		}
	}
	got.Config.Labels = c.config.Labels
	for i, variable := range got.Config.Env {
		got.Config.Env[i] = key.ReplaceAllString(variable, "KEY")
	}
	if diff := cmp.Diff(c.config, got.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	for name, want := range c.files {
		have, ok := got.Files[name]
		if !ok || have.Mode != want.Mode || have.Owner != want.Owner || !strings.Contains(have.Text, want.Text) {
			t.Errorf("%s is %q, want mode, owner and text of %q", name, have, want)
		}
	}
	for _, name := range c.absent {
		if _, ok := got.Files[name]; ok {
			t.Errorf("%s is in the image", name)
		}
	}
	for name, have := range got.Files {
		if _, ok := c.files[name]; c.only && !ok && have.Mode[0] != 'd' {
			t.Errorf("%s is in the image too", name)
		}
	}
}

var key = regexp.MustCompile("[0-9a-f]{64}")

// image copies an image out of the storage with skopeo and reads it.
func (s *site) image(name string) image {
	s.t.Helper()
	out := s.t.TempDir()
	s.command(s.dir, "skopeo", "copy", "--quiet", "--insecure-policy",
		fmt.Sprintf("containers-storage:[overlay@%s+%s]%s:latest", s.root, s.run, name), "dir:"+out)
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	var stored struct{ Config config }
	readJSON(s.t, filepath.Join(out, "manifest.json"), &manifest)
	readJSON(s.t, blob(out, manifest.Config.Digest), &stored)
	img := image{Config: stored.Config, Files: map[string]file{}}
	for _, layer := range manifest.Layers {
		if err := img.apply(blob(out, layer.Digest)); err != nil {
			s.t.Fatal(err)
		}
	}
	return img
}

func blob(dir, digest string) string {
	return filepath.Join(dir, strings.TrimPrefix(digest, "sha256:"))
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// apply puts a layer, an uncompressed tar, on top of the files.
func (img *image) apply(layer string) error {
	f, err := os.Open(layer)
	if err != nil {
		return err
	}
	defer f.Close()
	archive := tar.NewReader(f)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := img.put(header, archive); err != nil {
			return err
		}
	}
}

func (img *image) put(header *tar.Header, content io.Reader) error {
	name := path.Join("/", header.Name)
	if hidden, ok := strings.CutPrefix(path.Base(name), ".wh."); ok {
		img.remove(path.Join(path.Dir(name), hidden))
		return nil
	}
	text := header.Linkname
	if header.Typeflag == tar.TypeReg && header.Size < 1<<20 {
		data, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		text = string(data)
	}
	owner := fmt.Sprintf("%d:%d", header.Uid, header.Gid)
	img.Files[name] = file{Mode: header.FileInfo().Mode().String(), Owner: owner, Text: text}
	return nil
}

func (img *image) remove(name string) {
	for path := range img.Files {
		if path == name || strings.HasPrefix(path, name+"/") {
			delete(img.Files, path)
		}
	}
}
