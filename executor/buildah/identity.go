package buildah

import (
	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/executor/buildah/sandbox"
)

// identity is who a command runs as.
type identity struct {
	uid, gid uint32
	groups   []uint32
	home     string
}

// identify resolves a USER value in an image; "" is the superuser.
func identify(root *rootfs.Root, spec string) (identity, error) {
	if spec == "" {
		spec = "0:0"
	}
	a, err := readAccounts(root)
	if err != nil {
		return identity{}, err
	}
	u, err := a.exec(spec)
	if err != nil {
		return identity{}, err
	}
	// The own group is also a supplementary one, so that a file that denies
	// something to this group denies it to the command.
	who := identity{uid: uint32(u.Uid), gid: uint32(u.Gid), groups: []uint32{uint32(u.Gid)}, home: u.Home}
	for _, g := range u.Sgids {
		if g != u.Gid {
			who.groups = append(who.groups, uint32(g))
		}
	}
	if who.uid == 0 && who.home == "/" && len(a.passwd) == 0 {
		who.home = "/root"
	}
	return who, nil
}

func (i identity) set(s *sandbox.Spec) { s.UID, s.GID, s.Groups = i.uid, i.gid, i.groups }
