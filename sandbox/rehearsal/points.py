"""Named points: where a rehearsal, or a commit, may be interrupted, and a test does so.

Promises
- Whoever works tells each point as it is reached, before anything that comes after it.

Does not promise
- That it is interrupted nowhere else.
"""

from collections.abc import Callable

Reached = Callable[[str], None]
"""Is told each point by its name."""


def nowhere(_point: str) -> None:
    """Stop nowhere."""
