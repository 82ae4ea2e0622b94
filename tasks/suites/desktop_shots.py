"""Bring up one window of a desktop application and photograph it together with its tree."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict, TypeAdapter

from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Hint, ScreenText
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_windows import X11Windows
from handrail.actuators.xvfb import VirtualDisplay
from handrail.agent.stability import Watch
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.errors import PackagesMissing, ScreenLost
from handrail.tasks.hint_files import write_hints
from handrail.tasks.private_home import private_home
from handrail.tasks.suites import desktop_tree
from handrail.tasks.suites.lines import Seen
from handrail.tasks.suites.web_targets import Target, usable, whole

WIDTH, HEIGHT = 1280, 800
LIBRARIES = "python3-gi gir1.2-atspi-2.0 at-spi2-core dbus libatk-adaptor"
_SECONDS = 90.0
_FRAME = 24
"""What is left around a window for what the window manager draws, in pixels."""
_TRIES = 10
_FOLDERS = ("Documents", "Music", "Pictures", "Projects", "Videos")
_STILL_CARETS = {
    ".config/gtk-3.0/settings.ini": "[Settings]\ngtk-cursor-blink = 0\n",
    ".gtkrc-2.0": "gtk-cursor-blink = 0\n",
}
_ROLES = {
    "push button": "button",
    "toggle button": "button",
    "check box": "checkbox",
    "radio button": "radio",
    "menu": "menuitem",
    "menu item": "menuitem",
    "page tab": "tab",
    "text": "textbox",
    "combo box": "combobox",
    "spin button": "spinbutton",
    "link": "link",
}
_CELLS = frozenset(("table cell", "list item", "tree item", "icon"))
_NOT_AS_SHOWN = frozenset(("pixels", "Default"))
"""Names that do not stand on the screen: GIMP writes px, and draws a sign."""
_STAY_DOWN = frozenset(("Hyp", "Shift"))
"""Buttons of KCalc that stay down, which Qt calls check boxes."""
_TICKED = frozenset(("checkbox", "radio"))


@dataclass(frozen=True)
class View:
    """A window of a program, which is also its package's name.

    ``title``: words of the window's title; ``command``: where it is more than the program alone;
    ``opens``: the menu item that brings the window up, or changes it.
    """

    program: str
    name: str
    title: str
    command: tuple[str, ...] = ()
    opens: str = ""


class Node(BaseModel):
    """An element of the tree: its role, its name, and what shows of its box (pixels, xyxy).

    ``front``: it is in the window that has the keyboard; of one behind it may be covered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    name: str
    box: tuple[float, float, float, float]
    enabled: bool
    front: bool = True
    checked: bool = False
    selected: bool = False
    editable: bool = True


_NODES = TypeAdapter(tuple[Node, ...])


def photographed(view: View, python: str, out: Path) -> Seen:
    """Start the program, bring up its window and keep its picture in ``out``.

    Raises PackagesMissing, EnvironmentMissing, ScreenLost.
    """
    with tempfile.TemporaryDirectory() as name, VirtualDisplay.start(WIDTH, HEIGHT) as display:
        _bring_up(display, view, python, Path(name))
        picture, nodes = _still(display, Path(name))
    image = f"images/{view.program}-{view.name}.png"
    picture.save(out / image)
    targets, controls = targets_of(nodes), controls_of(nodes)
    write_hints(out / image, hints_of(targets))
    boxes = out / "images" / f"boxes-{view.program}-{view.name}.png"
    _drawn(picture, [t for t in targets if t.seen]).save(boxes)
    words = " ".join(node.name for node in nodes)
    asked = usable(targets, WIDTH, HEIGHT)
    return Seen(view.program, view.name, image, asked, controls, words)


def targets_of(nodes: Sequence[Node]) -> tuple[Target, ...]:
    """Return the controls of a tree that can be worked; whether a name shows is not known.

    Cells of lists, whose boxes are not exact, are there unseen: a name that one bears, too, is no
    name of a control's own.
    """
    working = [n for n in nodes if _is_control(n) and n.enabled and _name(n)]
    cells = {n.name.strip() for n in nodes if n.role in _CELLS and n.name.strip()}
    beside = [
        Target(role="cell", name=name, box=(0, 0, 0, 0), seen=False, shown=None)
        for name in sorted(cells)
    ]
    return (*map(_target, working), *beside)


def controls_of(nodes: Sequence[Node]) -> tuple[Target, ...]:
    """Return the controls that stand in the window, also nameless ones and those switched off."""
    targets = (_target(node) for node in nodes if _is_control(node))
    return tuple(target for target in targets if whole(target, WIDTH, HEIGHT))


