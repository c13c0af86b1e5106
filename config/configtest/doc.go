// Package configtest opens git repositories for the tests of packages that work
// on trees and projects. Packages of the program do not import it.
package configtest
