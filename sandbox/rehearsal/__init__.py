"""Rehearsal: do it on a copy first, and see what it would do.

Promises: importing this folder does no work and never imports torch.
Does not promise: that the world stands still between a rehearsal and what follows it.
"""
