// The tests of Tokenizers.
