// Package examples_test builds the examples with the strake program, as a user
// would, and looks inside the results with skopeo.
//
// The program is that of STRAKE_BIN, or is compiled from this checkout. Nothing
// is left behind: each test has a repository and a storage of its own.
package examples_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const tags = "containers_image_openpgp,exclude_graphdriver_btrfs"

func TestMain(m *testing.M) { os.Exit(runWithProgram(m)) }

// runWithProgram makes sure that STRAKE_BIN names a program.
func runWithProgram(m *testing.M) int {
	if os.Getenv("STRAKE_BIN") == "" {
		dir, err := os.MkdirTemp("", "strake-bin")
		if err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(dir)
		program := filepath.Join(dir, "strake")
		if out, err := exec.Command("go", "build", "-tags", tags, "-o", program, "../cmd/strake").CombinedOutput(); err != nil {
			log.Fatalf("compiling strake: %v\n%s", err, out)
		}
		os.Setenv("STRAKE_BIN", program)
	}
	return m.Run()
}

func TestHelloGreets(t *testing.T) {
	s := newSite(t)
	s.strake("build", "--dir", s.path("examples/hello"))
	got := s.strake("run", "--dir", s.path("examples/hello"), "hello")
	if diff := cmp.Diff("ahoy, sailor!\nhello, sailor!\nmoin, sailor!\n", got); diff != "" {
		t.Error(diff)
	}
}

func TestShopBuildsOnceAndRuns(t *testing.T) {
	s := newSite(t)
	shop := s.path("examples/shop")
	first := states(t, s.strake("build", "--dir", shop))
	if diff := cmp.Diff(all("built"), first); diff != "" {
		t.Errorf("first build (-want +got):\n%s", diff)
	}

	before := s.listing()
	second := states(t, s.strake("build", "--dir", shop))
	if diff := cmp.Diff(all("cached"), second); diff != "" {
		t.Errorf("second build (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, s.listing()); diff != "" {
		t.Errorf("the second build changed the storage (-before +after):\n%s", diff)
	}

	s.command(s.dir, "git", "clone", "-q", s.dir, s.path("clone"))
	cloned := states(t, s.strake("build", "--dir", s.path("clone/examples/shop")))
	if diff := cmp.Diff(all("cached"), cloned); diff != "" {
		t.Errorf("build of a clone (-want +got):\n%s", diff)
	}

	for _, test := range shopRuns {
		t.Run("run "+test.image, func(t *testing.T) {
			got := s.with(t).strake(append([]string{"run", "--dir", shop, test.image}, test.args...)...)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
		})
	}
	if mounts := mountsBelow(t, s.dir); len(mounts) > 0 {
		t.Errorf("mounts are left behind: %q", mounts)
	}
	for _, test := range shopImages {
		t.Run("look into "+test.name, func(t *testing.T) { test.check(t, s.with(t).image("localhost/shop/"+test.name)) })
	}
}

// shopRuns are commands of images and what they print.
var shopRuns = []struct {
	image string
	args  []string
	want  []string
}{
	{"gateway", []string{"--", "gateway", "selftest"}, []string{"pages: as they should be\n", "cart: as it should be\n", "186.90 EUR\n", "web   localhost/shop/web:", "cart  localhost/shop/cart at "}},
	{"worker", []string{"--", "status"}, []string{"new     0\n", "done    0\n"}},
	{"migrations", nil, []string{"step 2: the ports of the authority's list become a table\n", "the tables are at version 3\n"}},
	{"release-notes", nil, []string{"Harbour & Hull\nRelease notes, channel stable\n", "gateway     localhost/shop/gateway:", "id sha256:", "- Freight is worked out by weight"}},
}

// TestShopBuildsWhatAChangeTouches changes one file at a time, from an unchanged
// shop, and looks at which images are built.
func TestShopBuildsWhatAChangeTouches(t *testing.T) {
	s := newSite(t)
	shop := s.path("examples/shop")
	s.strake("build", "--dir", shop)
	tests := []struct {
		name   string
		change func(t *testing.T)
		built  []string
	}{
		{"touched and read by others", func(t *testing.T) { s.sh("touch cart/httpd.conf cart && chmod g-r cart/httpd.conf") }, nil},
		{"a file that .dockerignore leaves out", func(t *testing.T) { s.sh("echo more >> cart/README.md") }, nil},
		{"a draft that is no part of the pages", func(t *testing.T) { s.sh("echo more >> site/drafts/anchors.md") }, nil},
		{"a note", func(t *testing.T) { s.sh("echo '- More.' >> release-notes/notes/2024-04.md") }, []string{"release-notes"}},
		{"a configuration file of the cart", func(t *testing.T) { s.sh("echo '# more' >> cart/httpd.conf") }, []string{"cart", "gateway", "release-notes"}},
		{"a file that becomes executable", func(t *testing.T) { s.sh("chmod +x migrations/steps/001-customers.sh") }, []string{"migrations", "release-notes"}},
		{"the text of a heredoc", func(t *testing.T) { s.sh("sed -i 's/migrate | tee .second/& # again/' migrations/Dockerfile") }, []string{"migrations", "release-notes"}},
		{"a renamed page", func(t *testing.T) {
			s.sh("git mv site/pages/deck.md site/pages/fittings.md && sed -i s/deck.html/fittings.html/ site/*/*.md site/*/*.html")
		}, []string{"web", "gateway", "release-notes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := s.with(t)
			test.change(t)
			s.sh("git add -A . && git -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m change")
			got := states(t, s.strake("build", "--dir", shop))
			s.sh("git reset -q --hard start")
			want := all("cached")
			for _, name := range test.built {
				want[name] = "built"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("states of the images (-want +got):\n%s", diff)
			}
		})
	}
}

// all is the final images of the shop in one state.
func all(state string) map[string]string {
	names := []string{"cart", "cashier", "catalogue", "gateway", "migrations", "release-notes", "web", "worker"}
	m := map[string]string{}
	for _, name := range names {
		m[name] = state
	}
	return m
}

// states reads the column STATE of the table that a build prints.
func states(t *testing.T, table string) map[string]string {
	t.Helper()
	m := map[string]string{}
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if !strings.HasPrefix(lines[0], "IMAGE ") {
		t.Fatalf("no table in:\n%s", table)
	}
	column := strings.Index(lines[0], "STATE")
	for _, line := range lines[1 : len(lines)-1] {
		if len(line) <= column {
			t.Fatalf("no state in %q", line)
		}
		m[strings.Fields(line)[0]] = strings.Fields(line[column:])[0]
	}
	return m
}

// site is a repository with the examples, and a storage with the base image.
type site struct {
	t         *testing.T
	dir       string
	root, run string
}

func newSite(t *testing.T) *site {
	t.Helper()
	needHost(t)
	dir, err := os.MkdirTemp("", "strake-examples")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeTree(t, dir) })
	s := &site{t: t, dir: dir, root: filepath.Join(dir, "root"), run: filepath.Join(dir, "run")}
	if err := os.CopyFS(s.path("examples"), os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	s.command(dir, "git", "init", "-q")
	s.command(dir, "git", "add", "examples")
	s.command(dir, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "the examples")
	s.command(dir, "git", "tag", "start")
	s.command(dir, "sh", "examples/base/prepare", s.path("base"))
	s.strake("build", "--dir", s.path("base"))
	return s
}

