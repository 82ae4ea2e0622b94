"""Compute: the Qwen3-VL inference core, which needs no other implementation at run time."""

import os

# Threads that have nothing to do sleep. Those of OpenMP, which torch uses, look for work else, and
# where others want the cores a step waits for them many times over. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
