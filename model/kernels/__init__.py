"""Products for few rows and many, by the processor's own instructions, where a compiler was there.

`native` says what this machine has; `grouped` holds a matrix in the kernels' layout.
"""
