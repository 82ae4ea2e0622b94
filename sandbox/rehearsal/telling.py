"""What a rehearsal found, as lines for a person.

Promises
- Each consequence that is no noise has its line, in order; of noise its count is told.

Does not promise
- That a line is fit to be shown: whoever prints it sanitises it. A request's body is cut.
"""

from collections.abc import Iterator

from handrail.sandbox.rehearsal.consequences import (
    Consequence,
    Consequences,
    FileConsequence,
    RequestConsequence,
)

_MOST, _LONGEST = 40, 200  # lines of a request's body, and characters of each
_NOTHING = "nothing would change"


def told(consequences: Consequences) -> Iterator[str]:
    """Yield a line for each consequence, and one that counts the noise."""
    for one in consequences.telling:
        yield _line(one)
        if isinstance(one, RequestConsequence):
            yield from (f"{'':<8}   {line[:_LONGEST]}" for line in one.body.splitlines()[:_MOST])
    if not consequences.telling:
        yield _NOTHING
    if noise := len(consequences.found) - len(consequences.telling):
        yield f"and {noise} of caches, lists of recent files and the like"


def _line(one: Consequence) -> str:
    if isinstance(one, FileConsequence):
        kind = "" if one.entry == "file" else f" ({one.entry})"
        return f"{one.change:<8} {one.path}{kind}{' (metadata)' if one.metadata else ''}"
    if isinstance(one, RequestConsequence):
        return f"{'send':<8} {one.method} {one.url}"
    return f"{one.change:<8} {one.store} {one.origin} {one.key}"
