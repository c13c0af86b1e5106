package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// complete puts the files of submodules and of git LFS in the place of the
// entries that stand for them, as far as they are on this machine. Submodules are
// taken at their bound commits, with dev as in the work tree.
func (r *Repo) complete(ctx context.Context, t *Tree, dev bool) error {
	if err := r.pull(ctx, t); err != nil {
		return err
	}
	if !slices.ContainsFunc(t.entries, func(e Entry) bool { return e.Mode == ModeModule }) {
		return nil
	}
	modules, err := r.openModules(ctx, t, dev)
	t.splice(modules)
	return err
}

// opened is a submodule: a tree, or why there is none.
type opened struct {
	tree *Tree
	why  error
}

// openModules lists the files of the submodules that are checked out, by path.
func (r *Repo) openModules(ctx context.Context, t *Tree, dev bool) (map[string]opened, error) {
	modules := map[string]opened{}
	var wg sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, cap(r.blobs.slots))
	for _, e := range t.entries {
		if e.Mode != ModeModule {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			tree, err := r.module(ctx, e, dev)
			mu.Lock()
			defer mu.Unlock()
			modules[e.Path] = opened{tree, err}
		})
	}
	wg.Wait()
	return modules, ctx.Err()
}

// module lists the files of a submodule, nil when its commit is not here.
func (r *Repo) module(ctx context.Context, e Entry, dev bool) (*Tree, error) {
	dir := filepath.Join(r.root, filepath.FromSlash(e.Path))
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil {
		return nil, nil
	}
	sub, err := openGit(ctx, gitProgram{dir: dir, env: gitEnv()})
	if err != nil {
		return nil, err
	}
	r.adopt(sub)
	commit := Commit{Tree: e.OID}
	if dev {
		if commit, err = sub.WorkTree(ctx); err != nil {
			return nil, err
		}
	} else if !sub.has(ctx, e.OID) {
		return nil, nil
	}
	tree, err := sub.Tree(ctx, commit)
	if err != nil {
		return nil, err
	}
	if err := sub.complete(ctx, tree, dev); err != nil {
		return nil, err
	}
	for _, dir := range sub.objectFolders() {
		r.addObjects(dir)
	}
	return tree, nil
}

// adopt makes a submodule's repository end with this one.
func (r *Repo) adopt(sub *Repo) {
	sub.lfs = r.lfs
	r.mu.Lock()
	defer r.mu.Unlock()
	r.modules = append(r.modules, sub)
}

// has reports whether the repository has a commit.
func (r *Repo) has(ctx context.Context, commit string) bool {
	_, err := r.git.output(ctx, nil, "cat-file", "-e", commit+"^{commit}")
	return err == nil
}

// objectFolders is where the objects of this repository are.
func (r *Repo) objectFolders() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	folders := append([]string{r.objects}, r.others...)
	if r.private != "" {
		folders = append(folders, filepath.Join(r.private, "objects"))
	}
	return folders
}

// splice makes folders of submodules, and keeps what is wrong with the others.
func (t *Tree) splice(modules map[string]opened) {
	var all []Entry
	t.unusable = map[string]error{}
	for _, e := range t.entries {
		m := modules[e.Path]
		if m.why != nil {
			t.unusable[e.Path] = m.why
		}
		if e.Mode != ModeModule || m.tree == nil {
			all = append(all, e)
			continue
		}
		all = append(all, Entry{Path: e.Path, Mode: ModeDir})
		for _, inner := range m.tree.entries {
			inner.Path = e.Path + "/" + inner.Path
			all = append(all, inner)
		}
		for name, why := range m.tree.unusable {
			t.unusable[e.Path+"/"+name] = why
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	t.entries = all
}

// insideModule puts the changed files of a submodule in the place of the change
// of the submodule itself.
func (r *Repo) insideModule(ctx context.Context, c Change) ([]Change, error) {
	dir := filepath.Join(r.root, filepath.FromSlash(c.Path))
	sub, err := openGit(ctx, gitProgram{dir: dir, env: gitEnv()})
	if err != nil {
		return []Change{c}, ctx.Err()
	}
	defer sub.Close()
	list, err := sub.status(ctx)
	if err != nil || len(list) == 0 {
		return []Change{c}, err
	}
	for i := range list {
		list[i].Path = c.Path + "/" + list[i].Path
	}
	return list, nil
}

// Usable is nil for an entry whose content can be read, and otherwise says what
// to do. The path of the entry is that of the tree.
func (t *Tree) Usable(e Entry) error {
	if why := t.unusable[e.Path]; why != nil {
		return fmt.Errorf("%s is a git submodule that cannot be read: %w", quoteOdd(e.Path), why)
	}
	if e.Mode == ModeModule {
		return fmt.Errorf("%s is a git submodule whose commit is not here: run git submodule update --init %s", quoteOdd(e.Path), quoteOdd(e.Path))
	}
	if t.lfs == nil {
		return nil
	}
	return t.lfs.check(e)
}
