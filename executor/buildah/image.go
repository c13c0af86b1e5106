package buildah

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	imagespec "github.com/opencontainers/image-spec/specs-go/v1"
	"go.podman.io/storage"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

// imageConfig is the configuration of an image in the form of the OCI image
// specification, with the run configuration that Docker's tools extend.
type imageConfig struct {
	Created      time.Time        `json:"created"`
	Author       string           `json:"author,omitempty"`
	Architecture string           `json:"architecture"`
	Variant      string           `json:"variant,omitempty"`
	OS           string           `json:"os"`
	Config       planner.Config   `json:"config"`
	RootFS       imagespec.RootFS `json:"rootfs"`
	History      []historyEntry   `json:"history,omitempty"`
}

type historyEntry struct {
	Created    time.Time `json:"created"`
	CreatedBy  string    `json:"created_by,omitempty"`
	EmptyLayer bool      `json:"empty_layer,omitempty"`
}

// FindImage looks an image up by its key. A record that is damaged, or whose
// layers are gone or were built anew, counts as missing.
func (b *Backend) FindImage(_ context.Context, img *planner.Image) (executor.Image, bool, error) {
	record, layers, err := b.publishedImage(img)
	if err != nil || record == nil {
		return executor.Image{}, false, err
	}
	return result(img, record, layers), true, nil
}

// wholeImage returns the layers of an image, and whether they and its
// configuration are there and belong to each other.
func (b *Backend) wholeImage(record *storage.Image) ([]*storage.Layer, bool, error) {
	layers, err := b.chain(record.TopLayer)
	if errors.Is(err, storage.ErrLayerUnknown) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	data, err := b.store.ImageBigData(record.ID, "sha256:"+record.ID)
	var c imageConfig
	if err != nil || digest.FromBytes(data).Encoded() != record.ID || json.Unmarshal(data, &c) != nil {
		return nil, false, nil
	}
	same := slices.EqualFunc(layers, c.RootFS.DiffIDs, func(l *storage.Layer, d digest.Digest) bool { return l.UncompressedDigest == d })
	return layers, same, nil
}

// FindStep looks a step up: its layer, or the image that a base step stands for.
func (b *Backend) FindStep(_ context.Context, step *planner.Step) (bool, error) {
	if step.Base != nil {
		return b.store.Exists(step.Base.ID), nil
	}
	_, err := b.store.Layer(string(step.Key))
	if errors.Is(err, storage.ErrLayerUnknown) {
		return false, nil
	}
	return err == nil, err
}

func keyName(img *planner.Image) string    { return img.Repo + ":" + string(img.Key) }
func latestName(img *planner.Image) string { return img.Repo + ":latest" }

func result(img *planner.Image, record *storage.Image, layers []*storage.Layer) executor.Image {
	out := executor.Image{
		Name: img.Name, Key: img.Key, ID: record.ID, Digest: record.Digest.String(),
		Names: []string{latestName(img), keyName(img)},
	}
	for _, l := range layers {
		out.Size += l.UncompressedSize
	}
	return out
}

// chain returns the layers from the lowest to the one with the given id.
func (b *Backend) chain(id string) ([]*storage.Layer, error) {
	var layers []*storage.Layer
	for id != "" {
		l, err := b.store.Layer(id)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
		id = l.Parent
	}
	slices.Reverse(layers)
	return layers, nil
}

// Publish writes the record of an image and then gives it its names. The record
// and all it needs are durable before any name leads to it.
func (b *Backend) Publish(_ context.Context, img *planner.Image, values map[string]string) (executor.Image, error) {
	record, layers, err := b.publishedImage(img)
	if err == nil && record == nil {
		record, layers, err = b.createImage(img, values)
	}
	if err != nil {
		return executor.Image{}, err
	}
	if err := b.name(record, keyName(img), latestName(img)); err != nil {
		return executor.Image{}, err
	}
	return result(img, record, layers), nil
}

// publishedImage returns an image that has its key's name and is whole, or nil.
func (b *Backend) publishedImage(img *planner.Image) (*storage.Image, []*storage.Layer, error) {
	record, err := b.store.Image(keyName(img))
	if errors.Is(err, storage.ErrImageUnknown) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	layers, ok, err := b.wholeImage(record)
	if !ok || err != nil {
		return nil, nil, err
	}
	return record, layers, nil
}

