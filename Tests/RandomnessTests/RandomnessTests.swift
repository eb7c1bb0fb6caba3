// The tests of Randomness.
