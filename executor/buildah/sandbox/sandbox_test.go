package sandbox

import (
	"testing"
)

func TestFilterCompiles(t *testing.T) {
	f, err := Filter()
	if err != nil {
		t.Fatal(err)
	}
	if len(f)%8 != 0 || len(f) < 100*8 || len(f) > 4096*8 {
		t.Fatalf("filter has %d bytes", len(f))
	}
	t.Log(len(f) / 8)
}
