// Package gittest makes git repositories for tests.
//
// Equal files give equal commit ids on every machine: author, committer, dates
// and configuration are fixed, and nothing of the user's own git setup is read.
// The package is for tests only and knows nothing of project files.
package gittest
