package buildah

import (
	"strings"
	"testing"
)

func TestCommandIdentity(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	tests := []struct{ user, want string }{
		{"", "uid=0(root) gid=0(root) groups=0(root) /root"},
		{"app", "uid=1000(app) gid=2000 groups=50(staff),2000 /home/app"},
		{"1000", "uid=1000(app) gid=2000 groups=50(staff),2000 /home/app"},
		{"app:staff", "uid=1000(app) gid=50(staff) groups=50(staff) /home/app"},
		{"1234:4321", "uid=1234 gid=4321 groups=4321 /"},
		{"1234", "uid=1234 gid=0(root) groups=0(root) /"},
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			op := sh(`echo "$(id) $HOME"`)
			op.Run.User = tt.user
			if got := strings.TrimSpace(mustBuild(t, b, step("id", base, op))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for _, user := range []string{"nobody-knows", "app:nogroup", "4294967295", "4294967296", "-1"} {
		t.Run(user+" is refused", func(t *testing.T) {
			op := sh("id")
			op.Run.User = user
			if out, err := build(t, b, step("id", base, op)); err == nil {
				t.Errorf("the command ran: %s", out)
			}
		})
	}
}
