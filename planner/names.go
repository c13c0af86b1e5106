package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// slugLength is how much of a name that cannot be used as it is stays readable.
const slugLength = 40

// hashLength is how many digits of its hash a slug gets.
const hashLength = 12

// RepoName returns the name under which an image of a project is kept on this
// host: "localhost/<project>/<image>". A name that is no valid repository path is
// made one and gets a part of its hash, so that two images never share a name.
func RepoName(project, image string) string {
	return "localhost/" + repoPath(project) + "/" + repoPath(image)
}

func repoPath(name string) string {
	if isRepoPath(name) && !looksHashed(name) && len(name) <= 100 {
		return name
	}
	return slug(name)
}

// looksHashed reports whether a name ends like a result of slug. Such a name is
// hashed too: nobody can take the name of another image by writing its slug.
func looksHashed(name string) bool {
	i := len(name) - hashLength - 1
	return i >= 0 && name[i] == '-' && strings.Trim(name[i+1:], "0123456789abcdef") == ""
}

// isRepoPath reports whether registries take a name as a path: parts of lower
// case letters and digits, which may be joined by ".", "_", "__" or dashes.
func isRepoPath(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		words := strings.FieldsFunc(part, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
		if len(words) == 0 || !strings.HasPrefix(part, words[0]) {
			return false
		}
		for i, word := range words {
			part = part[len(word):]
			rest := strings.TrimLeft(part, "._-")
			joint := part[:len(part)-len(rest)]
			if !isAlphanumeric(word) || !isJoint(joint, i == len(words)-1) {
				return false
			}
			part = rest
		}
	}
	return true
}

func isAlphanumeric(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

func isJoint(joint string, last bool) bool {
	if last {
		return joint == ""
	}
	return joint == "." || joint == "_" || joint == "__" || strings.Trim(joint, "-") == ""
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
	return text + "-" + hex.EncodeToString(sum[:])[:hashLength]
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