// needHost skips a test on a machine without what it needs.
func needHost(t *testing.T) {
	t.Helper()
	programs := []string{"git", "busybox", "skopeo"}
	if os.Getuid() != 0 {
		programs = append(programs, "newuidmap", "newgidmap", "buildah")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s was not found: make test installs it", program)
		}
	}
}

// removeTree removes a storage. As an ordinary user, its files belong to ids that
// only a user namespace may remove.
func removeTree(t *testing.T, dir string) {
	for _, mount := range mountsBelow(t, dir) { // skopeo leaves one
		if err := syscall.Unmount(mount, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting %s: %v", mount, err)
		}
	}
	if os.Getuid() == 0 {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		return
	}
	if out, err := exec.Command("buildah", "unshare", "rm", "-rf", dir).CombinedOutput(); err != nil {
		t.Errorf("removing %s: %v\n%s", dir, err, out)
	}
}

func mountsBelow(t *testing.T, dir string) (mounts []string) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); strings.HasPrefix(f[4], dir+"/") {
			mounts = append(mounts, f[4])
		}
	}
	return mounts
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// with is the site for a part of its test.
func (s *site) with(t *testing.T) *site {
	part := *s
	part.t = t
	return &part
}

// strake runs the program on the site's storage and returns what it prints.
func (s *site) strake(args ...string) string {
	s.t.Helper()
	flags := []string{args[0], "--root", s.root, "--runroot", s.run}
	return s.command(s.dir, os.Getenv("STRAKE_BIN"), append(flags, args[1:]...)...)
}

// sh runs a line of shell in the folder of the shop.
func (s *site) sh(line string) {
	s.t.Helper()
	s.command(s.path("examples/shop"), "sh", "-eu", "-c", line)
}

func (s *site) command(dir, name string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%s: %v\n%s%s", cmd, err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// listing is every file of the storage with its size and times; layers, which an
// ordinary user may not enter, count by their folder.
func (s *site) listing() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime())
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// TestFleetFollowsItsVariables builds a project of several files, and again with
// another value of a variable.
func TestFleetFollowsItsVariables(t *testing.T) {
	s := newSite(t)
	fleet := s.path("examples/fleet")
	first := states(t, s.strake("build", "--dir", fleet))
	want := map[string]string{}
	for _, name := range []string{
		"bell-bronze-small", "bell-bronze-large", "bell-steel-large", "light-north-mole", "light-south-mole", "buoy", "harbour",
	} {
		want[name] = "built"
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("first build (-want +got):\n%s", diff)
	}
	for name := range want {
		want[name] = "cached"
	}
	want["harbour"] = "built"
	if diff := cmp.Diff(want, states(t, s.strake("build", "--dir", fleet, "--var", "greeting=moin"))); diff != "" {
		t.Errorf("with another greeting (-want +got):\n%s", diff)
	}
	for image, said := range map[string]string{
		"harbour":           "moin, sailor\n3 buoys\n",
		"bell-steel-large":  "a large bell of steel\n",
		"light-south-mole":  "south-mole red, flashing every 3 seconds\n",
		"bell-bronze-small": "a small bell of bronze\n",
	} {
		if diff := cmp.Diff(said, s.strake("run", "--dir", fleet, "--var", "greeting=moin", image)); diff != "" {
			t.Errorf("what %s says (-want +got):\n%s", image, diff)
		}
	}
}
