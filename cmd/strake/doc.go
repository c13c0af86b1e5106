// Command strake builds container images that are declared in one YAML file in
// git, without a daemon.
//
// This package is wiring: it reads flags, environment and the project file, lets
// planner make a plan and executor carry it out, and prints. It is the only
// place of the program that prints, exits, or draws excerpts of files.
package main
