"""What a rehearsal found, in words that are fit to be shown."""

from collections import Counter

from handrail.actuators.base import sanitise
from handrail.sandbox.rehearsal.consequences import (
    Consequence,
    FileConsequence,
    RequestConsequence,
)
from handrail.sandbox.rehearsal.record import RehearsalRecord

_PATH = 400


def counted(record: RehearsalRecord) -> str:
    """Return how much was found, in a line."""
    telling = record.consequences.telling
    counts = Counter(one.change if hasattr(one, "change") else "to send" for one in telling)
    words = ", ".join(f"{number} {change}" for change, number in sorted(counts.items()))
    noise = len(record.consequences.found) - len(telling)
    more = f"; and {noise} caches, histories, locks and the like" if noise else ""
    return f"{words or 'nothing would change'}{more}"


def headline(one: Consequence) -> str:
    """Return what something is in a line that is fit to be shown."""
    if isinstance(one, FileConsequence):
        kind = "" if one.entry == "file" else f" ({one.entry})"
        only = " (metadata only)" if one.metadata else ""
        return f"{one.change:<8} {sanitise(one.path, _PATH)}{kind}{only}"
    if isinstance(one, RequestConsequence):
        return f"send     {sanitise(one.method, 20)} {sanitise(one.url, _PATH)}"
    return f"{one.change:<8} {one.store} {sanitise(one.origin, _PATH)} {sanitise(one.key, _PATH)}"
