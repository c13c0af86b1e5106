// Package sandbox runs one command in a root file system of its own: new mount,
// process, IPC and host name namespaces (and a network namespace on request), a
// root that was switched with pivot_root, a minimal /dev, masked and read-only
// kernel paths, a small set of capabilities and a system call filter.
//
// A Spec is turned into a list of operations that a tiny C interpreter carries
// out in the child before the Go runtime starts, so that starting a command costs
// about as much as starting a shell and never initialises the large binary twice.
// Process 1 of the namespace is that interpreter: it waits for the command, and
// its end, by whatever cause, ends everything the command left behind.
//
// Everything is mounted in the child's own mount namespace; the root itself comes
// as a detached mount that no namespace knows. A process killed at any moment
// leaves neither a mount nor a process. A command inherits no descriptor besides
// its standard ones, and the program on the host, which the first moments of a
// command run, cannot be written to through it.
//
// The package does not know what an image, a layer or a store is.
package sandbox
