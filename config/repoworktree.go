package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// OpenWorkTree is OpenRepo for a work tree that is named and not looked for: dir
// has to be in it. The repository is the one in its .git, or else the one that
// the environment variable GIT_DIR names, which may be bare.
func OpenWorkTree(ctx context.Context, dir, workTree string) (*Repo, error) {
	project, err := projectFolder(dir)
	if err != nil {
		return nil, err
	}
	tree, err := projectFolder(workTree)
	if err != nil {
		return nil, fmt.Errorf("finding the git work tree: %w", err)
	}
	if !insideFolder(project, tree) {
		return nil, fmt.Errorf("the project folder %s is outside the git work tree %s", project, tree)
	}
	gitDir, err := gitDirOf(ctx, tree)
	if err != nil {
		return nil, err
	}
	env := append(gitEnv(), "GIT_DIR="+gitDir, "GIT_WORK_TREE="+tree)
	return openGit(ctx, gitProgram{dir: project, env: env})
}

// insideFolder reports whether a folder is another one or below it.
func insideFolder(dir, parent string) bool {
	realDir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	realParent, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(realParent, realDir)
	return err == nil && filepath.IsLocal(rel)
}

// gitDirOf returns the folder of the repository that a work tree belongs to.
func gitDirOf(ctx context.Context, tree string) (string, error) {
	if _, err := os.Lstat(filepath.Join(tree, ".git")); err == nil {
		out, err := gitProgram{dir: tree, env: gitEnv()}.output(ctx, nil, "rev-parse", "--absolute-git-dir")
		if err != nil {
			return "", explainOpen(tree, err)
		}
		return trimLine(out), nil
	}
	dir := os.Getenv("GIT_DIR")
	if dir == "" {
		return "", fmt.Errorf("the git work tree %s has no .git: set GIT_DIR to its repository", tree)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding GIT_DIR: %w", err)
	}
	if err := checkFolder(abs); err != nil {
		return "", errors.New("GIT_DIR=" + dir + " is not a folder")
	}
	return abs, nil
}
