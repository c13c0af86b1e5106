// Command bench measures a cold build of many small images by Strake beside the
// same images built by the buildah command, four at a time, on the same disk.
//
//	go run .ci/bench.go [-images 20] [-rounds 5] [-only buildah]
//
// Each image copies a file of 200 kB onto the base image and runs sha256sum on
// it. A round builds into a storage that holds the base image alone, which is
// put there, and synced with all else, before the clock starts. Rounds of the tools
// alternate. Memory is taken in one more round of each, which also warms up the page cache, because
// looking at processes costs time: PSS, which counts a page that processes share
// once, added up over all processes of the tool.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// bench is what is measured and where.
type bench struct {
	Images int
	Rounds int
	Dir    string // scratch folder; storages are made and removed below it
	Base   string // project folder of the base image
	Strake string // path of the binary

	stores []string // made so far
}

// tool builds the base image, and then all images, into a storage.
type tool struct {
	name string
	base func(store string) *exec.Cmd
	all  func(store string) *exec.Cmd
}

// result is what one tool took. Times are seconds, memory is bytes.
type result struct {
	Tool       string    `json:"tool"`
	Seconds    []float64 `json:"seconds"`
	Median     float64   `json:"median"`
	Min        float64   `json:"min"`
	Max        float64   `json:"max"`
	PeakMemory int64     `json:"peakMemory"` // largest sum of the PSS of all its processes
	LargestRSS int64     `json:"largestRSS"` // of one process alone
}

