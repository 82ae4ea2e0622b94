"""Build the parts of windows (``plan.Part``) of Qt's widgets, with names that programs tell."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QApplication,
    QCommandLinkButton,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMenu,
    QMenuBar,
    QScrollArea,
    QSplitter,
    QStatusBar,
    QStyle,
    QTabWidget,
    QToolBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .qt_inputs import Inputs, plain

Told = dict[str, Any]
_STYLES = {
    "ICONS": Qt.ToolButtonIconOnly,
    "BOTH": Qt.ToolButtonTextUnderIcon,
    "BOTH_HORIZ": Qt.ToolButtonTextBesideIcon,
}


def _icon(names: list[str]) -> Any:
    return QApplication.style().standardIcon(getattr(QStyle, names[1]))


class Parts(Inputs):
    """Makes all parts."""

    def column(self, parts: list[Told], gap: int) -> Any:
        """Return parts one below the other."""
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        for told in parts:
            layout.addWidget(self.part(told), 1 if told.get("grows", False) else 0)
        if not any(told.get("grows", False) for told in parts):
            layout.addStretch(1)
        return box

    def part(self, told: Told) -> Any:
        """Return one part."""
        made: Callable[[Told], Any] = getattr(self, f"_{told['kind']}")
        return made(told)

    def _scrolled(self, told: Told) -> Any:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.NoFrame)
        area.setWidget(self.column(told["parts"], told["gap"]))
        return area

    def _inset(self, told: Told) -> Any:
        return self.column(told["parts"], told["gap"])

    def _link(self, told: Told) -> Any:
        return QCommandLinkButton(plain(told["name"]))

    def _paned(self, told: Told) -> Any:
        paned = QSplitter(Qt.Vertical if told["upright"] else Qt.Horizontal)
        paned.addWidget(self.part(told["first"]))
        paned.addWidget(self.part(told["second"]))
        paned.setSizes([told["at"], 600])  # a proportion
        return paned

    def _row(self, told: Told) -> Any:
        box = QWidget()
        layout = QHBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(told["gap"])
        for part in told["parts"]:
            layout.addWidget(self.part(part), 1, Qt.AlignTop)
        return box

    def _frame(self, told: Told) -> Any:
        frame = QGroupBox(plain(told["name"]))
        layout = QVBoxLayout(frame)
        layout.addWidget(self.column(told["parts"], told["gap"]))
        return frame

    def _tabs(self, told: Told) -> Any:
        book = QTabWidget()
        for number, name in enumerate(told["names"]):
            shown = self.part(told["page"]) if number == told["chosen"] else QWidget()
            book.addTab(shown, plain(name))
        book.setCurrentIndex(told["chosen"])
        return book

    def _menubar(self, told: Told) -> Any:
        bar = QMenuBar()
        bar.setNativeMenuBar(False)
        for number, menu in enumerate(told["menus"]):
            made = self._menu(plain(menu["name"]), menu["entries"], bar)
            action = bar.addMenu(made)
            if number == told["open"]:
                self.opening = partial(self._opened, bar, made, action)
        return bar

    def _opened(self, bar: Any, menu: Any, action: Any) -> Any:
        bar.setActiveAction(action)
        if not menu.isVisible():
            place = bar.actionGeometry(action)
            menu.popup(bar.mapToGlobal(QPoint(place.left(), place.bottom() + 1)))
        return menu

    def _menu(self, name: str, entries: list[Told], bar: Any) -> Any:
        menu = QMenu(name, bar)
        for told in entries:
            if told["role"] == "line":
                menu.addSeparator()
                continue
            action = menu.addAction(plain(told["name"]))
            action.setEnabled(not told["disabled"])
            action.setCheckable(told["role"] == "check")
            action.setChecked(told["on"])
            if told["keys"]:
                action.setShortcut(QKeySequence(told["keys"].replace("<Control>", "Ctrl+")))
        return menu

    def _toolbar(self, told: Told) -> Any:
        bar = QToolBar()
        for tool in told["tools"]:
            button = QToolButton()
            button.setIcon(_icon(tool["icons"]))
            button.setText(plain(tool["name"]))
            button.setAccessibleName(tool["name"])
            button.setToolButtonStyle(_STYLES[told["style"]])
            button.setEnabled(not tool["disabled"])
            bar.addWidget(button)
        return bar

    def _table(self, told: Told) -> Any:
        tree = QTreeWidget()
        tree.setHeaderLabels(told["head"])
        tree.setHeaderHidden(not told["headers"])
        tree.setAlternatingRowColors(told["lines"])
        above: Any = tree
        for number, row in enumerate(told["rows"]):
            item = QTreeWidgetItem(above if row["depth"] else tree, row["cells"])
            above = above if row["depth"] else item
            if number == told["chosen"]:
                tree.setCurrentItem(item)
        tree.expandAll()
        for column in range(len(told["head"])):
            tree.resizeColumnToContents(column)
        return tree

    def _list(self, told: Told) -> Any:
        rows = QListWidget()
        rows.addItems(told["names"])
        rows.setSpacing(told["gap"] // 4)
        rows.setCurrentRow(told["chosen"])
        return rows

    def _label(self, told: Told) -> Any:
        label = QLabel(told["name"])
        label.setTextFormat(Qt.PlainText)
        label.setWordWrap(told["wraps"])
        if told["large"]:
            font = label.font()
            font.setPointSizeF(font.pointSizeF() * 1.5)
            font.setBold(True)
            label.setFont(font)
        if not told["icon"]:
            return label
        box, picture = QWidget(), QLabel()
        picture.setPixmap(_icon(told["icon"]).pixmap(40, 40))
        layout = QHBoxLayout(box)
        layout.addWidget(picture)
        layout.addWidget(label, 1)
        return box

    def _status(self, told: Told) -> Any:
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(QLabel(told["name"]))
        return bar
