package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// slugLength is how much of a name that cannot be used as it is stays readable.
const slugLength = 40

// RepoName returns the name under which an image of a project is kept on this
// host: "localhost/<project>/<image>". A name that is no valid repository path is
// made one and gets a part of its hash, so that two images never share a name.
func RepoName(project, image string) string {
	return "localhost/" + repoPath(project) + "/" + repoPath(image)
}

func repoPath(name string) string {
	valid := regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	// A name that looks like a result of slug is hashed too: nobody can take
	// the name of another image by writing its slug.
	hashed := regexp.MustCompile(`-[0-9a-f]{12}$`)
	if valid.MatchString(name) && !hashed.MatchString(name) && len(name) <= 100 {
		return name
	}
	return slug(name)
}

// slug is the letters and digits of a name with a part of its hash.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	text := strings.Join(words, "-")
	if len(text) > slugLength {
		text = strings.TrimRight(text[:slugLength], "-")
	}
	if text == "" {
		text = "image"
	}
	sum := sha256.Sum256([]byte(name))
	return text + "-" + hex.EncodeToString(sum[:])[:12]
}

// imageValue is what a dependency on an image sees of it. Ids that are known
// only after the build are tokens. It is "" for a type that does not exist.
func imageValue(kind, repo string, key Key) string {
	switch kind {
	case "ImageName":
		return repo + ":" + string(key)
	case "ImageTag":
		return string(key)
	case "ImageRepo":
		return repo
	case "ImageID":
		return "sha256:" + IDToken(key)
	case "ImageDigest":
		return "sha256:" + DigestToken(key)
	}
	return ""
}
