"""Build what people fill in of Qt's widgets: the counterpart of ``gtk_inputs``."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

Told = dict[str, Any]


def plain(text: str) -> str:
    """Return text in which no letter is a shortcut."""
    return text.replace("&", "&&")


def _dropped(combo: Any) -> Any:
    """Open a list that is in sight and return its window."""
    if combo.visibleRegion().isEmpty():
        return None
    combo.showPopup()
    return combo.view().window()


class Inputs:
    """Makes inputs; remembers what has the keyboard, and how the one open menu is opened."""

    def __init__(self) -> None:
        self.focused: Any = None
        self.opening: Callable[[], Any] | None = None

    def _buttons(self, told: Told) -> Any:
        box = QWidget()
        layout = QHBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(told["gap"])
        if told["end"]:
            layout.addStretch(1)
        for entry in told["buttons"]:
            button = QPushButton(plain(entry["name"]))
            button.setDefault(entry["strong"])
            button.setEnabled(not entry["disabled"])
            layout.addWidget(button, 1 if told["wide"] else 0)
        if not told["end"] and not told["wide"]:
            layout.addStretch(1)
        return box

    def _choices(self, told: Told) -> Any:
        box = QWidget()
        layout: Any = QHBoxLayout(box) if told["flat"] else QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(told["gap"])
        group = QButtonGroup(box)
        group.setExclusive(told["role"] == "radio")
        for entry in told["entries"]:
            made = QRadioButton if told["role"] == "radio" else QCheckBox
            button = made(plain(entry["name"]))
            button.setChecked(entry["on"])
            button.setEnabled(not entry["disabled"])
            group.addButton(button)
            layout.addWidget(button)
        return box

    def _form(self, told: Told) -> Any:
        box = QWidget()
        layout = QFormLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(told["gap"])
        layout.setRowWrapPolicy(
            QFormLayout.WrapAllRows if told["above"] else QFormLayout.DontWrapRows
        )
        layout.setLabelAlignment(Qt.AlignRight if told["align"] > 0.5 else Qt.AlignLeft)
        for entry in told["fields"]:
            field = self._field(entry)
            field.setAccessibleName(entry["name"])
            field.setEnabled(not entry["disabled"])
            if not told["wide"]:
                field.setMaximumWidth(280)
            label = QLabel("" if entry["role"] == "switch" else entry["label"])
            label.setTextFormat(Qt.PlainText)
            layout.addRow(label, field)
            if entry["focused"]:
                self.focused = field
        return box

    def _field(self, told: Told) -> Any:
        role, number = told["role"], told["number"]
        if role == "combo":
            combo = QComboBox()
            combo.addItems(told["options"])
            combo.setCurrentIndex(number % len(told["options"]))
            combo.setAccessibleDescription(told["name"])  # its name is its value, to Qt
            if told["open"]:
                self.opening = partial(_dropped, combo)
            return combo
        if role == "spin":
            spin = QSpinBox()
            spin.setRange(0, 1000)
            spin.setValue(number)
            return spin
        if role == "slider":
            slider = QSlider(Qt.Horizontal)
            slider.setRange(0, 1000)
            slider.setValue(number)
            return slider
        if role == "area":
            area = QPlainTextEdit(told["value"])
            area.setFixedHeight(70)
            return area
        if role == "switch":
            box = QCheckBox(plain(told["name"]))
            box.setChecked(number > 500)
            return box
        entry = QLineEdit(told["value"])
        entry.setPlaceholderText(told["hint"])
        if role == "password":
            entry.setEchoMode(QLineEdit.Password)
        return entry