func main() {
	b := bench{}
	only := flag.String("only", "", "measure one tool alone: strake or buildah")
	out := flag.String("o", ".cache/bench.json", "file that the figures are written to")
	flag.IntVar(&b.Images, "images", 20, "number of images")
	flag.IntVar(&b.Rounds, "rounds", 5, "timed rounds of each tool")
	flag.StringVar(&b.Dir, "dir", ".cache/bench", "scratch folder")
	flag.StringVar(&b.Base, "base", ".cache/base", "project of the base image")
	flag.StringVar(&b.Strake, "strake", "bin/strake", "the binary to measure")
	flag.Parse()
	if err := b.main(*only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) main(only, out string) error {
	if b.Images < 1 || b.Rounds < 1 {
		return errors.New("-images and -rounds need to be at least 1")
	}
	for _, path := range []*string{&b.Dir, &b.Base, &b.Strake} {
		*path, _ = filepath.Abs(*path)
	}
	if err := b.writeProject(); err != nil {
		return fmt.Errorf("writing the project: %w", err)
	}
	defer os.RemoveAll(b.Dir)
	results, err := b.measure(b.tools(only))
	if err != nil {
		return err
	}
	print(results)
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}

// writeProject makes a git repository with one folder for each image.
func (b *bench) writeProject() error {
	if err := os.RemoveAll(b.Dir); err != nil {
		return err
	}
	project := "project: bench\nconfigVersion: 1\n"
	for i := range b.Images {
		name := b.imageName(i)
		project += fmt.Sprintf("---\nimage: %s\ndockerfile: Dockerfile\ncontext: %s\n", name, name)
		if err := writeContext(filepath.Join(b.project(), name), uint64(i)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(b.project(), "strake.yaml"), []byte(project), 0o644); err != nil {
		return err
	}
	for _, args := range []string{"init -q", "add .", "-c user.name=bench -c user.email=bench@localhost commit -q -m bench"} {
		if err := run(exec.Command("git", append([]string{"-C", b.project()}, strings.Fields(args)...)...)); err != nil {
			return err
		}
	}
	return nil
}

func writeContext(dir string, seed uint64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data := make([]byte, 200_000)
	source := rand.NewPCG(seed, 2024)
	for i := range data {
		data[i] = byte(source.Uint64())
	}
	if err := os.WriteFile(filepath.Join(dir, "data"), data, 0o644); err != nil {
		return err
	}
	const dockerfile = "FROM localhost/strake/busybox:latest\nCOPY data /data\nRUN sha256sum /data > /data.sum\n"
	return os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644)
}

func (b *bench) project() string        { return filepath.Join(b.Dir, "project") }
func (b *bench) imageName(i int) string { return fmt.Sprintf("image-%02d", i+1) }

func (b *bench) tools(only string) []tool {
	all := []tool{
		{name: "strake", base: b.strake(b.Base), all: b.strake(b.project())},
		{name: "buildah", base: b.buildahBase, all: b.buildahAll},
	}
	if only == "" {
		return all
	}
	return slices.DeleteFunc(all, func(t tool) bool { return t.name != only })
}

func (b *bench) strake(dir string) func(store string) *exec.Cmd {
	return func(store string) *exec.Cmd {
		return exec.Command(b.Strake, "build", "--dir", dir, "--root", store+"/root", "--runroot", runRoot(store))
	}
}

func (b *bench) buildahBase(store string) *exec.Cmd {
	args := append(buildahArgs(store), "-t", "localhost/strake/busybox:latest", b.Base)
	return exec.Command("buildah", args...)
}

func (b *bench) buildahAll(store string) *exec.Cmd {
	names := make([]string, b.Images)
	for i := range names {
		names[i] = b.imageName(i)
	}
	args := append([]string{"-P4", "-I{}", "buildah"}, buildahArgs(store)...)
	cmd := exec.Command("xargs", append(args, "-t", "localhost/bench/{}:latest", b.project()+"/{}")...)
	cmd.Stdin = strings.NewReader(strings.Join(names, "\n") + "\n")
	return cmd
}

// buildahArgs asks for chroot isolation: it needs no runtime, is the isolation
// that Strake has, and is the fastest that the command offers.
func buildahArgs(store string) []string {
	return []string{
		"--root", store + "/root", "--runroot", runRoot(store), "--storage-driver", "overlay",
		"bud", "--isolation", "chroot", "--quiet",
	}
}

// runRoot is where a tool keeps the state of running builds: in memory, as /run is
// on ordinary hosts.
func runRoot(store string) string {
	return filepath.Join("/dev/shm", "strake-bench", filepath.Base(store))
}

// measure runs the rounds: one for memory, then the timed ones in turns.
//
// All storages are removed at the end only: the file system is slow in making
// files for some seconds after many were removed, and the next round would pay.
func (b *bench) measure(tools []tool) (results []result, err error) {
	results = make([]result, len(tools))
	defer func() {
		for _, store := range b.stores {
			err = errors.Join(err, removeStore(store))
		}
	}()
	for round := range b.Rounds + 1 {
		for i, t := range tools {
			s, err := b.round(t, round)
			if err != nil {
				return nil, fmt.Errorf("round %d of %s: %w", round, t.name, err)
			}
			results[i].Tool = t.name
			if round == 0 {
				results[i].PeakMemory, results[i].LargestRSS = s.pss, s.rss
				continue
			}
			results[i].Seconds = append(results[i].Seconds, s.seconds)
			fmt.Printf("round %d  %-8s %7.3f s\n", round, t.name, s.seconds)
		}
	}
	for i := range results {
		results[i].summarize()
	}
	return results, nil
}

// sample is what was seen of one round. Memory is bytes.
type sample struct {
	seconds  float64
	pss, rss int64
}

// round builds everything once into a new storage. Round 0 watches the memory.
func (b *bench) round(t tool, number int) (s sample, err error) {
	store := filepath.Join(b.Dir, fmt.Sprintf("store-%s-%d", t.name, number))
	b.stores = append(b.stores, store)
	if err := os.MkdirAll(store, 0o755); err != nil {
		return s, err
	}
	if err := run(t.base(store)); err != nil {
		return s, err
	}
	syscall.Sync() // what earlier rounds wrote is not to slow down this one
	var watch *watcher
	if number == 0 {
		watch = startWatcher()
	}
	cmd := t.all(store)
	start := time.Now()
	err = run(cmd)
	s.seconds = time.Since(start).Seconds()
	if watch != nil {
		s.pss = watch.stop()
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.rss = usage.Maxrss * 1024
	}
	return s, err
}

// run runs a command, showing its output only if it fails.
func run(cmd *exec.Cmd) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", strings.Join(cmd.Args, " "), err, out.String())
	}
	return nil
}

