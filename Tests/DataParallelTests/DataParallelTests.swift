// The tests of DataParallel.
