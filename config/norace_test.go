//go:build !race

package config

// raceDetector says that the tests are slowed down by the race detector.
const raceDetector = false
