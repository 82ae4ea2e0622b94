"""Draw text, boxes and glyphs with skia, and remember exactly what was drawn where."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import skia
from numpy.typing import NDArray

from handrail.model.pocket import fonts

Colour = tuple[int, int, int]
Rect = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class TextStyle:
    """A font file, a size in pixels and a colour."""

    font: str
    size: float
    colour: Colour


@dataclass(frozen=True)
class Run:
    """One drawn line of text: its box, and the x of the middle of each character.

    ``hint``: it stands faintly in an empty field, and is not its value.
    """

    text: str
    box: Rect
    centres: tuple[float, ...]
    middle: float
    size: float
    hint: bool = False


@dataclass
class Element:
    """Something that can be asked for by name.

    ``box`` counts as a hit, ``text_box`` is where the name is drawn, ``point`` is the answer.
    ``states`` are what can be seen of it ("checked", "disabled"); elements of one ``group``, above
    0, stand in a row or column and can be counted. ``closes``: a click on it takes away what lies
    in the way of the rest, and agrees to no more than that needs. ``shown``: what it says itself,
    where its name adds of which of several rows it is.
    """

    kind: str
    name: str
    box: Rect
    text_box: Rect
    point: tuple[float, float]
    states: tuple[str, ...] = ()
    group: int = 0
    closes: bool = False
    shown: str = ""


@dataclass(frozen=True)
class Value:
    """A text that is known by what stands beside it: "Total 42", a cell of a table.

    ``box`` is where it is drawn. It is asked for by its row alone where the row has no other
    (``alone``), else by its column and row; ``named`` is where these are drawn, the row first.
    """

    row: str
    column: str
    box: Rect
    named: tuple[Rect, ...]
    alone: bool = True


def centre(box: Rect) -> tuple[float, float]:
    """Return the middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


