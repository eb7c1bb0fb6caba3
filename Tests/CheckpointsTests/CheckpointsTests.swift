// The tests of Checkpoints.
