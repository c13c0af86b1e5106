// Package dockerfile is the Dockerfile front end: it reads a Dockerfile with the
// reference parser and says, stage by stage, which files are copied, which
// commands run, and what the configuration of the result is.
//
// Work goes in three steps. Parse reads the text. File.Stages picks the stages
// that a target needs and finds what each is built from: another stage, an image
// of the project, an external image, or nothing. Stage.Build carries the
// configuration of the base through the instructions. Build reads names of the
// context and resolves them; it reads no content of files.
//
// Every error caused by the Dockerfile is a *config.Error at the line of its
// instruction.
//
// Some choices:
//   - A context is a folder of a commit. A submodule in a COPY or ADD is refused,
//     because its files are not part of the commit.
//   - Links in a copied folder are copied as links; a link that is itself named
//     as a source is followed, inside the context only.
//   - A wildcard may match nothing as long as another source of the instruction
//     matches.
//   - --from of COPY expands arguments and ENV of the Dockerfile itself, not the
//     environment of the base, so that the graph of images is known before any
//     base is.
//   - Proxy variables (HTTP_PROXY and the like) that are given as build
//     arguments are in the environment of every RUN without an ARG.
//
// Refused for now: RUN --mount, --security and --device; COPY --parents and
// --exclude; ADD of a URL or a git repository with its options; symbolic modes in
// --chmod; --platform other than the platform that is built for.
//
// The package does not know steps, keys or layers.
package dockerfile
