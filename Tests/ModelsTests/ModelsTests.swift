// The tests of Models.
