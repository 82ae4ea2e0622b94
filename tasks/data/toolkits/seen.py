"""What is seen of a screen: its windows, one above the other, and the text that shows of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from handrail.model.pocket.canvas import Rect, Run
from handrail.tasks.data.toolkits.tree import Node

_INK = 0.7, 0.1
"""How far letters reach above and below their baseline, in sizes of their font."""


class Line(BaseModel):
    """A line of text as ``gtk_lines`` tells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    box: Rect
    centres: tuple[float, ...]
    base: float
    size: float
    clip: Rect


class Shown(BaseModel):
    """A window without its frame, and the lines that it shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: Rect
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Seen:
    """One screen: its size, its windows from the lowest to the topmost with their frames.

    ``stack`` is in pixels of the screen, ``windows`` and ``nodes`` in those of the programs, of
    which ``scale`` screen pixels make one.
    """

    size: tuple[int, int]
    stack: Sequence[Rect]
    windows: Sequence[Shown]
    nodes: Sequence[Node]
    scale: float = 1.0

    def place(self, window: Rect) -> int:
        """Return which of the stack a window is: its frame is a little larger than itself."""
        boxes = [_shrunk(box, self.scale) for box in self.stack]
        return min(range(len(boxes)), key=lambda i: math.dist(boxes[i], window))

    def covers(self, place: int) -> list[Rect]:
        """Return the windows above one of the stack, in programs' pixels."""
        return [_shrunk(box, self.scale) for box in self.stack[place + 1 :]]

    @property
    def screen(self) -> Rect:
        """Return the screen in programs' pixels."""
        return 0.0, 0.0, self.size[0] / self.scale, self.size[1] / self.scale


@dataclass(frozen=True)
class Written:
    """A line's visible part, whether that is all of it, and its window's place in the stack."""

    run: Run
    whole: bool
    place: int


def lines(seen: Seen, window: Shown) -> list[Written]:
    """Return the lines of a window, each cut to the characters that show."""
    place = seen.place(window.box)
    covers, out = seen.covers(place), []
    for line in dict.fromkeys(window.lines):
        clip = common(line.clip, seen.screen)
        middle = line.base - line.size * 0.3
        top, bottom = line.base - _INK[0] * line.size, line.base + _INK[1] * line.size
        upright = line.text.isascii() and clip[1] <= top and bottom <= clip[3]
        shows = [
            upright
            and clip[0] <= x <= clip[2]
            and not any(touch((x - 2, top, x + 2, bottom), cover) for cover in covers)
            for x in line.centres
        ]
        for start, end in _stretches(shows):
            text = line.text[start:end]
            if text.strip():
                run = Run(text, _part(line, start, end), line.centres[start:end], middle, line.size)
                out.append(Written(run, end - start == len(line.text), place))
    return out


def _stretches(shows: Sequence[bool]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each stretch of characters that show."""
    edges = [
        i for i, (a, b) in enumerate(zip([False, *shows], [*shows, False], strict=True)) if a != b
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _part(line: Line, start: int, end: int) -> Rect:
    """Return the box of a stretch of a line; between two characters it ends halfway."""
    x = line.centres
    left = line.box[0] if start == 0 else (x[start - 1] + x[start]) / 2
    right = line.box[2] if end == len(x) else (x[end - 1] + x[end]) / 2
    return left, line.box[1], right, line.box[3]


def _shrunk(box: Rect, scale: float) -> Rect:
    """Return a box of the screen's pixels in programs' pixels."""
    return box[0] / scale, box[1] / scale, box[2] / scale, box[3] / scale


def common(a: Rect, b: Rect) -> Rect:
    """Return what two boxes share; its right is left of its left where that is nothing."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def both(a: Rect, b: Rect) -> Rect:
    """Return the box around two."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def touch(a: Rect, b: Rect) -> bool:
    """Tell whether two boxes share some area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
