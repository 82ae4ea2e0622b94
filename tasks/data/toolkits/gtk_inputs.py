"""Build what people fill in (``forms.FormPlanner``) of GTK's widgets: inputs, choices, buttons."""

from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

Told = dict[str, Any]
UPRIGHT, FLAT = Gtk.Orientation.VERTICAL, Gtk.Orientation.HORIZONTAL


def named(widget: Any, told: Told) -> Any:
    """Give a widget its name for assistive programs, and its state."""
    widget.get_accessible().set_name(told["name"])
    widget.set_sensitive(not told.get("disabled", False))
    return widget


class Inputs:
    """Makes inputs; remembers what has the keyboard, and how the one open menu is opened."""

    def __init__(self) -> None:
        self.focused: Any = None
        self.opening: Callable[[], Any] | None = None
        self.popups: list[Any] = []

    def _opens(self, top: Any, opening: Callable[[], None]) -> None:
        """Remember how a window of a menu or list is brought up, once all is shown."""
        self.popups.append(top)

        def opened() -> Any:
            opening()
            return top

        self.opening = opened

    def _buttons(self, told: Told) -> Any:
        box = Gtk.Box(orientation=FLAT, spacing=told["gap"])
        for entry in told["buttons"]:
            button = named(Gtk.Button(label=entry["name"]), entry)
            if entry["strong"]:
                button.get_style_context().add_class("suggested-action")
            pack = box.pack_end if told["end"] else box.pack_start
            pack(button, told["wide"], True, 0)
        return box

    def _choices(self, told: Told) -> Any:
        box = Gtk.Box(orientation=FLAT if told["flat"] else UPRIGHT, spacing=told["gap"])
        first: Any = None
        for entry in told["entries"]:
            if told["role"] == "radio":
                button = Gtk.RadioButton.new_with_label_from_widget(first, entry["name"])
                first = first or button
            else:
                button = Gtk.CheckButton(label=entry["name"])
            button.set_active(entry["on"])
            box.pack_start(named(button, entry), False, True, 0)
        return box

    def _form(self, told: Told) -> Any:
        grid = Gtk.Grid(row_spacing=told["gap"], column_spacing=told["gap"] + 4)
        for row, entry in enumerate(told["fields"]):
            label = Gtk.Label(label=entry["label"], xalign=told["align"])
            label.set_no_show_all(not entry["label"])
            field = named(self._field(entry), entry)
            field.set_hexpand(entry["role"] != "switch" and told["wide"])
            field.set_halign(Gtk.Align.START if entry["role"] == "switch" else Gtk.Align.FILL)
            if told["above"]:
                grid.attach(label, 0, 2 * row, 1, 1)
                grid.attach(field, 0, 2 * row + 1, 1, 1)
            else:
                grid.attach(label, 0, row, 1, 1)
                grid.attach(field, 1, row, 1, 1)
            if entry["focused"]:
                self.focused = field
        return grid

    def _field(self, told: Told) -> Any:
        role, value = told["role"], told["value"]
        if role == "combo":
            return self._combo(told)
        if role == "spin":
            spin = Gtk.SpinButton.new_with_range(0, 1000, 1)
            spin.set_value(told["number"])
            return spin
        if role == "slider":
            slider = Gtk.Scale.new_with_range(FLAT, 0, 1000, 1)
            slider.set_value(told["number"])
            slider.set_draw_value(False)
            slider.set_size_request(140, -1)
            return slider
        if role == "switch":
            return Gtk.Switch(active=told["number"] > 500)
        if role == "area":
            area = Gtk.TextView()
            area.get_buffer().set_text(value)
            area.set_size_request(160, 60)
            return area
        entry = Gtk.Entry(text=value, placeholder_text=told["hint"], width_chars=told["chars"])
        entry.set_visibility(role != "password")
        return entry

    def _combo(self, told: Told) -> Any:
        combo = Gtk.ComboBoxText()
        for option in told["options"]:
            combo.append_text(option)
        combo.set_active(told["number"] % len(told["options"]))
        if told["open"]:
            top = combo.get_popup_accessible().get_widget().get_toplevel()
            self._opens(top, combo.popup)
        return combo
