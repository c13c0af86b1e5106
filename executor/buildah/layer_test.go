package buildah

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/planner"
)

const before = `mkdir -p /w/d/sub /w/e /w/empty; cd /w; echo 1 > f; echo 2 > d/g; echo 3 > d/sub/h; ln -s f l; ln f hard
	chmod 640 d/g; chown 5:6 d/sub; touch -d @1000000000 f d/g d/sub/h d/sub d e empty`

// listing prints all of the folder w below the current one, in a form that does
// not depend on where it is.
const listing = `find w | sort | while read -r f; do stat -c '%n %f %u:%g %Y' "$f"
	if [ -L "$f" ]; then readlink "$f"; elif [ -f "$f" ]; then md5sum < "$f"; fi; done`

// TestLayersHoldWhatACommandDid compares what a command sees with what others
// unpack from the layers of the image.
func TestLayersHoldWhatACommandDid(t *testing.T) {
	shell := program(t, "busybox", "busybox-static")
	blobs := memory{}
	b := open(t, blobs)
	base := step("before", busybox(t, blobs), sh(before))
	mustBuild(t, b, base.Parent)
	mustBuild(t, b, base)
	for name, script := range map[string]string{
		"nothing":                            "true",
		"a deleted file":                     "rm w/f",
		"a deleted folder":                   "rm -r w/d",
		"everything deleted":                 "rm -r w; mkdir w",
		"a folder deleted and made again":    "rm -r w/d; mkdir w/d; echo new > w/d/n",
		"the same names in a new folder":     "rm -r w/d; mkdir -p w/d/sub; echo new > w/d/sub/h",
		"a new folder inside a new folder":   "rm -r w/d; mkdir -p w/d/sub; rm -r w/d/sub; mkdir w/d/sub; echo new > w/d/sub/x",
		"a file deleted and made again":      "rm w/f; echo new > w/f",
		"a file that became a folder":        "rm w/f; mkdir w/f; echo x > w/f/x",
		"a folder that became a file":        "rm -r w/d; echo x > w/d",
		"a folder that became a link":        "rm -r w/d; ln -s e w/d",
		"a link that became a file":          "rm w/l; echo x > w/l",
		"a link that became a folder":        "rm w/l; mkdir w/l; echo x > w/l/f",
		"a renamed folder":                   "mv w/d w/moved",
		"two folders that changed places":    "mv w/d w/tmp; mv w/e w/d; mv w/tmp w/e",
		"a folder moved into another":        "mv w/d w/e/",
		"a renamed file":                     "mv w/f w/g; mv w/hard w/d/",
		"a file with another mode":           "chmod 4711 w/d/g; chmod 1777 w/e; chmod 2755 w/d",
		"a file with another owner":          "chown 1000:2000 w/d/g w/d/sub; chown -h 7:8 w/l",
		"a file with another time":           "touch -d @1234567890 w/d/g w/e",
		"a file that grew":                   "echo more >> w/d/g",
		"setuid and sticky bits":             "echo > w/s; chmod 6755 w/s; mkdir w/t; chmod 1777 w/t",
		"a FIFO":                             "mkfifo -m 600 w/p",
		"an empty file and an empty folder":  "true > w/z; mkdir w/zd",
		"names with odd characters":          `echo > 'w/a  b'; echo > "w/-rf"; echo > 'w/*'; echo > "w/$(printf '\377x')"; mkdir "w/é"`,
		"a long name":                        "echo > w/$(head -c 255 /dev/zero | tr '\\0' n)",
		"a long path":                        "p=w; for i in 1 2 3 4 5; do p=$p/$(head -c 100 /dev/zero | tr '\\0' $i); mkdir $p; done; echo x > $p/f; ln -s $p/f $p/l",
		"a file that is larger than a pipe":  "head -c 3000000 /dev/urandom > w/large",
		"a whiteout that nothing lies under": "echo > w/short; rm w/short",
	} {
		t.Run(name, func(t *testing.T) {
			s := step(name, base, sh("cd /; "+script+"\n"+listing))
			inside := mustBuild(t, b, s)
			publish(t, b, image("layers", s))
			cmd := exec.Command(shell, "sh", "-c", listing)
			cmd.Dir = unpacked(t, export(t, b, image("layers", s).Repo))
			out, err := cmd.CombinedOutput()
			must(t, err)
			if diff := cmp.Diff(inside, string(out)); diff != "" || len(inside) < 20 {
				t.Error(diff)
			}
		})
	}
}

func TestLayerKeepsHardLinksAndAttributes(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	s := step("links", base, sh("mkdir /a /b; echo x > /a/one; ln /a/one /b/two; ln /b/two /three; ln -s x /l; ln /l /l2"))
	mustBuild(t, b, s)
	for _, name := range []string{"a/one", "l"} { // as a command with more tools would
		must(t, unix.Lchown(filepath.Join(layerDir(t, b, s), name), 3, 4))
	}
	must(t, unix.Setxattr(filepath.Join(layerDir(t, b, s), "a/one"), "user.note", []byte("kept"), 0))
	next := step("copied", nil, planner.Op{Copy: &planner.Copy{From: s, Paths: []string{"/"}, Dest: "/", KeepOwner: true}})
	mustBuild(t, b, next)
	publish(t, b, image("links", next))
	dir := unpacked(t, export(t, b, "localhost/test/links"))
	ids := map[string]uint64{}
	for _, name := range []string{"a/one", "b/two", "three", "l", "l2"} {
		var st unix.Stat_t
		must(t, unix.Lstat(filepath.Join(dir, name), &st))
		ids[name] = st.Ino
		if st.Uid != 3 || st.Gid != 4 {
			t.Errorf("%s belongs to %d:%d", name, st.Uid, st.Gid)
		}
	}
	if ids["a/one"] != ids["b/two"] || ids["a/one"] != ids["three"] {
		t.Errorf("hard links are separate files: %v", ids)
	}
	value := make([]byte, 10)
	if n, err := unix.Getxattr(filepath.Join(dir, "three"), "user.note", value); err != nil || string(value[:n]) != "kept" {
		t.Errorf("attribute %q, %v", value[:max(n, 0)], err)
	}
}

