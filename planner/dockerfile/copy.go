package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// Copy brings files into the image: Sources of the context or the Dockerfile, or
// with From set the Paths of another image or stage.
type Copy struct {
	Sources []recipe.Source
	From    *Ref
	Paths   []string // absolute, may hold wildcards
	Dest    string   // absolute; a trailing slash makes it a directory
	Owner   recipe.Owner
	Mode    *uint32 // nil: modes are kept
	Unpack  bool    // unpack tar archives
}

func (b *builder) copy(ctx context.Context, c *instructions.CopyCommand, in *Instruction) error {
	switch {
	case c.Parents:
		return errors.New("COPY --parents is not supported yet")
	case len(c.ExcludePatterns) > 0:
		return errors.New("COPY --exclude is not supported yet")
	}
	in.CreatedBy = createdBy("COPY", c.From, c.Chown, c.Chmod, c.SourcesAndDest)
	copy, err := b.newCopy(c.SourcesAndDest, c.Chown, c.Chmod)
	if err != nil {
		return err
	}
	in.Copy = copy
	if c.From == "" {
		return b.copySources(ctx, copy, c.SourcesAndDest)
	}
	from := b.stage.from[c]
	copy.From = &from
	for _, source := range c.SourcePaths {
		copy.Paths = append(copy.Paths, path.Clean("/"+source))
	}
	if len(c.SourceContents) > 0 {
		return errors.New("COPY --from cannot take a heredoc")
	}
	return nil
}

func (b *builder) add(ctx context.Context, c *instructions.AddCommand, in *Instruction) error {
	switch {
	case len(c.ExcludePatterns) > 0:
		return errors.New("ADD --exclude is not supported yet")
	case c.Checksum != "":
		return errors.New("ADD --checksum needs a URL, which is not supported yet")
	case c.KeepGitDir != nil:
		return errors.New("ADD --keep-git-dir needs a git repository, which is not supported yet")
	}
	in.CreatedBy = createdBy("ADD", "", c.Chown, c.Chmod, c.SourcesAndDest)
	copy, err := b.newCopy(c.SourcesAndDest, c.Chown, c.Chmod)
	if err != nil {
		return err
	}
	copy.Unpack = c.Unpack == nil || *c.Unpack
	in.Copy = copy
	return b.copySources(ctx, copy, c.SourcesAndDest)
}

func (b *builder) newCopy(files instructions.SourcesAndDest, chown, chmod string) (*Copy, error) {
	for _, source := range files.SourcePaths {
		if isRemote(source) {
			return nil, fmt.Errorf("%s: files from a URL or a git repository are not supported yet", source)
		}
	}
	owner, err := parseOwner(chown)
	if err != nil {
		return nil, err
	}
	mode, err := parseMode(chmod)
	if err != nil {
		return nil, err
	}
	dest, err := b.dest(files)
	return &Copy{Dest: dest, Owner: owner, Mode: mode}, err
}

// dest resolves the destination. Several sources can only go into a directory.
func (b *builder) dest(files instructions.SourcesAndDest) (string, error) {
	name := files.DestPath
	dest := b.absolute(name)
	isDir := name == "" || name == "." || strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/.") ||
		len(files.SourcePaths)+len(files.SourceContents) > 1
	if isDir && dest != "/" {
		dest += "/"
	}
	return dest, checkWhiteout(dest)
}

// copySources finds the sources of a COPY or ADD without --from.
func (b *builder) copySources(ctx context.Context, copy *Copy, files instructions.SourcesAndDest) error {
	for _, source := range files.SourcePaths {
		found, err := b.files.find(ctx, source)
		if err != nil {
			return err
		}
		copy.Sources = append(copy.Sources, found...)
	}
	for _, content := range files.SourceContents {
		source, err := literal(content)
		if err != nil {
			return err
		}
		copy.Sources = append(copy.Sources, source)
	}
	if len(copy.Sources) == 0 {
		return fmt.Errorf("%s matches no file in %s", strings.Join(files.SourcePaths, " "), b.files.describe())
	}
	if len(copy.Sources) > 1 && !strings.HasSuffix(copy.Dest, "/") {
		copy.Dest += "/"
	}
	return nil
}

// literal makes a source of a heredoc.
func literal(content instructions.SourceContent) (recipe.Source, error) {
	name := content.Path
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return recipe.Source{}, fmt.Errorf("the heredoc name %q cannot be the name of a file", name)
	}
	if err := checkWhiteout(name); err != nil {
		return recipe.Source{}, err
	}
	file := recipe.File{Path: name, Mode: config.ModeFile, Data: []byte(content.Data)}
	return recipe.Source{Name: "<<" + name, Files: []recipe.File{file}}, nil
}

// isRemote reports whether a source is a URL or a git repository.
func isRemote(source string) bool {
	return regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://|[a-zA-Z0-9._-]+@[a-zA-Z0-9._-]+:)`).MatchString(source)
}

// checkWhiteout refuses names that mean a deletion in a layer.
func checkWhiteout(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".wh.") {
			return fmt.Errorf("%s: a name that begins with .wh. cannot be stored in an image", name)
		}
	}
	return nil
}

func createdBy(word, from, chown, chmod string, files instructions.SourcesAndDest) string {
	parts := []string{word}
	for _, flag := range [][2]string{{"from", from}, {"chown", chown}, {"chmod", chmod}} {
		if flag[1] != "" {
			parts = append(parts, "--"+flag[0]+"="+flag[1])
		}
	}
	parts = append(parts, files.SourcePaths...)
	for _, content := range files.SourceContents {
		parts = append(parts, "<<"+content.Path)
	}
	return strings.Join(append(parts, files.DestPath), " ")
}
