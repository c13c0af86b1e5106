package buildah

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"

	"go.podman.io/buildah"
	"go.podman.io/storage/pkg/homedir"
	"go.podman.io/storage/pkg/unshare"
)

// Reexec reports whether this process was started by the container libraries for
// a task of theirs, which is done by then. It comes first in main.
func Reexec() bool { return buildah.InitReexec() }

// minIDs is how many ids besides his own a user needs, for images that have
// more than one owner of files.
const minIDs = 65535

// EnterUserNamespace makes an ordinary user the superuser of a namespace of his
// own, by starting the program again inside it: the call returns in the new
// process only. For the superuser it does nothing. The error says what the host
// lacks and what to do.
func EnterUserNamespace() error {
	if os.Geteuid() == 0 {
		unshare.MaybeReexecUsingUserNamespace(false)
		return nil
	}
	if err := checkRootless(); err != nil {
		return err
	}
	// Inside the namespace the user is number 0, and what belongs to the real
	// number, like registry credentials, would not be found.
	if dir, err := homedir.GetRuntimeDir(); err == nil && os.Getenv("XDG_RUNTIME_DIR") == "" {
		os.Setenv("XDG_RUNTIME_DIR", dir)
	}
	unshare.MaybeReexecUsingUserNamespace(false)
	return nil
}

func checkRootless() error {
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("finding out who is building: %w", err)
	}
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(tool); errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("building as the user %s needs the program %s: install the package uidmap (shadow-utils on Fedora)", me.Username, tool)
		}
	}
	uids, gids, err := unshare.GetSubIDMappings(me.Username, me.Username)
	if err != nil || len(uids) == 0 || len(gids) == 0 {
		return fmt.Errorf("the user %s has no ids of his own in /etc/subuid and /etc/subgid: run as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", me.Username, me.Username)
	}
	var n uint32
	for _, m := range uids {
		n += m.Size
	}
	if n < minIDs {
		return fmt.Errorf("the user %s has %d ids in /etc/subuid and needs 65536: run as root: usermod --add-subuids 100000-165535 %s", me.Username, n, me.Username)
	}
	return nil
}
