"""Kernels for a GPU, in Triton, each with the plain torch that it must agree with."""
