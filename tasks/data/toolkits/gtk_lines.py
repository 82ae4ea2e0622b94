"""Tell what GTK has written where: one dict for each line of text that a window shows.

``text``; ``box`` (left, top, right, bottom) and ``centres`` of its characters, ``base``, the y of
its baseline, and ``size``, its font's, in GTK's pixels of the screen; ``clip``, outside of which
nothing of it shows. Labels (in buttons, tabs and menus, too), entries and text views tell by the
very layout (Pango) that they draw. Cells, values of closed combo boxes and keys of menu entries are
laid out again, and set where GTK's source sets them: to the pixel in the themes that were looked
at. The titles of windows are the window manager's, and not told.
"""

from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Atk", "1.0")
from gi.repository import Gtk, Pango  # noqa: E402

Told = dict[str, Any]
Box = tuple[float, float, float, float]
_UNIT = Pango.SCALE


def told_of(top: Any) -> Told:
    """Return a window's box and the lines that it shows."""
    box = _place(top)
    return {"box": box, "lines": list(_inside(top, box))}


def _inside(widget: Any, clip: Box) -> Iterator[Told]:
    if not widget.get_mapped() or _window(widget) is None:
        return
    clip = _cut(clip, _place(widget))
    if isinstance(widget, Gtk.TreeView):
        yield from _cells(widget, clip)
    elif isinstance(widget, Gtk.TextView):
        yield from _area(widget, clip)
    elif isinstance(widget, Gtk.CellView):
        yield from _value(widget, clip)
    elif isinstance(widget, Gtk.Label | Gtk.Entry):
        yield from _laid(widget, clip)
        yield from _keys(widget, clip)
    inner: list[Any] = []
    if isinstance(widget, Gtk.Container):
        widget.forall(inner.append)
    for child in inner:
        yield from _inside(child, clip)


def _window(widget: Any) -> Any:
    return Gtk.Widget.get_window(widget)  # a text view has another method of this name


def _place(widget: Any) -> Box:
    """Return a widget's rectangle on the screen."""
    at, origin = widget.get_allocation(), _window(widget).get_origin()
    own = widget.get_has_window()
    left = origin.x + (0 if own else at.x)
    top = origin.y + (0 if own else at.y)
    return left, top, left + at.width, top + at.height


def _cut(one: Box, other: Box) -> Box:
    return (
        max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]),
    )  # fmt: skip


def _laid(widget: Any, clip: Box) -> Iterator[Told]:
    layout, origin = widget.get_layout(), _window(widget).get_origin()
    x, y = widget.get_layout_offsets()
    if isinstance(widget, Gtk.Entry):
        at = widget.get_allocation()
        x, y = at.x + x, at.y + y
    yield from _layout(layout, (origin.x + x, origin.y + y), clip)


def _keys(widget: Any, clip: Box) -> Iterator[Told]:
    """Yield the keys at the end of a menu's entry, which stand on the line of its name."""
    if isinstance(widget, Gtk.AccelLabel) and widget.get_accel()[0]:
        layout = widget.create_pango_layout(Gtk.accelerator_get_label(*widget.get_accel()))
        right = _place(widget)[2] - layout.get_pixel_size()[0]
        top = _window(widget).get_origin().y + widget.get_layout_offsets()[1]
        yield from _layout(layout, (right, top), clip)


def _layout(layout: Any, at: tuple[float, float], clip: Box) -> Iterator[Told]:
    """Yield the lines of a layout at this place; what is cut short with dots is left out."""
    if layout.is_ellipsized() or not layout.get_text().strip():
        return
    said = layout.get_text().encode()
    size = _size(layout)
    walk = layout.get_iter()
    while True:
        line = walk.get_line_readonly()
        start, end = line.start_index, line.start_index + line.length
        text = said[start:end].decode()
        spots = [start + len(text[:i].encode()) for i in range(len(text))]
        marks = [layout.index_to_pos(spot) for spot in spots]
        if text.strip():
            area = walk.get_line_extents()[1]
            left, top = at[0] + area.x / _UNIT, at[1] + area.y / _UNIT
            yield {
                "text": text,
                "box": (left, top, left + area.width / _UNIT, top + area.height / _UNIT),
                "centres": [at[0] + (mark.x + mark.width / 2) / _UNIT for mark in marks],
                "base": at[1] + walk.get_baseline() / _UNIT,
                "size": size,
                "clip": clip,
            }
        if not walk.next_line():
            return


def _size(layout: Any) -> float:
    """Return the size in pixels of the font that a layout begins with."""
    font = layout.get_iter().get_run_readonly().item.analysis.font
    return float(font.describe_with_absolute_size().get_size() / _UNIT)


def _value(view: Any, clip: Box) -> Iterator[Told]:
    """Yield the value of a closed combo box: laid out as its renderer does."""
    model, path = view.get_model(), view.get_displayed_row()
    if model is None or path is None:
        return
    (cell,) = view.get_cells()
    layout = view.create_pango_layout(model[path][0])
    at, origin = view.get_allocation(), _window(view).get_origin()
    x, y = cell.get_padding()
    tall = layout.get_pixel_size()[1]
    down = max(y, (at.height - tall) // 2)
    yield from _layout(layout, (origin.x + at.x + x, origin.y + at.y + down), clip)


def _area(view: Any, clip: Box) -> Iterator[Told]:
    """Yield the lines of a text view."""
    text, origin = view.get_buffer(), view.get_window(Gtk.TextWindowType.TEXT).get_origin()
    size = _size(view.create_pango_layout("x"))
    step, said, boxes = text.get_start_iter(), "", list[Any]()
    while True:
        ends = step.is_end() or step.get_char() == "\n"
        if ends and said.strip():
            yield _line(said, boxes, size, clip)
        if step.is_end():
            return
        if ends:
            said, boxes = "", []
        else:
            at = view.get_iter_location(step)
            x, y = view.buffer_to_window_coords(Gtk.TextWindowType.TEXT, at.x, at.y)
            said += step.get_char()
            boxes.append((origin.x + x, origin.y + y, at.width, at.height))
        step.forward_char()


def _cells(view: Any, clip: Box) -> Iterator[Told]:
    """Yield what stands in the cells of a list or tree.

    Their accessible objects tell it too, but an expander's width off in the first column.
    """
    model, (_, right, down) = view.get_model(), _window(view).get_origin()
    paths: list[Any] = []
    model.foreach(lambda _, path, __: paths.append(path.copy()))
    for path in paths:
        for number, column in enumerate(view.get_columns()):
            area, (cell,) = view.get_cell_area(path, column), column.get_cells()
            x, y = view.convert_bin_window_to_widget_coords(area.x + right, area.y + down)
            layout = view.create_pango_layout(model[path][number])
            left = x + cell.get_padding()[0]
            top = y + (area.height - layout.get_pixel_size()[1]) // 2
            edge = _cut(clip, (x, y, x + area.width, y + area.height))
            yield from _layout(layout, (left, top), edge)


def _line(said: str, boxes: list[Any], size: float, clip: Box) -> Told:
    """Return a line of the rectangles (x, y, width, height) of its characters."""
    left, top = boxes[0][0], min(b[1] for b in boxes)
    right, bottom = boxes[-1][0] + boxes[-1][2], max(b[1] + b[3] for b in boxes)
    return {
        "text": said,
        "box": (left, top, right, bottom),
        "centres": [x + wide / 2 for x, _, wide, _ in boxes],
        "base": (top + bottom) / 2 + size * 0.3,
        "size": size,
        "clip": clip,
    }
