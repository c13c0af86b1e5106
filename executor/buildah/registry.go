package buildah

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

// registryContext says how to talk to registries: as the host's settings say,
// for one platform.
func (b *Backend) registryContext(platform string) (*types.SystemContext, error) {
	system := &types.SystemContext{}
	parts := strings.Split(platform, "/")
	if len(parts) > 1 {
		system.OSChoice, system.ArchitectureChoice = parts[0], parts[1]
	}
	if len(parts) > 2 {
		system.VariantChoice = parts[2]
	}
	if _, err := signature.DefaultPolicy(system); err == nil || policyExists() {
		return system, nil
	}
	return system, b.openPolicy(system)
}

// policyExists reports whether the host has a signature policy, even a broken
// one, which must not be passed over.
func policyExists() bool {
	home, _ := os.UserHomeDir()
	for _, path := range []string{
		os.Getenv("CONTAINERS_POLICY_JSON"), filepath.Join(home, ".config/containers/policy.json"),
		"/etc/containers/policy.json", "/usr/share/containers/policy.json",
	} {
		if path == "" {
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}

// openPolicy lets a host without a signature policy pull unsigned images, as
// other tools do.
func (b *Backend) openPolicy(system *types.SystemContext) error {
	dir, err := b.run.dir()
	if err != nil {
		return err
	}
	system.SignaturePolicyPath = filepath.Join(dir, "policy.json")
	const policy = `{"default": [{"type": "insecureAcceptAnything"}]}`
	if err := os.WriteFile(system.SignaturePolicyPath, []byte(policy), 0o600); err != nil {
		return fmt.Errorf("writing the signature policy: %w", err)
	}
	return nil
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
