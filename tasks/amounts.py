"""Counts, sizes and spans of time, as people write and read them."""

import argparse
import re

from handrail.tasks.errors import UsageError

_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s?([kMGT]?B)")
_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def positive(text: str) -> int:
    """Return a count of at least 1, for a parser of arguments. Raises ArgumentTypeError."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def read_size(text: str) -> int:
    """Return a number of bytes. Raises UsageError."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text[:40]!a} is no size: write 500MB, 5GB or 1.5TB")
    return round(float(found[1]) * _BYTES[found[2]])


def read_span(text: str) -> float:
    """Return a number of seconds. Raises UsageError."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"{text[:40]!a} is no span of time: write 45m, 12h, 30d or 8w")
    return float(int(found[1]) * _SECONDS[found[2]])


def size_text(size: int) -> str:
    """Return a number of bytes as a person reads it."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size >= _BYTES[unit]:
            return f"{size / _BYTES[unit]:.1f} {unit}"
    return f"{size} bytes"
