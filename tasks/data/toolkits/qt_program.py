"""Show windows in Qt 5 and tell what is written where: the counterpart of ``gtk_program``.

Run by the system's own Python: ``python3 -m toolkits.qt_program SOCKET``.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from PyQt5.QtCore import QEvent, QObject, QSocketNotifier, Qt, QTimer
from PyQt5.QtGui import QColor, QFont, QPalette
from PyQt5.QtWidgets import QApplication, QStyleFactory, QVBoxLayout, QWidget

from .client import Client
from .qt_lines import told_of
from .qt_parts import Parts

_TICK = 8
"""Milliseconds between two looks whether all is drawn."""
_DARK = {
    QPalette.Window: "#353535", QPalette.WindowText: "#ffffff", QPalette.Base: "#232323",
    QPalette.AlternateBase: "#353535", QPalette.Text: "#ffffff", QPalette.Button: "#3c3c3c",
    QPalette.ButtonText: "#ffffff", QPalette.Highlight: "#2a82da", QPalette.Link: "#6ab0ff",
    QPalette.HighlightedText: "#000000", QPalette.ToolTipBase: "#353535",
}  # fmt: skip
Told = dict[str, Any]


class Program(QObject):  # type: ignore[misc]  # it has no types
    """The windows of one screen after another."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.windows: list[Any] = []
        self.drawn: set[Any] = set()
        self.client = Client(path)
        self.heard = QSocketNotifier(self.client.fileno(), QSocketNotifier.Read)
        self.heard.activated.connect(self.asked)
        self.clock = QTimer(self)
        self.clock.setInterval(_TICK)
        self.clock.timeout.connect(self.step)
        self.work: Iterator[Callable[[], bool]] = iter(())
        self.ready: Callable[[], bool] | None = None
        QApplication.instance().installEventFilter(self)

    def asked(self, *_: object) -> None:
        """Begin with what one line asks; end where nobody asks any more."""
        asked = self.client.read()
        if asked is None:
            QApplication.quit()
            return
        self.work, self.ready = self.shown(asked), lambda: True
        self.clock.start()

    def step(self) -> None:
        """Go on with the work where what it waits for has come."""
        if self.ready is not None and self.ready():
            self.ready = next(self.work, None)
            if self.ready is None:
                self.clock.stop()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Note which windows have been painted."""
        if event.type() == QEvent.Paint and isinstance(watched, QWidget):
            self.drawn.add(watched.window())
        return False

    def there(self, top: Any) -> bool:
        """Tell whether a window has been painted where it is seen."""
        return top in self.drawn and bool(top.windowHandle().isExposed())

    def shown(self, screen: Told) -> Iterator[Callable[[], bool]]:
        """Show a screen; yield what has to be waited for."""
        for window in self.windows:
            window.close()
            window.deleteLater()
        self.windows, self.drawn = [], set()
        if screen["look"] is not None:
            _look(screen["look"])
        parts = Parts()
        for told in screen["windows"]:
            window = self.window(told, parts)
            yield partial(self.there, window)
        if parts.focused is not None:
            parts.focused.setFocus()
        tops = list(self.windows)
        opened = None if parts.opening is None else parts.opening()
        if opened is not None:
            yield partial(self.there, opened)
            tops.append(opened)
        yield lambda: not QApplication.hasPendingEvents()
        QApplication.sync()
        self.client.answer({"windows": [told_of(top) for top in tops]})

    def window(self, told: Told, parts: Parts) -> Any:
        """Show a window above those before it."""
        left, top, width, height = told["box"]
        flags = Qt.Dialog if told["dialog"] and self.windows else Qt.Window
        if not told["decorated"]:
            flags |= Qt.FramelessWindowHint
        window = QWidget(self.windows[-1] if flags & Qt.Dialog == Qt.Dialog else None, flags)
        window.setWindowTitle(told["title"])
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(parts.column(told["parts"], 0))
        window.setGeometry(left, top, width, height)
        window.show()
        window.raise_()
        window.activateWindow()
        self.windows.append(window)
        return window


def _look(told: Told) -> None:
    """Set style, colours and font for all windows, and nothing that moves by itself."""
    style = QStyleFactory.create(told["style"])
    QApplication.setStyle(style)
    colours = QPalette(style.standardPalette())
    for role, colour in _DARK.items() if told["dark"] else ():
        colours.setColor(role, QColor(colour))
    for role in (QPalette.Text, QPalette.WindowText, QPalette.ButtonText) if told["dark"] else ():
        colours.setColor(QPalette.Disabled, role, QColor("#808080"))
    QApplication.setPalette(colours)
    QApplication.setFont(QFont(told["font"], told["points"]))
    QApplication.setCursorFlashTime(0)
    for effect in (Qt.UI_AnimateMenu, Qt.UI_AnimateCombo, Qt.UI_FadeMenu, Qt.UI_AnimateTooltip):
        QApplication.setEffectEnabled(effect, False)


if __name__ == "__main__":
    application = QApplication(sys.argv)
    application.setQuitOnLastWindowClosed(False)
    program = Program(sys.argv[1])
    sys.exit(application.exec_())
