"""Bystanders: what follows a run's journal and must never be the reason that a run fails."""

import logging
from collections.abc import Callable

from handrail.sandbox.records import Entry

_LOG = logging.getLogger("handrail.bystanders")


def unfailing(follower: Callable[[Entry], None]) -> Callable[[Entry], None]:
    """Return a follower that raises nothing: its first failure is told, and it hears no more."""
    failed = False

    def told(entry: Entry) -> None:
        nonlocal failed
        if failed:
            return
        try:
            follower(entry)
        # Everything: whatever is wrong with what only looks on, the action was written down.
        except Exception as error:
            failed = True
            _LOG.warning("%s is given up for this run: %s", follower.__qualname__, error)

    return told
