// Command benchconfig measures how a project file of many images is read.
//
//	go run .ci/benchconfig.go [-rounds 5] [-strake bin/strake]
//
// The first figure is what Load takes beside decoding the same file into plain
// YAML nodes, both in one process. The others are those of whole calls of `strake
// config check` on a project with 1,000 and with 10,000 images.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "rounds of each measurement")
	strake := flag.String("strake", "bin/strake", "the binary to measure")
	flag.Parse()
	if err := measure(*rounds, *strake); err != nil {
		fmt.Fprintln(os.Stderr, "benchconfig:", err)
		os.Exit(1)
	}
}

func measure(rounds int, strake string) error {
	if err := ratios(rounds); err != nil {
		return err
	}
	program, err := filepath.Abs(strake)
	if err != nil {
		return err
	}
	for _, images := range []int{1000, 10_000} {
		if err := check(rounds, program, images); err != nil {
			return err
		}
	}
	return nil
}

var line = regexp.MustCompile(`(?m)^Benchmark(Load|YAML)1000\S*\s+\d+\s+(\d+) ns/op`)

// ratios runs the benchmarks of package config and prints their medians.
func ratios(rounds int) error {
	cmd := exec.Command("go", "test", "-run=NONE", "-bench=^Benchmark(Load|YAML)1000$", "-count="+strconv.Itoa(rounds), "./config")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("running the benchmarks: %w", err)
	}
	times := map[string][]float64{}
	for _, match := range line.FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseFloat(match[2], 64)
		if err != nil {
			return err
		}
		times[match[1]] = append(times[match[1]], ns/1e6)
	}
	load, plain := median(times["Load"]), median(times["YAML"])
	fmt.Printf("1,000 images: load, validate and decode %.1f ms, plain YAML nodes %.1f ms: %.2f times\n", load, plain, load/plain)
	return nil
}

// check times `strake config check` on a project of its own.
func check(rounds int, strake string, images int) error {
	dir, err := os.MkdirTemp("", "strake-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeProject(dir, images); err != nil {
		return fmt.Errorf("writing the project: %w", err)
	}
	var seconds, memory []float64
	for range rounds {
		cmd := exec.Command(strake, "config", "check", "--dir", dir)
		start := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		seconds = append(seconds, time.Since(start).Seconds())
		memory = append(memory, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	}
	fmt.Printf("%6d images: strake config check %4.0f ms, %3.0f MB of memory at most (medians of %d)\n",
		images, median(seconds)*1000, median(memory), rounds)
	return nil
}

func writeProject(dir string, images int) error {
	var text strings.Builder
	text.WriteString("configVersion: 1\nproject: large\n")
	for i := range images / 2 {
		fmt.Fprintf(&text, "---\nimage: web-%d\ndockerfile: Dockerfile\nargs: {N: %d}\ndependencies:\n", i, i)
		fmt.Fprintf(&text, "- from: app-%d\n  imports:\n  - {type: ImageName, targetBuildArg: APP}\n", i)
		fmt.Fprintf(&text, "---\nimage: app-%d\nfrom: alpine:3\ngit:\n- {add: /, to: /app, includePaths: [Dockerfile]}\n", i)
		text.WriteString("shell:\n  install: [make, make install]\nimageSpec:\n  config: {cmd: [/app]}\n")
	}
	files := map[string]string{"strake.yaml": text.String(), "Dockerfile": "FROM scratch\n"}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	for _, args := range []string{"init -q", "add .", "-c user.name=bench -c user.email=bench@localhost commit -q -m bench"} {
		if err := exec.Command("git", append([]string{"-C", dir}, strings.Fields(args)...)...).Run(); err != nil {
			return err
		}
	}
	return nil
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
