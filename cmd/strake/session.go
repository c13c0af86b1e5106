package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/executor/buildah"
	"github.com/strakebuild/strake/planner"
)

// session is a loaded project.
type session struct {
	repo     *config.Repo
	inputs   *config.Inputs
	includes *config.Includes // nil without includes
	project  *config.Project
}

// load reads the project from its commit, or from the work tree with --dev and
// --loose-giterminism, and prints what should be written differently.
func (a *app) load(ctx context.Context) (*session, error) {
	s, err := a.loadQuietly(ctx)
	if err == nil {
		a.warn(ctx, s.project.Warnings)
	}
	return s, err
}

func (a *app) loadQuietly(ctx context.Context) (*session, error) {
	s, err := a.openIncludes(ctx)
	if err != nil {
		return nil, projectFault(err)
	}
	return s, projectFault(s.read(ctx, a.settings, a.templateLog))
}

// openInputs opens the repository of the project and finds what may be read of
// it, without reading the project file.
func (a *app) openInputs(ctx context.Context, dev bool) (*session, error) {
	if info, err := os.Stat(a.settings.dir); err != nil || !info.IsDir() {
		return nil, usage("project folder %s: no such folder", a.settings.dir)
	}
	repo, err := openRepo(ctx, a.settings)
	if err != nil {
		return nil, err
	}
	s := &session{repo: repo}
	a.session = s
	opts, err := s.inputOptions(a.settings)
	if err != nil {
		return nil, err
	}
	opts.Dev = dev
	s.inputs, err = repo.Inputs(ctx, opts)
	return s, err
}

// inputOptions is what the settings say of what may be read.
func (s *session) inputOptions(set settings) (config.InputOptions, error) {
	policy, err := s.inRepo("--giterminism-config", set.policy)
	return config.InputOptions{
		Dir: s.repo.Prefix(), Dev: set.dev, Loose: set.loose, DevIgnore: set.devIgnore, PolicyFile: policy,
	}, err
}

// openIncludes is openInputs with the files of other repositories.
func (a *app) openIncludes(ctx context.Context) (*session, error) {
	s, err := a.openInputs(ctx, a.settings.dev)
	if err != nil {
		return nil, err
	}
	s.includes, err = s.inputs.Includes(ctx, a.settings.live)
	return s, err
}

func openRepo(ctx context.Context, set settings) (*config.Repo, error) {
	if set.workTree == "" {
		return config.OpenRepo(ctx, set.dir)
	}
	return config.OpenWorkTree(ctx, set.dir, set.workTree)
}

// projectFault marks what keeps a project from being read as the user's to mend,
// unless it is the host that lacks something.
func projectFault(err error) error {
	if err == nil || isUsage(err) || errors.Is(err, config.ErrNoGit) {
		return err
	}
	return usageError{err}
}

func (s *session) read(ctx context.Context, set settings, log func(string)) error {
	file, err := s.inRepo("--config", set.file)
	if err != nil {
		return err
	}
	vars, err := set.variables()
	if err != nil {
		return err
	}
	s.project, err = config.Load(ctx, s.inputs, config.LoadOptions{
		Dir: s.repo.Prefix(), File: file, TemplatesDir: set.templates, Name: set.name,
		Env: set.env, Vars: vars, Loose: set.loose, Debug: set.debug, Log: log,
	})
	return err
}

// templateLog prints what the debug functions of templates say.
func (a *app) templateLog(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(a.err, "template:", printable([]byte(strings.TrimRight(line, "\n"))))
	}
}

// inRepo is the path given with a flag relative to the repository; it is relative
// to the project folder when it is not absolute.
func (s *session) inRepo(flag, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	if !filepath.IsAbs(file) {
		return path.Join(s.repo.Prefix(), filepath.ToSlash(file)), nil
	}
	rel, err := filepath.Rel(s.repo.Root(), file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", usage("%s %s is outside the repository %s", flag, file, s.repo.Root())
	}
	return filepath.ToSlash(rel), nil
}

// open loads the project and opens the storage that it is built in. An ordinary
// user's program is started again inside a user namespace first, so nothing may
// have had an effect before. The images, if any, have to be the project's.
func (a *app) open(ctx context.Context, images ...string) (*session, *buildah.Backend, error) {
	if err := a.fetchIncludes(ctx); err != nil {
		return nil, nil, projectFault(err)
	}
	if err := buildah.EnterUserNamespace(); err != nil {
		return nil, nil, err
	}
	s, err := a.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := declared(s.project, images...); err != nil {
		return nil, nil, err
	}
	b, err := a.openBackend(s)
	return s, b, err
}

// fetchIncludes brings the files of other repositories into the user's cache
// before the user becomes the superuser of a namespace, who has other ssh keys. The
// superuser fetches them when the project is loaded.
func (a *app) fetchIncludes(ctx context.Context) error {
	if os.Geteuid() == 0 || !config.HasIncludes(a.settings.dir) {
		return nil
	}
	s, err := a.openIncludes(ctx)
	if err != nil {
		return err
	}
	return s.repo.Close()
}

// openBackend opens the storage as flags, environment and project say.
func (a *app) openBackend(s *session) (*buildah.Backend, error) {
	a.settings.fill(s.project.Backend.Buildah)
	if err := a.settings.check(s.project.Backend.Buildah); err != nil {
		return nil, err
	}
	limits, err := a.settings.limits()
	if err != nil {
		return nil, err
	}
	when, err := fileTime()
	if err != nil {
		return nil, err
	}
	return buildah.Open(buildah.Options{
		Root: a.settings.root, RunRoot: a.settings.runRoot, Driver: a.settings.driver,
		Limits: limits, Blobs: s.repo, FileTime: when,
	})
}

// fileTime is the time that files from git get, as SOURCE_DATE_EPOCH says.
func fileTime() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, usage("SOURCE_DATE_EPOCH=%q: want seconds since 1970 as a whole number", text)
	}
	return time.Unix(seconds, 0), nil
}

// prepare opens the project and its storage and makes the plan.
func (a *app) prepare(ctx context.Context, images []string) (*session, *buildah.Backend, *planner.Plan, error) {
	s, b, err := a.open(ctx, images...)
	if err != nil {
		return nil, nil, nil, err
	}
	plan, err := planner.Make(ctx, a.planInput(s, b, images))
	if err != nil {
		return nil, nil, nil, errors.Join(err, b.Close())
	}
	return s, b, plan, nil
}

// planInput is what the selected images of a loaded project are planned from.
func (a *app) planInput(s *session, bases planner.Bases, selected []string) planner.Input {
	return planner.Input{
		Project: s.project, Inputs: s.inputs, Tree: s.inputs.Tree, Bases: bases, Select: selected,
		Network: a.settings.commandNetwork(), ForceNetwork: a.settings.networkGiven,
	}
}

func finish(b *buildah.Backend, err error) error {
	if closing := b.Close(); closing != nil && err == nil {
		return fmt.Errorf("cleaning up: %w", closing)
	}
	return err
}
