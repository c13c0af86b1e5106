package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/strakebuild/strake/executor"
)

// writeTable prints what became of each image.
func writeTable(out io.Writer, r *executor.Report) {
	if r == nil || len(r.Images) == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "IMAGE\tKEY\tID\tSIZE\tSTATE\tSECONDS")
	for _, img := range r.Images {
		id, size := "-", "-"
		if img.ID != "" {
			id, size = img.ID[:12], bytesText(img.Size)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.2f\n", img.Name, img.Key.Short(), id, size, img.Outcome, img.Time.Seconds())
	}
	w.Flush()
	fmt.Fprintln(out, summary(r))
}

func summary(r *executor.Report) string {
	counts := map[executor.Outcome]int{}
	for _, img := range r.Images {
		counts[img.Outcome]++
	}
	text := fmt.Sprintf("%d images", len(r.Images))
	if len(r.Images) == 1 {
		text = "1 image"
	}
	for _, o := range []executor.Outcome{executor.Built, executor.Cached, executor.Failed, executor.Skipped, executor.Canceled} {
		if counts[o] > 0 {
			text += fmt.Sprintf(", %d %s", counts[o], o)
		}
	}
	return text + ", " + seconds(r.Time)
}

// bytesText is a size in the largest unit that leaves at least 1.
func bytesText(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 1000 && unit < len(units)-1 {
		size /= 1000
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
