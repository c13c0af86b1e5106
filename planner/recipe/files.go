package recipe

// Owner is who owns created files. User and Group are names or numbers that are
// looked up in the image's /etc/passwd and /etc/group when the step runs; both
// empty means 0:0. A User without a Group takes the user's own primary group if
// PrimaryGroup is set, else the group 0.
type Owner struct {
	User, Group  string
	PrimaryGroup bool
}

// Mkdir creates a directory and its missing parents, like WORKDIR.
type Mkdir struct {
	Path  string
	Owner Owner
}

// Source is one source of a copy: a single file, or the contents of a folder.
type Source struct {
	Name  string // the path as written, for messages
	Root  string // path of the file or folder from the root of the repository; "" for the root, and for literal text
	Dir   bool   // contents of a folder: Files are placed below the destination
	Files []File // for a single file exactly one, its Path the base name
}

// File is a file, link or folder to be written.
type File struct {
	Path string // relative, forward slashes
	Mode uint32 // git file mode: 040000, 100644, 100755, 120000
	OID  string // id of the git blob; "" for a folder, and when Data holds the content
	Data []byte // literal content (heredoc)
}
