// The Randomness module.
