package buildah

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/moby/sys/user"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/planner"
)

// maxPasswd bounds what is read of an image's user and group files, in bytes.
const maxPasswd = 4 << 20

// accounts are the user and group files of an image.
type accounts struct {
	passwd, group []byte
}

// readAccounts reads what there is; an image without accounts has none.
func readAccounts(root *rootfs.Root) (accounts, error) {
	var a accounts
	for path, dst := range map[string]*[]byte{"/etc/passwd": &a.passwd, "/etc/group": &a.group} {
		data, err := root.ReadFile(path, maxPasswd)
		if err != nil && !rootfs.IsNotExist(err) {
			return a, fmt.Errorf("reading the accounts of the image: %w", err)
		}
		*dst = data
	}
	return a, nil
}

// exec resolves a USER value: name or id, with an optional ":group".
func (a accounts) exec(spec string) (*user.ExecUser, error) {
	u, err := user.GetExecUser(spec, &user.ExecUser{Home: "/"}, bytes.NewReader(a.passwd), bytes.NewReader(a.group))
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", spec, err)
	}
	return u, nil
}

// owner resolves who is to own files.
func (w *work) owner(o planner.Owner) (uid, gid uint32, err error) {
	if o.User == "" && o.Group == "" {
		return 0, 0, nil
	}
	u, okU := number(o.User)
	g, okG := number(o.Group)
	if okU && okG {
		return u, g, nil
	}
	a, err := readAccounts(w.root)
	if err != nil {
		return 0, 0, err
	}
	if !okU {
		found, err := a.exec(o.User)
		if err != nil {
			return 0, 0, err
		}
		u = uint32(found.Uid)
		if o.Group == "" && o.PrimaryGroup {
			return u, uint32(found.Gid), nil
		}
	}
	switch {
	case okG:
	case o.Group == "":
		g = 0
		if o.PrimaryGroup {
			g = u // a number without a name: the group has the same number
		}
	default:
		g, err = a.groupID(o.Group)
	}
	return u, g, err
}

func (a accounts) groupID(name string) (uint32, error) {
	groups, err := user.ParseGroupFilter(bytes.NewReader(a.group), func(g user.Group) bool { return g.Name == name })
	if err != nil {
		return 0, fmt.Errorf("reading /etc/group of the image: %w", err)
	}
	if len(groups) == 0 {
		return 0, fmt.Errorf("group %q: no such group in /etc/group of the image", name)
	}
	return uint32(groups[0].Gid), nil
}

// number reads an id; "" is not one unless nothing was asked for.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return uint32(n), err == nil
}