def _is_control(node: Node) -> bool:
    """Tell whether a node can be worked: a text that only shows something is none."""
    return node.role in _ROLES and (node.role != "text" or node.editable)


def _target(node: Node) -> Target:
    name = _name(node)
    role = "button" if name in _STAY_DOWN else _ROLES[node.role]
    state = _state(node, role)
    return Target(role=role, name=name, box=node.box, seen=node.front, shown=None, state=state)


def _name(node: Node) -> str:
    """Return a node's name, empty where it is not what stands on the screen."""
    name = node.name.strip().removesuffix(":")
    return "" if name in _NOT_AS_SHOWN or "</" in name else name


def _state(node: Node, role: str) -> str:
    """Return what shows of a control's state, in a word; empty where it is nothing special.

    GIMP's number fields look alike, switched off or not.
    """
    if role == "spinbutton":
        return ""
    if not node.enabled:
        return "disabled"
    if role == "tab" and node.selected:
        return "selected"
    if role in _TICKED:
        return ("selected" if role == "radio" else "checked") if node.checked else "unchecked"
    return ""


def _bring_up(display: VirtualDisplay, view: View, python: str, folder: Path) -> None:
    served = ["dbus-run-session", "--", python, desktop_tree.__file__, str(folder)]
    command = view.command or (view.program,)
    home = private_home(folder)
    for inner in (*_FOLDERS, ".config/gtk-3.0"):
        (Path(home["HOME"]) / inner).mkdir()
    for settings, content in _STILL_CARETS.items():
        (Path(home["HOME"]) / settings).write_text(content, encoding="utf-8")
    _out_of_the_way(display)
    # The display keeps programs off the session bus and off accessibility: not this one.
    display.launch([*served, home["HOME"], *command], {**home, "NO_AT_BRIDGE": "0"})
    if not _comes(folder / "started"):
        raise PackagesMissing(f"no accessibility tree: apt install {LIBRARIES}")
    if view.opens:
        (folder / "wanted").write_text(view.opens, encoding="utf-8")
        if not _comes(folder / "opened"):
            raise ScreenLost(f"{view.program}: its menus have no {view.opens!r}")
    display.wait_for_window(view.title, _SECONDS)
    _fit(display)


def _still(display: VirtualDisplay, folder: Path) -> tuple[Image.Image, tuple[Node, ...]]:
    """Return a picture and a tree of the same moment: the screen is alike before and after."""
    with closing(open_desktop(DesktopConfig(virtual=display), PermitOffice())) as screen:
        watch = Watch(screen.observe, quiet=1.0, limit=_SECONDS)
        for number in range(1, _TRIES + 1):
            before = watch.settled()
            (folder / f"ask-{number}").touch()
            answer = folder / f"tree-{number}.json"
            if not _comes(answer):
                break
            if screen.observe().fingerprint == before.fingerprint:
                return before.image, _NODES.validate_json(answer.read_bytes())
    raise ScreenLost(f"{display.name}: the window gave no tree, or never stood still")


def _out_of_the_way(display: VirtualDisplay) -> None:
    """Put the pointer into a corner: over a control it would bring up a tip that hides others."""
    with closing(X11Link(display.name)) as link:
        link.display.screen().root.warp_pointer(0, HEIGHT - 1)
        link.display.sync()


def _fit(display: VirtualDisplay) -> None:
    """Make windows smaller that reach beyond the screen, as their person would."""
    around = Area(0, 0, WIDTH, HEIGHT)
    with closing(X11Link(display.name)) as link:
        for number in X11Windows(link).clients():
            area = link.shown(number)
            if area is None or area.clipped(around) == area:
                continue
            window = link.display.create_resource_object("window", number)
            wide, high = min(area.width, WIDTH - 2 * _FRAME), min(area.height, HEIGHT - 2 * _FRAME)
            window.configure(x=_FRAME, y=_FRAME, width=wide, height=high)
        link.display.sync()


def _comes(file: Path) -> bool:
    deadline = time.monotonic() + _SECONDS
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return file.exists()


def hints_of(targets: Sequence[Target]) -> tuple[Hint, ...]:
    """Return what a run would be told of the window in front where hints are allowed."""
    told = [(t, [round(side) for side in t.box]) for t in targets if t.seen]
    return tuple(
        Hint(t.role, ScreenText(t.name), Box(left=left, top=top, right=right, bottom=bottom))
        for t, (left, top, right, bottom) in told
    )


def _drawn(picture: Image.Image, targets: Sequence[Target]) -> Image.Image:
    copy = picture.convert("RGB")
    pen = ImageDraw.Draw(copy)
    for target in targets:
        pen.rectangle(target.box, outline=(255, 0, 0))
    return copy
