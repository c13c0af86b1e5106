package schema

import "strings"

// Nearest returns the known word that a misspelt word most likely stands for:
// one that differs in case only, or in at most a third of the word's letters. Of
// several equally near ones it returns the first.
func Nearest(word string, known []string) (string, bool) {
	best, distance := "", len(word)/3+1
	for _, k := range known {
		if k == word {
			continue
		}
		if strings.EqualFold(k, word) {
			return k, true
		}
		if d := edits(word, k, distance); d < distance {
			best, distance = k, d
		}
	}
	return best, best != ""
}

// edits counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a. It may give any number from limit on when there are
// at least limit.
func edits(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit || max(len(a), len(b)) > 256 {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}

func abs(n int) int { return max(n, -n) }
