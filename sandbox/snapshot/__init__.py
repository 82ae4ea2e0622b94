"""Restore points: parts of the world as they were, kept so that they can be put back.

Promises: importing this folder does no work and never imports torch.
Does not promise: to keep what no keeper was made for; see ``keeper.py``.
"""
