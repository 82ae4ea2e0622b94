"""Whole tasks on pages that nobody here made, and which no training sees: drawn, played, checked.

For examination only: nothing on these pages is ever trained on or tuned to.
"""
