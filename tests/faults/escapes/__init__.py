"""Attempts to get out of a copy: what runs inside, with the standard library alone."""
