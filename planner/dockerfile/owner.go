package dockerfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/strakebuild/strake/planner/recipe"
)

// maxID is the largest user or group id; the next one means "no id" to the
// kernel.
const maxID = 1<<32 - 2

// parseOwner reads the "user[:group]" of USER and --chown. A number without a
// group is also the group; a name without a group takes its own group.
func parseOwner(spec string) (recipe.Owner, error) {
	user, group, _ := strings.Cut(spec, ":")
	for _, name := range []string{user, group} {
		if err := checkID(name); err != nil {
			return recipe.Owner{}, err
		}
	}
	owner := recipe.Owner{User: user, Group: group}
	switch {
	case user == "" || group != "":
	case isNumber(user):
		owner.Group = user
	default:
		owner.PrimaryGroup = true
	}
	return owner, nil
}

func checkID(name string) error {
	if strings.ContainsAny(name, "\x00\n:/") {
		return fmt.Errorf("%q is not the name of a user or group", name)
	}
	if id, err := strconv.ParseUint(name, 10, 64); isNumber(name) && (err != nil || id > maxID) {
		return fmt.Errorf("the id %s is too large: ids go up to %d", name, uint64(maxID))
	}
	return nil
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// parseMode reads the octal value of --chmod. An empty text is no mode.
func parseMode(text string) (*uint32, error) {
	if text == "" {
		return nil, nil
	}
	bits, err := strconv.ParseUint(text, 8, 32)
	if err != nil || bits > 0o7777 {
		return nil, fmt.Errorf("--chmod=%s is not supported: write an octal number up to 7777", text)
	}
	mode := uint32(bits)
	return &mode, nil
}
