package config

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandLines returns those of all processes, by their folder in /proc.
func commandLines() map[string]string {
	lines := map[string]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			lines[filepath.Dir(file)] = string(text)
		}
	}
	return lines
}

func TestThePasswordIsOnNoCommandLine(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	var lines []string
	s := serve(t, folder, func(w http.ResponseWriter, r *http.Request) bool {
		if !needPassword(w, r) {
			for _, line := range commandLines() {
				lines = append(lines, line)
			}
			return false
		}
		return true
	})
	remote := GitRemote{URL: text(s.URL + "/company/lib.git"), Auth: authFrom(GitPassword{Value: text(httpPassword)})}
	if _, err := projectRepo(t).Fetch(t.Context(), remote, commit); err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, line := range lines {
		if strings.Contains(line, httpPassword) {
			t.Errorf("%q", line)
		}
		seen = seen || strings.Contains(line, s.URL)
	}
	if !seen {
		t.Error("the processes of git were not seen")
	}
}

func TestNoProcessOutlivesACanceledFetch(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	arrived := make(chan struct{}, 8)
	s := serve(t, folder, func(_ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		<-r.Context().Done()
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := projectRepo(t).Fetch(ctx, GitRemote{URL: text(s.URL + "/company/lib.git")}, commit); err == nil {
		t.Fatal("nothing was canceled")
	}
	for dir, line := range commandLines() {
		if !strings.Contains(line, s.URL) {
			continue
		}
		for { // it has been killed; the kernel takes a moment
			text, err := os.ReadFile(filepath.Join(dir, "cmdline"))
			if err != nil || !strings.Contains(string(text), s.URL) {
				break
			}
		}
	}
}
