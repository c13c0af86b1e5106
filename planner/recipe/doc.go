// Package recipe holds the words in which the front ends say what to do: files
// to write, directories to make, commands to run, and the configuration of the
// finished image.
//
// They are plain values without a graph: which step follows which, and the keys
// of steps, belong to package planner, which also uses these types under its own
// name.
package recipe
