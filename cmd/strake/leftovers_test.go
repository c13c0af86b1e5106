package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// leftovers lists what should not be there when no program runs any more:
// processes, mounts and temporary folders. Other programs of the host may leave
// a mount of the storage upon itself, which does not count.
func (w workplace) leftovers() []string {
	var found []string
	for _, process := range w.processes() {
		found = append(found, "process "+process)
	}
	for _, mount := range w.mounts() {
		if filepath.Dir(mount) != w.path("storage") {
			found = append(found, "mount "+mount)
		}
	}
	for _, pattern := range []string{
		"storage*/overlay/staging/*", "storage*/strake/*/*", "storage*/tmp/*", "run*/strake/*", "tmp/*",
	} {
		files, _ := filepath.Glob(w.path(pattern))
		for _, file := range files {
			found = append(found, "file "+file)
		}
	}
	return found
}

// processes are those that have the folder in their environment, command line or
// mounts. Those that this user may not look into do not count.
func (w workplace) processes() []string {
	var found []string
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		if !w.concerns(process) {
			continue
		}
		args, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		found = append(found, filepath.Base(process)+" "+string(bytes.ReplaceAll(args, []byte{0}, []byte{' '})))
	}
	return found
}

func (w workplace) concerns(process string) bool {
	for _, name := range []string{"environ", "cmdline"} {
		text, err := os.ReadFile(filepath.Join(process, name))
		if err == nil && bytes.Contains(text, []byte(w.dir)) {
			return true
		}
	}
	text, _ := os.ReadFile(filepath.Join(process, "mountinfo"))
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); strings.Contains(line, w.dir) && !strings.HasPrefix(f[4], w.dir) {
			return true // in the sandbox of a command
		}
	}
	return false
}

// mounts are the mount points in the folder, innermost first.
func (w workplace) mounts() []string {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	var found []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 4 && strings.HasPrefix(f[4], w.dir+"/") {
			found = append([]string{f[4]}, found...)
		}
	}
	return found
}
