// Package rootfs mounts the file system of an image without a mount point and
// reads and writes in it.
//
// A Root is an overlay of layer folders that no mount namespace knows: it lives
// as long as its descriptor. Every path is resolved by the kernel inside the
// root, absolute links and ".." included, so nothing an image or a context holds
// can lead outside. A Writer adds files with given owners, modes and times, and
// leaves the times of folders that were there before as they were.
//
// The package does not know where layers come from or what is done with them.
package rootfs
