"""``handrail model tune``: rows and runs of a user become a checkpoint that knows their screens."""