// name gives an image those of the names that it does not have yet.
func (b *Backend) name(record *storage.Image, names ...string) error {
	missing := slices.DeleteFunc(names, func(n string) bool { return slices.Contains(record.Names, n) })
	if len(missing) == 0 {
		return nil
	}
	if err := b.disk.sync(); err != nil {
		return err
	}
	if err := b.store.AddNames(record.ID, missing); err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	return nil
}

func (b *Backend) createImage(img *planner.Image, values map[string]string) (*storage.Image, []*storage.Layer, error) {
	top, err := b.layerOf(img.Top)
	if err != nil {
		return nil, nil, err
	}
	layers, err := b.chain(top)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the layers: %w", err)
	}
	config, err := configOf(img, layers, values)
	if err != nil {
		return nil, nil, err
	}
	manifest, err := manifestOf(config, layers)
	if err != nil {
		return nil, nil, err
	}
	record, err := b.putImage(top, config, manifest)
	return record, layers, err
}

// putImage stores an image without a name. One with the same content, stored for
// another key or by a run that was cut off, is used again if it is whole.
func (b *Backend) putImage(top string, config, manifest []byte) (*storage.Image, error) {
	id, manifestDigest := digest.FromBytes(config), digest.FromBytes(manifest)
	data := []storage.ImageBigDataOption{
		{Key: id.String(), Data: config, Digest: id},
		{Key: storage.ImageDigestManifestBigDataNamePrefix + "-" + manifestDigest.String(), Data: manifest, Digest: manifestDigest},
		{Key: storage.ImageDigestBigDataKey, Data: manifest, Digest: manifestDigest},
	}
	record, err := b.store.CreateImage(id.Encoded(), nil, top, "{}", &storage.ImageOptions{
		CreationDate: time.Now().UTC(), Digest: manifestDigest, BigData: data,
	})
	if errors.Is(err, storage.ErrDuplicateID) {
		return b.mendImage(id.Encoded(), data)
	}
	if err != nil {
		return nil, fmt.Errorf("storing the image: %w", err)
	}
	return record, nil
}

// mendImage writes what an image that is there already lacks.
func (b *Backend) mendImage(id string, data []storage.ImageBigDataOption) (*storage.Image, error) {
	for _, item := range data {
		have, err := b.store.ImageBigData(id, item.Key)
		if err == nil && bytes.Equal(have, item.Data) {
			continue
		}
		digestOf := func([]byte) (digest.Digest, error) { return item.Digest, nil }
		if err := b.store.SetImageBigData(id, item.Key, item.Data, digestOf); err != nil {
			return nil, fmt.Errorf("storing the image: %w", err)
		}
	}
	return b.store.Image(id)
}

// configOf writes the configuration. Equal inputs give equal bytes: the only
// time in it is that of the commit.
func configOf(img *planner.Image, layers []*storage.Layer, values map[string]string) ([]byte, error) {
	created := img.Created.UTC()
	c := imageConfig{Created: created, Author: img.Author, Config: img.Config, RootFS: imagespec.RootFS{Type: "layers", DiffIDs: []digest.Digest{}}}
	parts := strings.Split(img.Platform, "/")
	c.OS, c.Architecture = parts[0], parts[1]
	if len(parts) > 2 {
		c.Variant = parts[2]
	}
	for _, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.UncompressedDigest)
	}
	for _, h := range img.History {
		c.History = append(c.History, historyEntry{Created: created, CreatedBy: h.CreatedBy, EmptyLayer: h.EmptyLayer})
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	for token, value := range values {
		data = bytes.ReplaceAll(data, []byte(token), []byte(value))
	}
	return data, nil
}

func manifestOf(config []byte, layers []*storage.Layer) ([]byte, error) {
	m := imagespec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: imagespec.MediaTypeImageManifest,
		Config: imagespec.Descriptor{
			MediaType: imagespec.MediaTypeImageConfig, Digest: digest.FromBytes(config), Size: int64(len(config)),
		},
		Layers: []imagespec.Descriptor{},
	}
	for _, l := range layers {
		m.Layers = append(m.Layers, imagespec.Descriptor{
			MediaType: imagespec.MediaTypeImageLayer, Digest: l.UncompressedDigest, Size: l.UncompressedSize,
		})
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	return data, nil
}
