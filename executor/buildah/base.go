package buildah

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	"go.podman.io/common/libimage"
	"go.podman.io/common/pkg/config"
	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/docker/reference"
	"go.podman.io/image/v5/pkg/shortnames"
	"go.podman.io/image/v5/types"
	"go.podman.io/storage"

	"github.com/strakebuild/strake/planner"
)

// maxConfig bounds the configuration of an image, in bytes.
const maxConfig = 16 << 20

// Base finds an external image: in the local storage, else in a registry, of
// which only the configuration is read.
func (b *Backend) Base(ctx context.Context, ref, platform string) (*planner.Base, error) {
	img, err := b.localImage(ref)
	if err == nil {
		return b.localBase(img, ref)
	}
	if !errors.Is(err, storage.ErrImageUnknown) {
		return nil, err
	}
	if strings.HasPrefix(ref, "localhost/") {
		return nil, errors.New("not in the local storage: build it first")
	}
	return b.remoteBase(ctx, ref, platform)
}

// localImage finds an image by name, by id, or by a short name that the host's
// settings complete.
func (b *Backend) localImage(ref string) (*storage.Image, error) {
	runtime, err := libimage.RuntimeFromStore(b.store, &libimage.RuntimeOptions{SystemContext: b.system})
	if err != nil {
		return nil, fmt.Errorf("opening the local images: %w", err)
	}
	found, _, err := runtime.LookupImage(ref, nil)
	if err != nil {
		return nil, err
	}
	return found.StorageImage(), nil
}

func (b *Backend) localBase(img *storage.Image, ref string) (*planner.Base, error) {
	size, err := b.store.ImageBigDataSize(img.ID, "sha256:"+img.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if size > maxConfig {
		return nil, fmt.Errorf("its configuration is larger than %d bytes", maxConfig)
	}
	data, err := b.store.ImageBigData(img.ID, "sha256:"+img.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if digest.FromBytes(data).Encoded() != img.ID {
		return nil, fmt.Errorf("the image in the local storage is damaged: remove it with podman rmi -f %.12s or buildah rmi -f %.12s, and build again", img.ID, img.ID)
	}
	return parseBase(ref, data)
}

// remoteBase asks the registries that a name may mean, in the host's order.
func (b *Backend) remoteBase(ctx context.Context, ref, platform string) (*planner.Base, error) {
	system := b.platformContext(platform)
	resolved, err := shortnames.Resolve(system, ref)
	if err != nil {
		return nil, fmt.Errorf("not in the local storage, and no registry is known for it: %w", err)
	}
	var errs []error
	for _, c := range resolved.PullCandidates {
		base, err := remoteConfig(ctx, system, c.Value, ref)
		if err == nil {
			return base, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", c.Value, err))
	}
	return nil, fmt.Errorf("not in the local storage, and not to be had from a registry: %w", joined(errs))
}

// joined makes one line of several errors.
func joined(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = strings.ReplaceAll(err.Error(), "\n", " ")
	}
	return errors.New(strings.Join(texts, "; "))
}

func (b *Backend) platformContext(platform string) *types.SystemContext {
	system := *b.system
	parts := strings.Split(platform, "/")
	if len(parts) > 1 {
		system.OSChoice, system.ArchitectureChoice = parts[0], parts[1]
	}
	if len(parts) > 2 {
		system.VariantChoice = parts[2]
	}
	return &system
}

func remoteConfig(ctx context.Context, system *types.SystemContext, named reference.Named, ref string) (*planner.Base, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := docker.NewReference(reference.TagNameOnly(named))
	if err != nil {
		return nil, err
	}
	img, err := r.NewImage(ctx, system)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	data, err := img.ConfigBlob(ctx)
	if err != nil {
		return nil, err
	}
	return parseBase(ref, data)
}

// parseBase reads an image configuration; its digest is the image's id.
func parseBase(ref string, data []byte) (*planner.Base, error) {
	var c imageConfig
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	base := &planner.Base{Ref: ref, ID: digest.FromBytes(data).Encoded(), Config: c.Config}
	for _, h := range c.History {
		base.History = append(base.History, planner.History{CreatedBy: h.CreatedBy, EmptyLayer: h.EmptyLayer})
	}
	return base, nil
}

// pull brings a base into the storage and makes sure that it is the one that was
// planned with.
func (b *Backend) pull(ctx context.Context, base *planner.Base, platform string, out io.Writer) error {
	return b.pulls.do(base.ID, func() error {
		if b.store.Exists(base.ID) {
			return nil
		}
		id, err := b.pullImage(ctx, base.Ref, platform, out)
		if err != nil {
			return fmt.Errorf("pulling %s: %w", base.Ref, err)
		}
		if id != base.ID {
			return fmt.Errorf("%s changed while the build was running: it was %.12s and is %.12s now; build again", base.Ref, base.ID, id)
		}
		return nil
	})
}

// pullImage fetches an image under the host's rules for names, mirrors and
// signatures, and returns its id.
func (b *Backend) pullImage(ctx context.Context, ref, platform string, out io.Writer) (string, error) {
	runtime, err := libimage.RuntimeFromStore(b.store, &libimage.RuntimeOptions{SystemContext: b.platformContext(platform)})
	if err != nil {
		return "", err
	}
	options := &libimage.PullOptions{}
	options.Writer = out
	images, err := runtime.Pull(ctx, ref, config.PullPolicyMissing, options)
	if err != nil {
		return "", err
	}
	if len(images) == 0 {
		return "", errors.New("the registry gave no image")
	}
	return images[0].ID(), nil
}

// singleFlight does a thing once for callers that want it at the same time.
type singleFlight struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

func (s *singleFlight) do(key string, f func() error) error {
	s.mu.Lock()
	if s.locks == nil {
		s.locks = map[string]*sync.Mutex{}
	}
	if s.locks[key] == nil {
		s.locks[key] = &sync.Mutex{}
	}
	l := s.locks[key]
	s.mu.Unlock()
	l.Lock()
	defer l.Unlock()
	return f()
}
