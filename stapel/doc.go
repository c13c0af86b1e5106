// Package stapel puts a stapel image in order: it turns the sections of one
// image into the stages that its build goes through.
//
// The order is fixed:
//
//	from
//	beforeInstall
//	dependenciesBeforeInstall
//	gitArchive
//	install
//	dependenciesAfterInstall
//	beforeSetup
//	dependenciesBeforeSetup
//	setup
//	dependenciesAfterSetup
//
// A stage without anything to do is left out, except from. Files of the
// repository arrive as a whole in gitArchive, selected from the given tree; the
// stages after it see the content of that tree.
//
// The package is pure: it reads names and object ids of the tree and no content
// of files. It does not know steps, keys, bases or how a command is run.
package stapel
