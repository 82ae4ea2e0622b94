"""Make a fresh checkout ready: environment, browser, display.

Run by `make` as ``python3 -m tasks.setup TARGET``, before anything is installed: this folder uses
the standard library alone, imports nothing else of ours, and stays out of the wheel.
"""
