// Package executor carries out a Plan.
//
// Each step is a goroutine of one errgroup: it waits until what it needs is done
// and only then takes one of a limited number of slots. There are no levels and
// no barriers. Images that exist already are found with one question each; steps
// that exist, and everything below them that nobody else needs, are skipped.
//
// The first failure cancels what has not started and, unless KeepGoing is set,
// what is running; with KeepGoing only the followers of a failed step are
// skipped. A follower of a failed step is skipped, never a second error. An image
// is published only when all its steps are in the store.
//
// How a step is made and where layers are kept is the business of a Backend.
// This package knows neither containers nor storage.
package executor