@dataclass
class Canvas:
    """A screen in the making: RGBA pixels, runs of text, named elements, values beside names.

    ``partly``: elements of which something shows beside what covers them, or at the edge of what
    they scroll in: they are seen, and nobody can ask for them by name.
    """

    width: int
    height: int
    background: Colour
    runs: list[Run] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    partly: list[Element] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pixels = np.empty((self.height, self.width, 4), np.uint8)
        self._surface = skia.Surface(self._pixels)
        self._canvas = self._surface.getCanvas()
        self._canvas.clear(skia.Color(*self.background))

    def image(self) -> NDArray[np.uint8]:
        """Return the pixels as RGB, shape (height, width, 3)."""
        self._surface.flushAndSubmit()
        out = np.empty((self.height, self.width, 3), np.uint8)
        for channel in range(3):  # one plane after the other takes half of the time of a copy
            out[:, :, channel] = self._pixels[:, :, 2 - channel]
        return out

    def rect(
        self, box: Rect, fill: Colour | None = None, edge: Colour | None = None, radius: float = 0
    ) -> None:
        """Draw a box, rounded by ``radius``, filled and edged with a 1 px line where asked."""
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        shape = skia.Rect.MakeLTRB(*(float(v) for v in box))
        if fill is not None:
            self._canvas.drawRoundRect(shape, radius, radius, _paint(fill))
        if edge is not None:
            inner = skia.Rect.MakeLTRB(box[0] + 0.5, box[1] + 0.5, box[2] - 0.5, box[3] - 0.5)
            self._canvas.drawRoundRect(inner, radius, radius, _paint(edge, stroke=1.0))

    def blend(self, box: Rect, top: Colour, bottom: Colour, radius: float = 0) -> None:
        """Fill a rounded box with a colour that passes into another downwards."""
        paint = _paint(top)
        ends = [skia.Point(0, box[1]), skia.Point(0, box[3])]
        paint.setShader(
            skia.GradientShader.MakeLinear(ends, [skia.Color(*top), skia.Color(*bottom)])
        )
        self._canvas.drawRoundRect(skia.Rect.MakeLTRB(*box), radius, radius, paint)

    def shadow(self, box: Rect, radius: float, depth: float) -> None:
        """Darken what lies around and below a box, as if it stood ``depth`` pixels above it."""
        for step in (1.0, 0.8, 0.6, 0.4, 0.2):
            grown = depth * step
            sides = (box[0] - grown, box[1] - grown / 2, box[2] + grown, box[3] + grown * 1.5)
            paint = skia.Paint(AntiAlias=True, Color=skia.ColorSetARGB(10, 0, 0, 0))
            self._canvas.drawRoundRect(
                skia.Rect.MakeLTRB(*sides), radius + grown, radius + grown, paint
            )

    def line(
        self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 1.0
    ) -> None:
        """Draw a polyline."""
        paint = _paint(colour, stroke=width)
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            self._canvas.drawLine(x0, y0, x1, y1, paint)

    def disc(self, box: Rect, colour: Colour, width: float = 0.0) -> None:
        """Draw an ellipse in a box, filled when ``width`` is 0."""
        self._canvas.drawOval(skia.Rect.MakeLTRB(*box), _paint(colour, stroke=width))

    def text(
        self, x: float, middle: float, text: str, style: TextStyle, hint: bool = False
    ) -> Rect:
        """Draw one line from ``x`` with its line box centred at ``middle``; return its box."""
        up, down = fonts.ascent_descent(style.font, style.size)
        baseline = round(middle + (up - down) / 2)
        self._canvas.drawString(
            text, x, baseline, fonts.font(style.font, style.size), _paint(style.colour)
        )
        centres, pen = [], x
        for character in text:
            step = fonts.advance(style.font, style.size, character)
            centres.append(pen + step / 2)
            pen += step
        box = (x, baseline - up * 0.85, pen, baseline + down * 0.85)
        middle = baseline - style.size * 0.3
        self.runs.append(Run(text, box, tuple(centres), middle, style.size, hint))
        return box

    def vector(self, picture: skia.SVGDOM, box: Rect) -> None:
        """Draw a vector picture stretched to a box."""
        size = picture.containerSize()
        self._canvas.save()
        self._canvas.translate(box[0], box[1])
        self._canvas.scale((box[2] - box[0]) / size.width(), (box[3] - box[1]) / size.height())
        picture.render(self._canvas)
        self._canvas.restore()

    def dim(self, share: float) -> None:
        """Darken all that is drawn, and forget that it could be clicked: a dialog is in the way."""
        paint = skia.Paint(Color=skia.ColorSetARGB(int(share * 255), 0, 0, 0))
        self._canvas.drawRect(skia.Rect.MakeWH(self.width, self.height), paint)
        self.elements.clear()
        self.values.clear()

    def hide(self, box: Rect) -> None:
        """Forget what is drawn under a box that is about to be covered."""
        self.runs = [r for r in self.runs if not _touch(r.box, box)]
        self.elements = [e for e in self.elements if not _touch(e.box, box)]
        self.values = [v for v in self.values if not any(_touch(b, box) for b in (v.box, *v.named))]

    def cover(self, box: Rect) -> None:
        """Hide what lies under a box, and keep in mind of which elements a part still shows."""
        drawn = [*self.partly, *self.elements]
        self.hide(box)
        self.elements = [e for e in self.elements if not _touch(e.text_box, box)]
        kept = {id(e) for e in self.elements}
        self.partly = [e for e in drawn if id(e) not in kept and not _inside(e.box, box)]

    @contextmanager
    def within(self, box: Rect) -> Iterator[None]:
        """Draw into a box alone: what is cut off at its edges can be seen and not be asked for."""
        runs, elements, values = len(self.runs), len(self.elements), len(self.values)
        self._canvas.save()
        self._canvas.clipRect(skia.Rect.MakeLTRB(*box))
        yield
        self._canvas.restore()
        self.runs[runs:] = [r for r in self.runs[runs:] if _inside(r.box, box)]
        self.values[values:] = [
            v for v in self.values[values:] if all(_inside(b, box) for b in (v.box, *v.named))
        ]
        drawn, self.elements[elements:] = self.elements[elements:], []
        for e in drawn:
            if _inside(e.text_box, box) and _inside((*e.point, *e.point), box):
                e.box = _common(e.box, box)
                self.elements.append(e)
            elif _touch(e.box, box):
                self.partly.append(e)

    def add(
        self,
        kind: str,
        name: str,
        box: Rect,
        text_box: Rect,
        point: tuple[float, float] | None = None,
    ) -> Element:
        """Name an element; the answer point is the middle of its text unless it is given."""
        self.elements.append(Element(kind, name, box, text_box, point or centre(text_box)))
        return self.elements[-1]

    def glyph(self, rng: random.Random, box: Rect, colour: Colour) -> None:
        """Draw one of a few icon-like shapes."""
        x0, y0, x1, y1 = box
        shape = rng.randrange(6)
        if shape == 0:
            self.line([(x0, y0), (x1, y1)], colour, 1.6)
            self.line([(x1, y0), (x0, y1)], colour, 1.6)
        elif shape == 1:
            for v in (0.15, 0.5, 0.85):
                self.line([(x0, y0 + v * (y1 - y0)), (x1, y0 + v * (y1 - y0))], colour, 1.6)
        elif shape == 2:
            self.disc((x0, y0, x0 + 0.7 * (x1 - x0), y0 + 0.7 * (y1 - y0)), colour, 1.6)
            self.line([(x0 + 0.6 * (x1 - x0), y0 + 0.6 * (y1 - y0)), (x1, y1)], colour, 1.6)
        elif shape == 3:
            self.disc(box, colour)
        elif shape == 4:
            self.line([(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2)], colour, 1.6)
            self.line([((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1)], colour, 1.6)
        else:
            corners = [(x0, y1), ((x0 + x1) / 2, y0), (x1, y1), (x0, y1)]
            self.line(corners, colour, 1.6)


def text_width(text: str, style: TextStyle) -> float:
    """Return a line's width in pixels."""
    return math.fsum(fonts.advance(style.font, style.size, c) for c in text)


def _touch(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _inside(a: Rect, b: Rect) -> bool:
    return b[0] <= a[0] and a[2] <= b[2] and b[1] <= a[1] and a[3] <= b[3]


def _common(a: Rect, b: Rect) -> Rect:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _paint(colour: Colour, stroke: float = 0.0) -> skia.Paint:
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(*colour))
    if stroke:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(stroke)
    return paint
