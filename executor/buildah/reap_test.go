package buildah

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAbandonedStagingFolders(t *testing.T) {
	const unlocked, locked = "unlocked", "locked"
	tests := []struct {
		name string
		age  time.Duration
		lock string // "" for no file
		want bool
	}{
		{"just made", 0, "", false},
		{"just made, about to be locked", 0, unlocked, false},
		{"in work", 0, locked, false},
		{"long in work", time.Hour, locked, false},
		{"left before it was locked", time.Hour, "", true},
		{"left", time.Hour, unlocked, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.lock != "" {
				f, err := os.Create(filepath.Join(dir, "staging.lock"))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				l := unix.Flock_t{Type: unix.F_WRLCK}
				if test.lock == locked {
					if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l); err != nil {
						t.Fatal(err)
					}
				}
			}
			then := time.Now().Add(-test.age)
			if err := os.Chtimes(dir, then, then); err != nil {
				t.Fatal(err)
			}
			if got := abandoned(dir); got != test.want {
				t.Errorf("abandoned: %v, want %v", got, test.want)
			}
		})
	}
}
