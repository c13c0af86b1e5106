package config

import "path"

// policy reports what an image asks for and the giterminism file does not allow.
func (c *checker) policy(img *Image) {
	if c.inputs.loose {
		return
	}
	for _, s := range img.Secrets {
		c.secretAllowed(s)
	}
	if d := img.Dockerfile; d != nil {
		for _, f := range d.ContextAddFiles {
			c.deny(f.Pos, c.inputs.Policy.ContextAddFileAllowed(path.Join(c.project.Dir, d.Context.Value, f.Value)))
		}
	}
	if img.Stapel != nil {
		c.stapelAllowed(img.Stapel)
	}
}

func (c *checker) secretAllowed(s Secret) {
	p := c.inputs.Policy
	switch {
	case s.Env.Value != "":
		c.deny(s.Env.Pos, p.SecretEnvAllowed(s.Env.Value))
	case s.Src.Value != "":
		c.deny(s.Src.Pos, p.SecretFileAllowed(s.Src.Value))
	default:
		c.deny(s.Pos, p.SecretValueAllowed(s.ID.Value))
	}
}

func (c *checker) stapelAllowed(s *Stapel) {
	p := c.inputs.Policy
	if s.FromLatest.Value {
		c.deny(s.FromLatest.Pos, p.FromLatestAllowed())
	}
	for _, m := range s.Git {
		if r := m.Remote; r != nil && r.Tag.Value+r.Commit.Value == "" {
			at := r.Branch.Pos
			if r.Branch.Value == "" {
				at = r.URL.Pos
			}
			c.deny(at, p.GitBranchAllowed())
		}
	}
	for _, m := range s.Mounts {
		switch {
		case m.From.Value == "build_dir":
			c.deny(m.From.Pos, p.BuildDirAllowed())
		case m.FromPath.Value != "":
			c.deny(m.FromPath.Pos, p.FromPathAllowed(m.FromPath.Value))
		}
	}
}

// deny reports what is not allowed at the place that asks for it.
func (c *checker) deny(pos Pos, err error) {
	if err != nil {
		c.fail(pos, "%s", err)
	}
}
