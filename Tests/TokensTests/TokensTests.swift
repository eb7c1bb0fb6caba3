// The tests of Tokens.
