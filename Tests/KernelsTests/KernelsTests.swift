// The tests of Kernels.
