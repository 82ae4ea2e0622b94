"""Build the parts of windows (``plan.Part``) of GTK's widgets, with names that programs tell."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
gi.require_version("Atk", "1.0")
from gi.repository import Atk, Gdk, Gtk  # noqa: E402

from .gtk_inputs import FLAT, UPRIGHT, Inputs, named  # noqa: E402

Told = dict[str, Any]


class Parts(Inputs):
    """Makes all parts."""

    def column(self, parts: list[Told], gap: int) -> Any:
        """Return parts one below the other."""
        box = Gtk.Box(orientation=UPRIGHT, spacing=gap)
        for told in parts:
            box.pack_start(self.part(told), told.get("grows", False), True, 0)
        return box

    def part(self, told: Told) -> Any:
        """Return one part."""
        made: Callable[[Told], Any] = getattr(self, f"_{told['kind']}")
        return made(told)

    def _scrolled(self, told: Told) -> Any:
        area = Gtk.ScrolledWindow()
        area.set_overlay_scrolling(False)
        area.add(self._inset(told))
        return area

    def _inset(self, told: Told) -> Any:
        inside = self.column(told["parts"], told["gap"])
        inside.set_border_width(told["gap"])
        return inside

    def _paned(self, told: Told) -> Any:
        paned = Gtk.Paned(orientation=UPRIGHT if told["upright"] else FLAT)
        paned.pack1(self.part(told["first"]), False, False)
        paned.pack2(self.part(told["second"]), True, False)
        paned.set_position(told["at"])
        return paned

    def _row(self, told: Told) -> Any:
        box = Gtk.Box(orientation=FLAT, spacing=told["gap"], homogeneous=True)
        for part in told["parts"]:
            box.pack_start(self.part(part), True, True, 0)
        return box

    def _frame(self, told: Told) -> Any:
        frame = Gtk.Frame(label=told["name"])
        frame.add(self._inset(told))
        return frame

    def _tabs(self, told: Told) -> Any:
        book = Gtk.Notebook()
        for number, name in enumerate(told["names"]):
            shown = self.part(told["page"]) if number == told["chosen"] else Gtk.Box()
            shown.show_all()
            book.append_page(shown, Gtk.Label(label=name))
        book.set_current_page(told["chosen"])
        book.set_scrollable(True)
        return book

    def _menubar(self, told: Told) -> Any:
        bar = Gtk.MenuBar()
        for number, menu in enumerate(told["menus"]):
            item = Gtk.MenuItem(label=menu["name"])
            item.set_submenu(self._menu(menu["entries"]))
            bar.append(item)
            if number == told["open"]:
                self._opens(item.get_submenu().get_toplevel(), partial(_dropped, item))
        return bar

    def _menu(self, entries: list[Told]) -> Any:
        menu = Gtk.Menu()
        for told in entries:
            menu.append(_entry(told))
        menu.show_all()
        return menu

    def _toolbar(self, told: Told) -> Any:
        bar = Gtk.Toolbar()
        bar.set_style(getattr(Gtk.ToolbarStyle, told["style"]))
        bar.set_show_arrow(False)
        for tool in told["tools"]:
            image = Gtk.Image.new_from_icon_name(
                f"{tool['icons'][0]}-symbolic", Gtk.IconSize.LARGE_TOOLBAR
            )
            button = Gtk.ToolButton(icon_widget=image, label=tool["name"])
            button.set_is_important(True)  # or its text would not show beside the icon
            button.set_sensitive(not tool["disabled"])
            button.get_child().get_accessible().set_name(tool["name"])
            bar.insert(button, -1)
        return bar

    def _table(self, told: Told) -> Any:
        store = Gtk.TreeStore(*[str for _ in told["head"]])
        view = Gtk.TreeView(model=store, headers_visible=told["headers"])
        view.set_grid_lines(Gtk.TreeViewGridLines.BOTH if told["lines"] else 0)
        for number, name in enumerate(told["head"]):
            column = Gtk.TreeViewColumn(name, Gtk.CellRendererText(), text=number)
            column.set_resizable(True)
            view.append_column(column)
        above = chosen = None
        for number, row in enumerate(told["rows"]):
            at = store.append(above if row["depth"] else None, row["cells"])
            above = above if row["depth"] else at
            if number == told["chosen"]:
                chosen = at
        view.expand_all()
        view.get_selection().unselect_all()
        if chosen is not None:
            view.get_selection().select_iter(chosen)
        frame = Gtk.Frame()
        frame.add(view)
        return frame

    def _list(self, told: Told) -> Any:
        rows = Gtk.ListBox()
        for number, name in enumerate(told["names"]):
            row = Gtk.ListBoxRow()
            row.add(Gtk.Label(label=name, xalign=0, margin=told["gap"]))
            row.get_accessible().set_name(name)
            rows.add(row)
            if number == told["chosen"]:
                rows.select_row(row)
        return rows

    def _label(self, told: Told) -> Any:
        label = Gtk.Label(label=told["name"], xalign=0, wrap=told["wraps"])
        if told["large"]:
            label.get_style_context().add_class("title")
            label.set_markup(f"<span size='x-large' weight='bold'>{_escaped(told['name'])}</span>")
        if told["icon"]:
            box = Gtk.Box(orientation=FLAT, spacing=12)
            image = Gtk.Image.new_from_icon_name(f"{told['icon'][0]}-symbolic", Gtk.IconSize.DIALOG)
            box.pack_start(image, False, True, 0)
            box.pack_start(label, True, True, 0)
            return box
        return label

    def _status(self, told: Told) -> Any:
        bar = Gtk.Statusbar()
        bar.push(0, told["name"])
        return bar

    def _link(self, told: Told) -> Any:
        link = Gtk.LinkButton.new_with_label("about:blank", told["name"])
        link.set_has_tooltip(False)
        link.get_accessible().set_role(Atk.Role.LINK)
        link.set_halign(Gtk.Align.START)
        return link


def _entry(told: Told) -> Any:
    """Return an entry of a menu: a line, or a name with what is before and behind it."""
    if told["role"] == "line":
        return Gtk.SeparatorMenuItem()
    if told["role"] == "check":
        item = Gtk.CheckMenuItem(label=told["name"], active=told["on"])
    else:
        item = Gtk.MenuItem(label=told["name"])
    if told["keys"]:
        key, held = Gtk.accelerator_parse(told["keys"])
        item.get_child().set_accel(key, held)
    return named(item, told)


def _dropped(item: Any) -> None:
    """Open the menu of a menu bar's item."""
    item.select()
    below, above = Gdk.Gravity.SOUTH_WEST, Gdk.Gravity.NORTH_WEST
    item.get_submenu().popup_at_widget(item, below, above, None)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
