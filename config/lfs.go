package config

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A file of git LFS is stored as a pointer: three lines with the SHA-256 and the
// size of the content, which lies in a folder of its own. In a completed tree
// such a file has that SHA-256 as its OID.

const (
	maxPointer    = 1024 // bytes
	maxAttributes = 1 << 20
	lfsVersion    = "version https://git-lfs.github.com/spec/v1"
)

// lfsFiles is where the contents of LFS files are, by OID.
type lfsFiles struct {
	mu    sync.Mutex
	files map[string]lfsFile
}

type lfsFile struct {
	path string
	size int64
}

func (l *lfsFiles) add(oid string, f lfsFile) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files[oid] = f
}

func (l *lfsFiles) find(oid string) (lfsFile, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.files[oid]
	return f, ok
}

// check is nil unless an entry is an LFS file that is not here.
func (l *lfsFiles) check(e Entry) error {
	f, ok := l.find(e.OID)
	if !ok {
		return nil
	}
	info, err := os.Stat(f.path)
	if err == nil && info.Mode().IsRegular() && info.Size() == f.size {
		return nil
	}
	return fmt.Errorf("%s is a file of git LFS whose content is not here: run git lfs pull --include %s", quoteOdd(e.Path), quoteOdd(e.Path))
}

// open opens a content. Reading it to its end fails when it is not what the OID
// says.
func (l *lfsFiles) open(oid string) (body io.ReadCloser, size int64, found bool, err error) {
	f, ok := l.find(oid)
	if !ok {
		return nil, 0, false, nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, 0, true, fmt.Errorf("opening the git LFS object %s, which git lfs pull gets: %w", oid, err)
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != f.size {
		file.Close()
		return nil, 0, true, fmt.Errorf("the git LFS object %s is damaged: remove %s and run git lfs pull", oid, f.path)
	}
	return &lfsReader{file: file, oid: oid, left: f.size, sum: sha256.New()}, f.size, true, nil
}

// lfsReader gives the last bytes only when the whole is right.
type lfsReader struct {
	file *os.File
	oid  string
	left int64
	sum  hash.Hash
}

func (r *lfsReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.file.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	r.sum.Write(b[:n])
	if r.left == 0 && hex.EncodeToString(r.sum.Sum(nil)) != r.oid {
		return 0, fmt.Errorf("the git LFS object %s is damaged: remove %s and run git lfs pull", r.oid, r.file.Name())
	}
	if r.left > 0 && errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *lfsReader) Close() error { return r.file.Close() }

// pull gives the files of git LFS the OIDs of their contents.
func (r *Repo) pull(ctx context.Context, t *Tree) error {
	folders, err := lfsFolders(ctx, t)
	if err != nil || len(folders) == 0 {
		return err
	}
	names, err := r.lfsNames(ctx, t, folders)
	if err != nil {
		return fmt.Errorf("looking for files of git LFS: %w", err)
	}
	store := r.lfsStore(ctx)
	for _, name := range names {
		i := t.search(name)
		pointer, err := t.read(ctx, t.entries[i].OID, maxPointer)
		if errors.Is(err, errLarge) {
			continue // committed as it is
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		if oid, size, ok := parsePointer(pointer); ok {
			t.entries[i].OID = oid
			r.lfs.add(oid, lfsFile{path: filepath.Join(store, "objects", oid[:2], oid[2:4], oid), size: size})
		}
	}
	return nil
}

// lfsFolders is the folders whose attributes give files to git LFS.
func lfsFolders(ctx context.Context, t *Tree) ([]string, error) {
	var folders []string
	for _, e := range t.entries {
		if !e.IsRegular() || path.Base(e.Path) != ".gitattributes" {
			continue
		}
		text, err := t.read(ctx, e.OID, maxAttributes)
		large := errors.Is(err, errLarge)
		if err != nil && !large {
			return nil, fmt.Errorf("reading %s: %w", e.Path, err)
		}
		if large || bytes.Contains(text, []byte("filter=lfs")) {
			folders = append(folders, cleanDir(path.Dir(e.Path)))
		}
	}
	return folders, nil
}

// lfsNames asks git which files of some folders have the filter of LFS by the
// attributes of the tree.
func (r *Repo) lfsNames(ctx context.Context, t *Tree, folders []string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.makePrivate(); err != nil {
		return nil, err
	}
	env := append(r.readEnv(), "GIT_INDEX_FILE="+filepath.Join(r.private, "attributes"), "GIT_ATTR_NOSYSTEM=1")
	if _, err := r.git.output(ctx, env, safely("read-tree", t.commit.Tree)...); err != nil {
		return nil, err
	}
	var asked strings.Builder
	seen := map[string]bool{}
	for _, dir := range folders {
		for _, e := range t.Under(dir) {
			if e.IsRegular() && !seen[e.Path] {
				seen[e.Path] = true
				asked.WriteString(e.Path + "\x00")
			}
		}
	}
	out, err := r.git.input(ctx, asked.String(), env, "-c", "core.attributesFile=/dev/null", "check-attr", "--cached", "--stdin", "-z", "filter")
	if err != nil {
		return nil, err
	}
	var names []string
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+2 < len(fields); i += 3 {
		if fields[i+2] == "lfs" {
			names = append(names, fields[i])
		}
	}
	return names, nil
}

// lfsStore is the folder of LFS; git lfs shares it between linked work trees.
func (r *Repo) lfsStore(ctx context.Context) string {
	common := filepath.Dir(r.objects)
	out, err := r.git.output(ctx, nil, "config", "--type=path", "lfs.storage")
	if err != nil || trimLine(out) == "" {
		return filepath.Join(common, "lfs")
	}
	return absIn(common, trimLine(out))
}

// parsePointer reads the pointer of an LFS file.
func parsePointer(text []byte) (oid string, size int64, ok bool) {
	if !bytes.HasPrefix(text, []byte(lfsVersion+"\n")) {
		return "", 0, false
	}
	size = -1
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "oid":
			oid = strings.TrimPrefix(value, "sha256:")
		case "size":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return "", 0, false
			}
			size = n
		}
	}
	return oid, size, len(oid) == 64 && isOID(oid) && size >= 0
}