// removeStore unmounts what a storage keeps mounted on itself and removes it. As
// an ordinary user, files belong to ids of the user's range, which only a user
// namespace may remove.
func removeStore(store string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	lines := strings.Split(string(mounts), "\n")
	slices.Reverse(lines)
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) > 4 && (strings.HasPrefix(f[4], store+"/") || strings.HasPrefix(f[4], runRoot(store)+"/")) {
			if err := syscall.Unmount(f[4], syscall.MNT_DETACH); err != nil {
				return fmt.Errorf("unmounting %s: %w", f[4], err)
			}
		}
	}
	if os.Getuid() != 0 {
		return run(exec.Command("buildah", "unshare", "rm", "-rf", store))
	}
	return errors.Join(os.RemoveAll(runRoot(store)), os.RemoveAll(store))
}

// watcher takes samples of the memory of all descendants of this process.
type watcher struct {
	peak int64
	done atomic.Bool
	over chan struct{}
}

func startWatcher() *watcher {
	const setChildSubreaper = 36 // orphans stay descendants of this process
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
	w := &watcher{over: make(chan struct{})}
	go func() {
		defer close(w.over)
		for !w.done.Load() {
			w.peak = max(w.peak, descendantsPSS(os.Getpid()))
			time.Sleep(time.Millisecond)
		}
	}()
	return w
}

// stop ends the sampling and returns the highest sum seen, in bytes.
func (w *watcher) stop() int64 {
	w.done.Store(true)
	<-w.over
	return w.peak
}

// descendantsPSS adds up the memory of all processes below pid, in bytes.
func descendantsPSS(pid int) int64 {
	parents := map[int]int{}
	names, _ := fs.Glob(os.DirFS("/proc"), "[0-9]*")
	for _, name := range names {
		if id, parent, ok := readParent(name); ok {
			parents[id] = parent
		}
	}
	var sum int64
	for id := range parents {
		for up := parents[id]; up > 0; up = parents[up] {
			if up == pid {
				if !sharesMemory(id, parents[id]) {
					sum += readPSS(id)
				}
				break
			}
		}
	}
	return sum
}

// sharesMemory reports whether a process still runs in the memory of its parent,
// as one does between its birth and the start of its own program.
func sharesMemory(id, parent int) bool {
	const kcmp, memory = 312, 1 // of amd64
	r, _, errno := syscall.RawSyscall6(kcmp, uintptr(id), uintptr(parent), memory, 0, 0, 0)
	return errno == 0 && r == 0
}

// readParent reads the id and the parent of a process.
func readParent(name string) (id, parent int, ok bool) {
	text, err := os.ReadFile("/proc/" + name + "/stat")
	if err != nil {
		return 0, 0, false
	}
	// The name of the program, in parentheses, may hold anything.
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(f) < 2 {
		return 0, 0, false
	}
	id, err1 := strconv.Atoi(name)
	parent, err2 := strconv.Atoi(f[1])
	return id, parent, errors.Join(err1, err2) == nil
}

// readPSS reads the memory of a process in bytes, 0 if it is gone.
func readPSS(id int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", id))
	_, after, _ := strings.Cut(string(text), "\nPss:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseInt(kilobytes, 10, 64)
	return n * 1024
}

func (r *result) summarize() {
	sorted := slices.Sorted(slices.Values(r.Seconds))
	r.Min, r.Max = sorted[0], sorted[len(sorted)-1]
	r.Median = (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func print(results []result) {
	fmt.Printf("\n%-8s %9s %17s %15s %15s\n", "tool", "median", "min – max", "memory (PSS)", "largest process")
	for _, r := range results {
		fmt.Printf("%-8s %7.3f s %7.3f – %5.3f s %12.1f MB %12.1f MB\n",
			r.Tool, r.Median, r.Min, r.Max, float64(r.PeakMemory)/1e6, float64(r.LargestRSS)/1e6)
	}
	if len(results) == 2 {
		fmt.Printf("\n%s takes 1/%.1f of the time of %s\n", results[0].Tool, results[1].Median/results[0].Median, results[1].Tool)
	}
}
