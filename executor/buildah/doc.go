// Package buildah builds steps on the libraries of Buildah: containers storage
// keeps layers and images, Buildah pulls bases, and both are linked in; there is
// no daemon.
//
// A step is written once. The store hands out an empty folder on its own file
// system; files are written there, commands run on an overlay whose upper folder
// it is, the result is read once to compute its digest and the archive's
// structure, and a rename makes it the layer. The id of a layer is the key of
// its step, so looking a step up is looking a layer up.
//
// The order in which things become visible is fixed: content, synced to disk,
// then the layer's record, then the image's record with its names. A record
// never precedes what it points to.
//
// The package does not know how steps are ordered or why they are needed.
package buildah
