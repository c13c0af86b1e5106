package buildah

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"go.podman.io/image/v5/copy"
	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/pkg/sysregistriesv2"
	"go.podman.io/image/v5/signature"
	imagestorage "go.podman.io/image/v5/storage"
	"go.podman.io/image/v5/types"

	"github.com/strakebuild/strake/planner"
)

// registryWith starts a registry that has one image under a name, and lets this
// host's settings know of it. It returns the registry's address.
func registryWith(t *testing.T, b *Backend, img *planner.Image, name string) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	conf := filepath.Join(t.TempDir(), "registries.conf")
	text := fmt.Sprintf("unqualified-search-registries = [%q]\n[[registry]]\nlocation = %q\ninsecure = true\n", host, host)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONTAINERS_REGISTRIES_CONF", conf)
	sysregistriesv2.InvalidateCache()
	t.Cleanup(sysregistriesv2.InvalidateCache)
	from, err := imagestorage.Transport.ParseStoreReference(b.store, keyName(img))
	if err != nil {
		t.Fatal(err)
	}
	to, err := docker.ParseReference("//" + host + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := signature.NewPolicyContext(&signature.Policy{Default: signature.PolicyRequirements{signature.NewPRInsecureAcceptAnything()}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = copy.Image(context.Background(), policy, to, from, &copy.Options{
		DestinationCtx: &types.SystemContext{DockerInsecureSkipTLSVerify: types.OptionalBoolTrue},
	})
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// published makes an image of one file and a command.
func published(t *testing.T, b *Backend, blobs memory) *planner.Image {
	t.Helper()
	top := busybox(t, blobs)
	mustBuild(t, b, top)
	img := &planner.Image{
		Name: "base", Key: top.Key, Final: true, Platform: "linux/amd64", Top: top, Repo: "localhost/test/base",
		Created: earliest, Config: planner.Config{Cmd: []string{"/bin/sh"}, Env: []string{"A=b"}},
		History: []planner.History{{CreatedBy: "ADD everything"}},
	}
	if _, err := b.Publish(context.Background(), img, nil); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestBaseFromARegistryIsPulledWhenAStepNeedsIt(t *testing.T) {
	blobs := memory{}
	maker := open(t, blobs)
	host := registryWith(t, maker, published(t, maker, blobs), "team/base:1")
	local, err := maker.Base(t.Context(), "localhost/test/base:latest", "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{host + "/team/base:1", "team/base:1"} {
		t.Run(ref, func(t *testing.T) {
			b := open(t, blobs)
			base, err := b.Base(t.Context(), ref, "linux/amd64")
			if err != nil {
				t.Fatal(err)
			}
			if base.ID != local.ID || base.Config.Env[0] != "A=b" {
				t.Errorf("the registry's image is %s, the local one %s", base.ID, local.ID)
			}
			s := step("base", nil)
			s.Base = base
			if found, _ := b.FindStep(t.Context(), s); found {
				t.Fatal("planning pulled the image")
			}
			mustBuild(t, b, s)
			if out := mustBuild(t, b, step("use", s, sh("id -un"))); out != "root\n" {
				t.Errorf("the command printed %q", out)
			}
		})
	}
}

func TestBaseThatIsNowhere(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	host := registryWith(t, b, published(t, b, blobs), "team/base:1")
	tests := []struct{ ref, want string }{
		{"localhost/none:1", "build it first"},
		{host + "/team/base:2", "not to be had from a registry"},
		{"team/other:1", host + "/team/other:1"},
		{"No Name", "invalid reference format"},
	}
	for _, tt := range tests {
		t.Run(tt.ref, func(t *testing.T) {
			_, err := b.Base(t.Context(), tt.ref, "linux/amd64")
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestPullRefusesAnImageThatChangedSinceThePlan(t *testing.T) {
	blobs := memory{}
	maker := open(t, blobs)
	host := registryWith(t, maker, published(t, maker, blobs), "team/base:1")
	b := open(t, blobs)
	s := step("base", nil)
	s.Base = &planner.Base{Ref: host + "/team/base:1", ID: strings.Repeat("0", 64)}
	_, err := build(t, b, s)
	if err == nil || !strings.Contains(err.Error(), "changed while the build was running") {
		t.Errorf("error %v", err)
	}
}