func TestCommandLeavesOnlyWhatItWrote(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	bases := map[string][]planner.Op{
		"a small image":                {},
		"mount points that are there":  {copyOp("/", folder(".", map[string]string{"proc/": "", "dev/": "", "run/strake/": "", "etc/hosts": "mine", "etc/resolv.conf": "mine"}))},
		"a dangling resolv.conf":       {copyOp("/", folder(".", map[string]string{"etc/resolv.conf": "->../run/systemd/resolve/stub-resolv.conf"}))},
		"run is a link":                {copyOp("/", folder(".", map[string]string{"var/run/": "", "run": "->var/run"}))},
		"hosts was deleted by a layer": {copyOp("/", folder(".", map[string]string{"etc/hosts": "mine"})), sh("true")},
	}
	for name, ops := range bases {
		t.Run(name, func(t *testing.T) {
			parent := base
			if len(ops) > 0 {
				parent = step("with more", base, ops...)
				mustBuild(t, b, parent)
			}
			s := step("command", parent, sh("echo x > /dev/shm/f; cat /etc/hosts /etc/resolv.conf > /dev/null; ls /run/strake /proc > /dev/null; echo x > /dev/null"))
			mustBuild(t, b, s)
			var got []string
			for _, e := range entries(t, layerDir(t, b, s)) {
				if name, _, _ := strings.Cut(e, " "); !isFolder(layerDir(t, b, s) + "/" + name) {
					got = append(got, e)
				}
			}
			if len(got) > 0 {
				t.Errorf("the layer holds %q", got)
			}
			again := step("again", s, sh("cat /proc/self/status | head -1; cat /etc/hosts | head -0"))
			if out := mustBuild(t, b, again); out != "Name:\tcat\n" {
				t.Errorf("the next command printed %q", out)
			}
		})
	}
}

func isFolder(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

func TestCommandOnAnEmptyRootLeavesNothing(t *testing.T) {
	data, err := os.ReadFile(program(t, "busybox", "busybox-static"))
	must(t, err)
	blobs := memory{"busybox": string(data)}
	b := open(t, blobs)
	bring := planner.Source{Name: "busybox", Files: []planner.File{{Path: "busybox", Mode: 0o100755, OID: "busybox"}}}
	run := planner.Op{Run: &planner.Run{Args: []string{"/busybox", "sh", "-c", "echo ran; /busybox cat /etc/hosts > /dev/null"}}}
	s := step("first", nil, copyOp("/", bring), run)
	if out := mustBuild(t, b, s); out != "ran\n" {
		t.Errorf("printed %q", out)
	}
	got := entries(t, layerDir(t, b, s))
	if len(got) != 1 || !strings.HasPrefix(got[0], "busybox 100755 0:0 ") {
		t.Errorf("the layer holds %q", got)
	}
}

func TestLayerCannotHoldNamesThatMeanDeletions(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	for script, want := range map[string]string{
		"touch /etc/.wh.passwd":                 "/etc/.wh.passwd",
		"mkdir /d; touch /d/.wh..wh..opq":       "/d/.wh..wh..opq",
		"mkdir -p /.wh.d; touch /.wh.d/f":       "/.wh.d",
		"rm /etc/passwd; touch /etc/.wh.passwd": "/etc/.wh.passwd",
	} {
		_, err := build(t, b, step("whiteout", base, sh(script)))
		if err == nil || !strings.Contains(err.Error(), want+": a name that begins with .wh. cannot be stored in an image") {
			t.Errorf("%s: %v", script, err)
		}
	}
	s := step("lawful", base, sh("rm -r /etc; mkdir /etc; rm /bin/ls; touch /.whole"))
	mustBuild(t, b, s)
}

func TestFailedCommandSaysHow(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	for script, want := range map[string]string{
		"echo before; exit 7": "the command ended with exit code 7",
		"kill -9 $$":          "the command was killed (137); it may have run out of memory",
		"no-such-program":     "the command ended with exit code 127",
	} {
		if out, err := build(t, b, step("fails", base, sh(script))); err == nil || err.Error() != want {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
	missing := planner.Op{Run: &planner.Run{Args: []string{"/bin/none"}}}
	if _, err := build(t, b, step("fails", base, missing)); err == nil || err.Error() != `starting "/bin/none": no such file or directory` {
		t.Error(err)
	}
	if left := entries(t, filepath.Join(b.store.GraphRoot(), "overlay/staging")); len(left) > 0 {
		t.Errorf("something is left: %q", left)
	}
}
