"""Scripted experts: they read the page's own tree, and act through the same loop as a model."""
