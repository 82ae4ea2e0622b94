"""Tell what Qt has written where, in the form of ``gtk_lines``.

Each widget paints itself once more, alone, on a device that draws nothing and writes down the text
it is given: text, place and font are those of the picture.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from PyQt5.QtCore import QPoint, QPointF, QRect
from PyQt5.QtGui import (
    QFontMetricsF,
    QPaintDevice,
    QPaintEngine,
    QRegion,
)
from PyQt5.QtWidgets import QWidget

Told = dict[str, Any]
_METRICS = {
    QPaintDevice.PdmWidth: 20_000, QPaintDevice.PdmHeight: 20_000, QPaintDevice.PdmWidthMM: 5_000,
    QPaintDevice.PdmHeightMM: 5_000, QPaintDevice.PdmNumColors: 1 << 24, QPaintDevice.PdmDepth: 32,
    QPaintDevice.PdmDpiX: 96, QPaintDevice.PdmDpiY: 96, QPaintDevice.PdmPhysicalDpiX: 96,
    QPaintDevice.PdmPhysicalDpiY: 96, QPaintDevice.PdmDevicePixelRatio: 1,
    QPaintDevice.PdmDevicePixelRatioScaled: 1 << 16,
}  # fmt: skip


class _Listener(QPaintEngine):  # type: ignore[misc]  # it has no types
    """Writes down text and lets all else go by."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeatures(QPaintEngine.AllFeatures))
        self.heard: list[tuple[str, QPointF, Any]] = []

    def begin(self, _device: object) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> int:
        return int(QPaintEngine.User)

    def updateState(self, state: Any) -> None:
        pass

    def _pass(self, *_: object) -> None:
        """Draw nothing."""

    drawPixmap = drawTiledPixmap = drawImage = drawPath = drawPolygon = _pass
    drawRects = drawLines = drawPoints = drawEllipse = _pass

    def drawTextItem(self, place: Any, item: Any) -> None:
        """Write down a piece of text."""
        transform = self.painter().combinedTransform()
        self.heard.append((item.text(), transform.map(QPointF(place)), item.font()))


class _Page(QPaintDevice):  # type: ignore[misc]  # it has no types
    """A device with a listener in the place of paper."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = _Listener()

    def paintEngine(self) -> Any:
        """Return the listener."""
        return self.listener

    def metric(self, which: int) -> int:
        """Return a size that holds every screen."""
        return _METRICS.get(which, 1)


def told_of(top: Any) -> Told:
    """Return a window's box and the lines that it shows."""
    origin = top.mapToGlobal(QPoint(0, 0))
    shown = [
        widget
        for widget in [top, *top.findChildren(QWidget)]
        if widget.isVisible() and widget.window() is top
    ]
    return {
        "box": (origin.x(), origin.y(), origin.x() + top.width(), origin.y() + top.height()),
        "lines": [line for widget in shown for line in _written(widget)],
    }


def _written(widget: Any) -> Iterator[Told]:
    page = _Page()
    flags = QWidget.RenderFlags(QWidget.DrawWindowBackground)
    widget.render(page, QPoint(0, 0), QRegion(), flags)
    seen = widget.visibleRegion().boundingRect()
    origin = widget.mapToGlobal(QPoint(0, 0))
    clip = QRect(seen.translated(origin))
    for text, place, font in page.listener.heard:
        if text.strip():
            yield _line(text, (origin.x() + place.x(), origin.y() + place.y()), font, clip)


def _line(text: str, at: tuple[float, float], font: Any, clip: Any) -> Told:
    """Return a line that begins at the left end of its baseline."""
    metrics = QFontMetricsF(font)
    ends = [metrics.horizontalAdvance(text[:i]) for i in range(len(text) + 1)]
    return {
        "text": text,
        "box": (at[0], at[1] - metrics.ascent(), at[0] + ends[-1], at[1] + metrics.descent()),
        "centres": [at[0] + (a + b) / 2 for a, b in pairwise(ends)],
        "base": at[1],
        "size": float(font.pixelSize() if font.pixelSize() > 0 else font.pointSizeF() * 96 / 72),
        "clip": (clip.left(), clip.top(), clip.right() + 1, clip.bottom() + 1),
    }
