// The tests of Collectives.
