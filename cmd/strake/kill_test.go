package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sixImages is a project whose images all depend on the file "round".
func sixImages() string {
	text := "project: demo\nconfigVersion: 1\n"
	for i := range 4 {
		text += fmt.Sprintf("---\nimage: d%d\ndockerfile: Dockerfile\nargs: { NUMBER: %d }\n", i, i)
	}
	for i := range 2 {
		text += fmt.Sprintf("---\nimage: s%d\nfrom: d%d\nimport: [{ from: d3, add: /made, to: /other, before: setup }]\n"+
			"shell: { setup: cat /made /other > /both }\n", i, i)
	}
	return text
}

const sixDockerfile = `FROM localhost/strake/busybox
COPY round /
ARG NUMBER
RUN echo $NUMBER | cat - /round > /made && dd if=/dev/urandom of=/noise bs=64k count=4 2>/dev/null
`

func newSixImages(t *testing.T) *site {
	return newSite(t, map[string]string{"strake.yaml": sixImages(), "Dockerfile": sixDockerfile, "round": "0\n"})
}

// wantRound makes sure that all six images are there and hold what they should.
func (s *site) wantRound(round int) {
	s.t.Helper()
	for i := range 2 {
		want := fmt.Sprintf("%d\n%d\n3\n%d\n", i, round, round)
		if got := s.run("run", fmt.Sprintf("s%d", i), "--", "cat", "/both"); got != want {
			s.t.Errorf("image s%d has %q, want %q", i, got, want)
		}
	}
	again := s.run("build")
	if !strings.Contains(again, "6 images, 6 cached, ") {
		s.t.Errorf("not all images are there:\n%s", again)
	}
}

func TestAKilledBuildHarmsNothing(t *testing.T) {
	const rounds = 10
	s := newSixImages(t)
	begin := time.Now()
	s.run("build")
	whole := time.Since(begin)
	for round := 1; round <= rounds; round++ {
		s.commit(map[string]string{"round": fmt.Sprintf("%d\n", round)})
		after := time.Duration(rand.Int64N(int64(whole)))
		build := s.command("strake", "build")
		if err := build.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		build.Process.Kill()
		build.Wait()
		s.waitFor(fmt.Sprintf("the processes of a build that was killed after %v to end", after),
			func() bool { return len(s.processes()) == 0 })
	}
	if mounts := s.mounts(); len(mounts) > 0 {
		t.Errorf("mounts are left: %q", mounts)
	}
	s.reaped(rounds + 1)
	s.wantReadable()
}

// reaped makes sure that a build removes what killed ones left.
func (s *site) reaped(round int) {
	s.t.Helper()
	time.Sleep(2100 * time.Millisecond) // a younger folder may belong to somebody
	s.commit(map[string]string{"round": fmt.Sprintf("%d\n", round)})
	s.run("build")
	s.wantRound(round)
	s.clean()
}

// wantReadable makes sure that other programs can read the storage.
func (s *site) wantReadable() {
	s.t.Helper()
	if _, err := exec.LookPath("buildah"); err != nil {
		s.t.Log("buildah was not found: the storage was not read with it")
		return
	}
	images := s.must(s.command("buildah", "--root", s.path("storage"), "--runroot", s.path("run"),
		"--storage-driver", "overlay", "images"))
	for i := range 2 {
		if name := fmt.Sprintf("localhost/demo/s%d ", i); !strings.Contains(images, name) {
			s.t.Errorf("buildah finds no %s in the storage:\n%s", name, images)
		}
	}
}

func TestBuildsAtTheSameTimeShareAStorage(t *testing.T) {
	s := newSixImages(t)
	for round := range 3 {
		s.commit(map[string]string{"round": fmt.Sprintf("%d\n", round)})
		var builds []*call
		for range 4 {
			build := s.command("strake", "build")
			if err := build.Start(); err != nil {
				t.Fatal(err)
			}
			builds = append(builds, build)
		}
		for _, build := range builds {
			if err := build.Wait(); err != nil {
				t.Errorf("one of four builds: %v\n%s", err, build.err.String())
			}
		}
		s.wantRound(round)
		s.clean()
	}
}

// TestABuildSurvivesTheKillOfAnother kills one of two builds of the same steps:
// the other one does what the first did not finish.
func TestABuildSurvivesTheKillOfAnother(t *testing.T) {
	s := newSixImages(t)
	for round := 1; round <= 3; round++ {
		s.commit(map[string]string{"round": fmt.Sprintf("%d\n", round)})
		killed, other := s.command("strake", "build"), s.command("strake", "build")
		for _, build := range []*call{killed, other} {
			if err := build.Start(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
		killed.Process.Signal(syscall.SIGKILL)
		killed.Wait()
		if err := other.Wait(); err != nil {
			t.Errorf("the other build: %v\n%s", err, other.err.String())
		}
		s.wantRound(round)
	}
	s.reaped(4)
}
