"""The one door between a decision and the world: permit, record, recheck, and only then act.

Promises: importing this folder does no work and never imports torch.
Does not promise: anything about code that reaches a screen without going through ``Gate``.
"""
