"""The difference of two texts as lines to show, whatever the texts hold.

Promises
- Every line went through the one sanitiser: it can neither style, erase nor break what it is shown
  in. What is too long or too much is cut, and says so.
- Its time is bounded: of long texts only a beginning is compared.

Does not promise
- To read every encoding: UTF-8, UTF-16 with a mark, and else Latin-1 where it looks like text.
"""

import codecs
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from handrail.actuators.base import sanitise

LineKind = Literal["added", "removed", "same", "place", "note"]

LARGEST = 1 << 20
_LINES, _SHOWN, _WIDTH = 4_000, 200, 300
_KINDS: dict[str, LineKind] = {"+": "added", "-": "removed", "@": "place"}
_CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}


@dataclass(frozen=True)
class ShownLine:
    """A line of a difference: its text is harmless, its sign stands before it."""

    kind: LineKind
    text: str


def decoded(content: bytes) -> str | None:
    """Return a content as text, None where it is none."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                return None
    if _CONTROL & set(content[:8192]):
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def text_difference(before: str, after: str) -> tuple[ShownLine, ...]:
    """Return a unified difference, at most so many lines of it."""
    old, new = _lines(before), _lines(after)
    compared = difflib.unified_diff(old[:_LINES], new[:_LINES], n=3, lineterm="")
    shown = [_line(text) for text in islice(compared, 2, 2 + _SHOWN + 1)]
    notes = []
    if len(shown) > _SHOWN:
        notes.append(f"... more than {_SHOWN} lines differ; the rest is not shown")
    if max(len(old), len(new)) > _LINES:
        notes.append(f"... only the first {_LINES} lines were compared")
    if not shown and not notes:
        notes.append("the texts are the same but for their bytes: line ends, or an encoding")
    return (*shown[:_SHOWN], *(ShownLine("note", note) for note in notes))


def _lines(text: str) -> list[str]:
    ended = text.endswith(("\n", "\r"))
    lines = text.splitlines()
    if lines and not ended:
        lines[-1] += " (no line end)"
    return lines


def _line(text: str) -> ShownLine:
    kind = _KINDS.get(text[:1], "same")
    return ShownLine(kind, text[:1] + sanitise(text[1:].replace("\t", "    "), _WIDTH))


def sizes(before: int | None, after: int | None) -> Iterator[str]:
    """Yield how large it was and would be."""
    for word, size in (("was", before), ("becomes", after)):
        if size is not None:
            yield f"{word} {size:,} bytes"
