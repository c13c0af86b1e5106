package planner

import (
	"encoding/json"
	"strings"
)

// handedOut is a token that stands somewhere in the plan.
type handedOut struct {
	token string
	img   *Image
}

// value is what a dependency on an image sees of it.
func (b *builder) value(kind string, img *Image) string {
	switch kind {
	case "ImageID":
		b.handOut(IDToken(img.Key), img)
	case "ImageDigest":
		b.handOut(DigestToken(img.Key), img)
	}
	return imageValue(kind, img.Repo, img.Key)
}

func (b *builder) handOut(token string, img *Image) {
	for _, t := range b.tokens {
		if t.token == token && t.img == img {
			return
		}
	}
	b.tokens = append(b.tokens, handedOut{token, img})
}

// needed returns the images whose tokens appear in one of the texts, also those
// that came with the environment of a base.
func (b *builder) needed(texts []string) []*Image {
	var images []*Image
	seen := map[Key]bool{}
	for _, t := range b.tokens {
		if !seen[t.img.Key] && containsAny(texts, t.token) {
			seen[t.img.Key] = true
			images = append(images, t.img)
		}
	}
	return images
}

func containsAny(texts []string, part string) bool {
	for _, text := range texts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// opTexts is every text of operations in which a token may stand.
func opTexts(ops []Op) []string {
	var texts []string
	for _, op := range ops {
		switch {
		case op.Run != nil:
			texts = append(texts, runTexts(op.Run)...)
		case op.Copy != nil:
			texts = append(texts, copyTexts(op.Copy)...)
		case op.Mkdir != nil:
			texts = append(texts, op.Mkdir.Path)
		}
	}
	return texts
}

func runTexts(r *Run) []string {
	texts := append([]string{r.Dir, r.Stdin}, r.Args...)
	texts = append(texts, r.Env...)
	for _, script := range r.Scripts {
		texts = append(texts, script.Data)
	}
	return texts
}

func copyTexts(c *Copy) []string {
	texts := append([]string{c.Dest}, c.Paths...)
	for _, source := range c.Sources {
		for _, file := range source.Files {
			if file.Data != nil {
				texts = append(texts, string(file.Data))
			}
		}
	}
	return texts
}

// configTexts is the configuration as one text.
func configTexts(c Config) []string {
	text, err := json.Marshal(c)
	if err != nil {
		return nil // a Config has no value that cannot be written
	}
	return []string{string(text)}
}
