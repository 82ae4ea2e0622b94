"""Compute: the Qwen3-VL inference core, which needs no other implementation at run time."""
