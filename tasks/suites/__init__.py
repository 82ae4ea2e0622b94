"""Measure: whole suites of tasks, each with one command."""
