package buildah

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
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
	runtime, err := libimage.RuntimeFromStore(b.store, &libimage.RuntimeOptions{SystemContext: &types.SystemContext{}})
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
	system, err := b.registryContext(platform)
	if err != nil {
		return nil, err
	}
	candidates, err := meanings(system, ref)
	if err != nil {
		return nil, fmt.Errorf("not in the local storage, and no name that a registry could have: %w", err)
	}
	var errs []error
	for _, c := range candidates {
		base, err := remoteConfig(ctx, system, c, ref)
		if err == nil {
			b.sources.Store(ref, c.String())
			return base, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", c, err))
	}
	return nil, fmt.Errorf("not in the local storage, and not to be had from a registry: %w", joined(errs))
}

// meanings are the full names that a name may stand for. Where the host says
// nothing about short names they are those of docker.io.
func meanings(system *types.SystemContext, ref string) ([]reference.Named, error) {
	var all []reference.Named
	if resolved, err := shortnames.Resolve(system, ref); err == nil {
		for _, c := range resolved.PullCandidates {
			all = append(all, c.Value)
		}
		return all, nil
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return nil, err
	}
	return append(all, reference.TagNameOnly(named)), nil
}

// joined makes one line of several errors.
func joined(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = strings.ReplaceAll(err.Error(), "\n", " ")
	}
	return errors.New(strings.Join(texts, "; "))
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
	system, err := b.registryContext(platform)
	if err != nil {
		return "", err
	}
	runtime, err := libimage.RuntimeFromStore(b.store, &libimage.RuntimeOptions{SystemContext: system})
	if err != nil {
		return "", err
	}
	if source, ok := b.sources.Load(ref); ok {
		ref = source.(string)
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
