// The tests of Files.
