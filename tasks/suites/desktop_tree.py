"""Run a program with its accessibility on, and write down its tree whenever that is asked for.

Run by the system's own Python, which has ``gi``, inside ``dbus-run-session``:
``python3 desktop_tree.py FOLDER COMMAND...``. Once the program runs there is ``FOLDER/started``.
For each ``FOLDER/ask-N`` that appears, ``FOLDER/tree-N.json`` follows. It ends with its program.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_MOST_NODES = 4_000
_DEEPEST = 60
_ENVIRONMENT = {
    "GTK_MODULES": "gail:atk-bridge",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    "QT_ACCESSIBILITY": "1",
}


def main() -> int:
    """Serve until the program ends; return its exit code."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    atspi = _switched_on()
    desktop = atspi.get_desktop(0)
    desktop.get_child_count()  # starts the registry: a Qt program looks for it once, at its start
    program = subprocess.Popen(command, env={**os.environ, **_ENVIRONMENT})
    (folder / "started").touch()
    number = 1
    while program.poll() is None:
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


def _tree(atspi: Any, desktop: Any) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for i in range(desktop.get_child_count()):
        _walk(atspi, desktop.get_child_at_index(i), None, 0, found)
    return found


def _walk(
    atspi: Any, node: Any, around: list[int] | None, depth: int, found: list[dict[str, object]]
) -> None:
    """Add what shows of a node and below it; boxes are cut to those around them (xyxy)."""
    from gi.repository import GLib

    if node is None or depth > _DEEPEST or len(found) >= _MOST_NODES:
        return
    try:
        states = node.get_state_set()
        shows = depth == 0 or states.contains(atspi.StateType.SHOWING)
        if not shows:
            return
        box = around if depth == 0 else _box(atspi, node, around)
        if depth > 0 and box is not None:
            enabled = states.contains(atspi.StateType.SENSITIVE)
            role, name = node.get_role_name(), node.get_name() or ""
            found.append({"role": role, "name": name, "box": box, "enabled": enabled})
        for i in range(node.get_child_count()):
            _walk(atspi, node.get_child_at_index(i), box or around, depth + 1, found)
    except GLib.Error:
        return  # the element has gone while it was looked at


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
