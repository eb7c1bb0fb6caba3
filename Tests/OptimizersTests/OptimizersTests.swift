// The tests of Optimizers.
