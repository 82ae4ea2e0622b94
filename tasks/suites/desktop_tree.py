"""Run a program with its accessibility on, and write down its tree whenever that is asked for.

Run by the system's own Python, which has ``gi``, inside ``dbus-run-session``:
``python3 desktop_tree.py FOLDER HOME COMMAND...`` (``HOME``: where the program runs). Once it runs
there is ``FOLDER/started``. Where ``FOLDER/wanted`` names an item of its menus, that is chosen, and
``FOLDER/opened`` follows. For each ``FOLDER/ask-N`` that appears, ``FOLDER/tree-N.json`` follows.
It ends with its program.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

Found = dict[str, Any]

_MOST_NODES = 4_000
_DEEPEST = 60
_STATES = {
    "enabled": "SENSITIVE",
    "checked": "CHECKED",
    "selected": "SELECTED",
    "editable": "EDITABLE",
}
_THROUGH = ("page tab", "menu", "combo box")
"""Roles whose children lie outside of their box: pages below their tabs, menus, lists."""
_ENVIRONMENT = {
    "GTK_MODULES": "gail:atk-bridge",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    "QT_ACCESSIBILITY": "1",
}


def main() -> int:
    """Serve until the program ends; return its exit code."""
    folder, home, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    atspi = _switched_on()
    desktop = atspi.get_desktop(0)
    desktop.get_child_count()  # starts the registry: a Qt program looks for it once, at its start
    program = subprocess.Popen(command, env={**os.environ, **_ENVIRONMENT}, cwd=home)
    (folder / "started").touch()
    number = 1
    while program.poll() is None:
        if (folder / "wanted").exists() and not (folder / "opened").exists():
            name = (folder / "wanted").read_text(encoding="utf-8")
            if name and _chosen(atspi, desktop, name, 0):
                (folder / "opened").touch()
        if (folder / f"ask-{number}").exists():
            part = folder / f"tree-{number}.part"
            part.write_text(json.dumps(_tree(atspi, desktop)), encoding="utf-8")
            part.rename(folder / f"tree-{number}.json")
            number += 1
        time.sleep(0.05)
    return program.returncode


def _switched_on() -> Any:
    """Say on the session bus that accessibility is wanted, and return the library that reads it."""
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, Gio, GLib

    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    wanted = GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True)))
    place = ("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set")
    bus.call_sync(*place, wanted, None, Gio.DBusCallFlags.NONE, 20_000, None)
    Atspi.init()
    return Atspi


def _chosen(atspi: Any, node: Any, name: str, depth: int) -> bool:
    """Choose an item of the menus by its name; tell whether there was one that can be chosen."""
    from gi.repository import GLib

    if node is None or depth > _DEEPEST:
        return False
    try:
        if node.get_role_name().endswith("menu item") and node.get_name() == name:
            action = node.get_action_iface()
            enabled = node.get_state_set().contains(atspi.StateType.SENSITIVE)
            return bool(enabled and action and action.do_action(0))
        children = range(node.get_child_count())
        return any(_chosen(atspi, node.get_child_at_index(i), name, depth + 1) for i in children)
    except GLib.Error:
        return False  # the element has gone while it was looked at


def _tree(atspi: Any, desktop: Any) -> list[Found]:
    """Return what shows of every window; what lies in the active one is in front."""
    from gi.repository import GLib

    found: list[Found] = []
    for i in range(desktop.get_child_count()):
        program = desktop.get_child_at_index(i)
        try:
            for j in range(program.get_child_count()):
                window = program.get_child_at_index(j)
                before = len(found)
                _walk(atspi, window, None, 1, found)
                front = window.get_state_set().contains(atspi.StateType.ACTIVE)
                for node in found[before:]:
                    node["front"] = front
        except (GLib.Error, AttributeError):
            continue  # the program or its window has gone while it was looked at
    return found


def _walk(atspi: Any, node: Any, around: list[int] | None, depth: int, found: list[Found]) -> None:
    """Add what shows of a node and below it; boxes are cut to those around them (xyxy)."""
    from gi.repository import GLib

    if node is None or depth > _DEEPEST or len(found) >= _MOST_NODES:
        return
    try:
        states = node.get_state_set()
        if not states.contains(atspi.StateType.SHOWING):
            return
        box = _box(atspi, node, around)
        if box is not None:
            found.append(_told(atspi, node, states, box))
        inner = around if node.get_role_name() in _THROUGH else box or around
        for i in range(node.get_child_count()):
            _walk(atspi, node.get_child_at_index(i), inner, depth + 1, found)
    except GLib.Error:
        return  # the element has gone while it was looked at


def _told(atspi: Any, node: Any, states: Any, box: list[int]) -> Found:
    told = {k: states.contains(getattr(atspi.StateType, state)) for k, state in _STATES.items()}
    name = node.get_name() or _labelled(atspi, node)
    return {"role": node.get_role_name(), "name": name, "box": box, **told}


def _labelled(atspi: Any, node: Any) -> str:
    """Return the text of the label that says what a nameless field is for; Qt names groups, too."""
    for relation in node.get_relation_set():
        if relation.get_relation_type() == atspi.RelationType.LABELLED_BY:
            target = relation.get_target(0)
            return (target.get_name() or "") if target.get_role_name() == "label" else ""
    return ""


def _box(atspi: Any, node: Any, around: list[int] | None) -> list[int] | None:
    """Return a node's box on the screen, or None where it has none or nothing of it shows."""
    component = node.get_component_iface()
    if component is None:
        return None
    at = component.get_extents(atspi.CoordType.SCREEN)
    box = [at.x, at.y, at.x + at.width, at.y + at.height]
    if around is not None:
        box = [
            max(box[0], around[0]),
            max(box[1], around[1]),
            min(box[2], around[2]),
            min(box[3], around[3]),
        ]
    return box if box[2] > box[0] and box[3] > box[1] else None


if __name__ == "__main__":
    sys.exit(main())
