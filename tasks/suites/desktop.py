"""Photograph desktop applications and write down where their named controls are.

For examination only: none of these applications is ever trained on or tuned to. Boxes come from the
accessibility tree (AT-SPI); a picture with the boxes drawn is kept beside each, to be looked at.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict, TypeAdapter

from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Hint, ScreenText
from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay
from handrail.agent.stability import Watch
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.errors import PackagesMissing
from handrail.tasks.hint_files import write_hints
from handrail.tasks.private_home import private_home
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.suites import desktop_tree
from handrail.tasks.suites.lines import Seen, lines_of
from handrail.tasks.suites.web_targets import Target, usable, whole

ROWS = "rows.jsonl"
WIDTH, HEIGHT = 1280, 800
MOST_PER_WINDOW = 40
_SECONDS = 90.0
_TRIES = 5
_LIBRARIES = "python3-gi gir1.2-atspi-2.0 at-spi2-core dbus libatk-adaptor"
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


@dataclass(frozen=True)
class Application:
    """A program, which is also its package's name, and words of its window's title."""

    program: str
    title: str


APPLICATIONS = (
    Application("galculator", "galculator"),
    Application("thunar", "thunar"),
    Application("gnumeric", "gnumeric"),
    Application("gimp", "image manipulation program"),
    Application("kcalc", "kcalc"),
)


class Node(BaseModel):
    """An element of the tree: its role, its name, and what shows of its box (pixels, xyxy)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    name: str
    box: tuple[float, float, float, float]
    enabled: bool


_NODES = TypeAdapter(tuple[Node, ...])


def collected(
    out: Path, seed: int, tell: Callable[[str], None], apps: Sequence[Application] = APPLICATIONS
) -> Path:
    """Return the file of rows, photographing the applications where it is not there yet.

    Raises PackagesMissing, EnvironmentMissing.
    """
    file = out / ROWS
    if file.is_file():
        return file
    python = _required(apps)
    (out / "images").mkdir(parents=True, exist_ok=True)
    windows = []
    for app in apps:
        windows.append(_photographed(app, python, out))
        tell(f"{app.program}: {len(windows[-1].targets)} controls with names of their own")
    lines = lines_of(windows, seed, MOST_PER_WINDOW)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    tell(f"look at {out / 'images'}: the pictures named boxes-... show where the boxes are")
    return file


def keep(found: Sequence[Figure], seed: int, folder: Path, hinted: bool = False) -> Path:
    """Write the result as ``desktop-grounding.json``, and where; with hints apart."""
    title = f"Grounding on desktop applications (Xvfb, {WIDTH}x{HEIGHT}, boxes from AT-SPI)"
    command = "handrail eval grounding --suite desktop"
    name = "desktop-grounding"
    if hinted:
        name, title, command = f"{name}-hints", f"{title}, with hints", f"{command} --hints"
    return write_result(measured(name, title, command, seed, found), folder)


def targets_of(nodes: Sequence[Node]) -> tuple[Target, ...]:
    """Return the controls of a tree that can be worked; whether a name shows is not known."""
    return tuple(
        Target(role=_ROLES[n.role], name=n.name.strip(), box=n.box, seen=True, shown=None)
        for n in nodes
        if n.role in _ROLES and n.enabled and n.name.strip()
    )


def hints_of(targets: Sequence[Target]) -> tuple[Hint, ...]:
    """Return what a run would be told of the window where hints are allowed."""
    boxes = ([round(side) for side in target.box] for target in targets)
    return tuple(
        Hint(t.role, ScreenText(t.name), Box(left=left, top=top, right=right, bottom=bottom))
        for t, (left, top, right, bottom) in zip(targets, boxes, strict=True)
    )


def _required(apps: Sequence[Application]) -> str:
    """Return the system's Python. Raises PackagesMissing with what to install."""
    absent = [app.program for app in apps if shutil.which(app.program) is None]
    python = shutil.which("python3", path="/usr/bin:/bin")
    if absent or python is None or shutil.which("dbus-run-session") is None:
        wanted = " ".join([*absent, _LIBRARIES])
        raise PackagesMissing(f"the desktop suite needs programs: apt install {wanted}")
    return python


def _photographed(app: Application, python: str, out: Path) -> Seen:
    with tempfile.TemporaryDirectory() as name, VirtualDisplay.start(WIDTH, HEIGHT) as display:
        folder = Path(name)
        served = ["dbus-run-session", "--", python, desktop_tree.__file__, str(folder)]
        _out_of_the_way(display)
        # The display keeps programs off the session bus and off accessibility: not this one.
        display.launch([*served, app.program], {**private_home(folder), "NO_AT_BRIDGE": "0"})
        if not _comes(folder / "started"):
            raise PackagesMissing(f"no accessibility tree: apt install {_LIBRARIES}")
        display.wait_for_window(app.title, _SECONDS)
        picture, nodes = _still(display, folder)
    image = f"images/{app.program}.png"
    picture.save(out / image)
    targets = targets_of(nodes)
    write_hints(out / image, hints_of(targets))
    _drawn(picture, targets).save(out / "images" / f"boxes-{app.program}.png")
    return Seen(
        app.program,
        "window",
        image,
        usable(targets, WIDTH, HEIGHT),
        tuple(t for t in targets if whole(t, WIDTH, HEIGHT)),
        " ".join(node.name for node in nodes),
    )


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
    raise PackagesMissing(f"{display.name}: the window gave no tree, or never stood still")


def _out_of_the_way(display: VirtualDisplay) -> None:
    """Put the pointer into a corner: over a control it would bring up a tip that hides others."""
    link = X11Link(display.name)
    try:
        link.display.screen().root.warp_pointer(0, HEIGHT - 1)
        link.display.sync()
    finally:
        link.close()


def _comes(file: Path) -> bool:
    deadline = time.monotonic() + _SECONDS
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return file.exists()


def _drawn(picture: Image.Image, targets: Sequence[Target]) -> Image.Image:
    copy = picture.convert("RGB")
    pen = ImageDraw.Draw(copy)
    for target in targets:
        pen.rectangle(target.box, outline=(255, 0, 0))
    return copy
