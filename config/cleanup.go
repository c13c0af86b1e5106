package config

// Cleanup is the `cleanup` section: what a cleanup of the registry keeps. It is
// carried for commands that clean up; a build does not read it.
type Cleanup struct {
	Disable                            Bool
	DisableKubernetesBasedPolicy       Bool
	DisableGitHistoryBasedPolicy       Bool
	DisableBuiltWithinLastNHoursPolicy Bool
	KeepImagesBuiltWithinLastNHours    Int // default 2
	KeepPolicies                       []KeepPolicy
}

// KeepPolicy keeps images that were built for references of git.
type KeepPolicy struct {
	Pos                Pos
	References         KeepReferences
	ImagesPerReference *KeepLimit // nil: no limit
}

// KeepReferences selects tags or branches. Exactly one of Tag and Branch is set:
// a name, or a /regular expression/ for whole names.
type KeepReferences struct {
	Tag, Branch String
	Limit       *KeepLimit // nil: no limit
}

// KeepLimit bounds a selection by number and age.
type KeepLimit struct {
	Last     Int      // the newest ones; default -1, no limit
	In       Duration // not older; zero for no limit
	Operator String   // "And", "Or"; default "And"
}

func cleanup(s section) Cleanup {
	c := Cleanup{
		Disable:                            s.flag("disable", false),
		DisableKubernetesBasedPolicy:       s.flag("disableKubernetesBasedPolicy", false),
		DisableGitHistoryBasedPolicy:       s.flag("disableGitHistoryBasedPolicy", false),
		DisableBuiltWithinLastNHoursPolicy: s.flag("disableBuiltWithinLastNHoursPolicy", false),
		KeepImagesBuiltWithinLastNHours:    s.number("keepImagesBuiltWithinLastNHours", 2),
	}
	for _, policy := range s.list("keepPolicies") {
		references := policy.sub("references")
		c.KeepPolicies = append(c.KeepPolicies, KeepPolicy{
			Pos: policy.pos(),
			References: KeepReferences{
				Tag:    references.text("tag"),
				Branch: references.text("branch"),
				Limit:  keepLimit(references.sub("limit")),
			},
			ImagesPerReference: keepLimit(policy.sub("imagesPerReference")),
		})
	}
	return c
}

func keepLimit(s section) *KeepLimit {
	if s.node == nil {
		return nil
	}
	l := &KeepLimit{Last: s.number("last", -1), In: s.duration("in"), Operator: s.text("operator")}
	setDefault(&l.Operator, "And")
	return l
}
