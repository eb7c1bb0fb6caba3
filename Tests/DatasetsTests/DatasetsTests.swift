// The tests of Datasets.
