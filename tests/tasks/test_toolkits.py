"""Training's windows: what is told of GTK's and Qt's is where it is drawn and takes clicks."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from Xlib import X
from Xlib.ext import xtest

from handrail.model.pocket import lessons, shots
from handrail.model.pocket.canvas import Element, Run
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.shots import Labels
from handrail.tasks.data.photographs import Order
from handrail.tasks.data.toolkits import tree, windows
from handrail.tasks.data.toolkits.plan import Look, Screen, Window
from handrail.tasks.data.toolkits.program import Toolkit, system_python
from handrail.tasks.data.toolkits.windows import TOOLKITS, Shift, Stage
from handrail.tasks.errors import PackagesMissing, ScreenLost

SECONDS = 20.0
LOOK = Look("Adwaita", "Fusion", dark=False, font="DejaVu Sans", points=11)
FIELD = {
    "role": "text", "name": "City", "label": "City:", "value": "", "hint": "", "chars": 20,
    "number": 1, "options": [], "open": False, "disabled": False, "focused": False,
}  # fmt: skip
MENUS = {
    "kind": "menubar", "open": 0, "menus": [{"name": "File", "entries": [
        {"role": "item", "name": "Open recent", "keys": "", "on": False, "disabled": False},
        {"role": "item", "name": "Gone", "keys": "", "on": False, "disabled": True},
    ]}],
}  # fmt: skip


def _buttons(*names: str) -> dict[str, object]:
    entries = [{"name": name, "strong": False, "disabled": False} for name in names]
    return {"kind": "buttons", "gap": 8, "end": False, "wide": False, "buttons": entries}


def _label(name: str) -> dict[str, object]:
    return {"kind": "label", "name": name, "large": False, "wraps": False, "icon": []}


def _form() -> dict[str, object]:
    fields = [
        FIELD,
        {**FIELD, "name": "Street", "label": "Street", "disabled": True},
        {**FIELD, "role": "combo", "name": "Colour", "label": "Colour", "options": ["Red", "Blue"]},
        {**FIELD, "role": "area", "name": "Notes", "label": "Notes"},
    ]
    return {
        "kind": "form", "gap": 6, "align": 0.0, "above": False, "wide": True, "fields": fields,
    }  # fmt: skip


def _choices() -> dict[str, object]:
    entries = [
        {"name": name, "on": name == "Second", "disabled": False} for name in ("Agree", "Second")
    ]
    return {"kind": "choices", "role": "check", "flat": False, "gap": 4, "entries": entries}


def _window(title: str, box: tuple[int, int, int, int], *parts: dict[str, object]) -> Window:
    scrolled = {"kind": "scrolled", "gap": 8, "parts": list(parts), "grows": True}
    return Window(title, box, decorated=True, dialog=False, parts=[scrolled])


LOWER = _window(
    "Lower", (20, 30, 600, 500), _buttons("Apply"), _choices(), _form(), _label("l i l i l i"),
    _label("a line of text that is long enough to reach under the other window and beyond it"),
    {**_buttons("Covered"), "end": True},
)  # fmt: skip
UPPER = Window("Upper", (280, 300, 420, 300), decorated=True, dialog=False, parts=[MENUS])
SCREEN = Screen((40, 90, 140), LOOK, [LOWER, UPPER], ("Apply",))
WRONG = Screen((0, 0, 0), LOOK, [_window("Wrong", (9, 9, 99, 99), {"kind": "none"})])


@dataclass
class Photograph:
    stage: Stage
    pixels: NDArray[np.uint8]
    labels: Labels

    def named(self, name: str) -> Element:
        (found,) = [e for e in self.labels.elements if e.name == name]
        return found

    def written(self, text: str) -> Run:
        (found,) = [run for run in self.labels.runs if run.text == text]
        return found

    def click(self, name: str) -> None:
        x, y = (round(side) for side in self.named(name).point)
        with self.stage.link.asking():
            display = self.stage.link.display
            xtest.fake_input(display, X.MotionNotify, x=x, y=y)
            for kind in (X.ButtonPress, X.ButtonRelease):
                xtest.fake_input(display, kind, 1)
            display.sync()

    def comes(self, name: str, state: str) -> bool:
        """Wait until a program tells this state of what has this name."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            nodes = tree.shown(self.stage.display.bus)
            if any(node.name == name and state in node.states for node in nodes):
                return True
        return False


@pytest.fixture(scope="module", params=TOOLKITS)
def toolkit(request: pytest.FixtureRequest) -> Toolkit:
    chosen: Toolkit = request.param
    try:
        system_python(chosen)
    except PackagesMissing:
        if chosen == "qt":
            pytest.skip("the system's Python has no PyQt5")
        raise
    return chosen


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with closing(Stage(Shift((800, 640), 1.0))) as opened:
        yield opened


@pytest.fixture
def shot(stage: Stage, toolkit: Toolkit) -> Photograph:
    picture, labels = stage.show(toolkit, SCREEN)
    return Photograph(stage, np.asarray(picture), labels)


def _ink(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a patch differs from its first pixel."""
    apart = np.abs(pixels.astype(int) - pixels[0, 0].astype(int)).max(axis=2)
    return np.asarray(apart > 60)


def test_only_what_closes_is_marked(shot: Photograph) -> None:
    assert [e.name for e in shot.labels.elements if e.closes] == ["Apply"]


def test_a_dialog_can_be_closed_without_agreeing() -> None:
    closing: set[str] = set()
    for number in range(80):
        screen = windows.plan(3, number)
        assert bool(screen.closes) <= screen.windows[-1].dialog
        closing |= set(screen.closes)
    assert {"Cancel", "OK"} <= closing
    assert not closing & {"Delete", "Save", "Install", "Yes"}


def test_what_another_window_or_a_menu_covers_is_not_asked_for(shot: Photograph) -> None:
    names = {e.name for e in shot.labels.elements}
    assert {"Apply", "City", "Agree", "File", "Open recent", "Gone"} <= names
    assert "Covered" not in names
    texts = [run.text for run in shot.labels.runs]
    (cut,) = [text for text in texts if text.startswith("a line of text")]
    assert 10 < len(cut) < 60
    for run in shot.labels.runs:
        if run.text == cut:
            assert run.box[2] <= 290  # where the other window begins


def test_kinds_and_states_are_told(shot: Photograph) -> None:
    kinds = {name: shot.named(name).kind for name in ("Apply", "City", "Colour", "Agree", "Gone")}
    assert kinds == {
        "Apply": "button", "City": "field", "Colour": "list", "Agree": "check", "Gone": "menu"
    }  # fmt: skip
    assert shot.named("Agree").states == ("unchecked",)
    assert shot.named("Second").states == ("checked",)
    assert shot.named("Street").states == shot.named("Gone").states == ("disabled",)
    assert shot.named("Agree").group == shot.named("Second").group > 0


def test_text_is_drawn_where_it_is_told(shot: Photograph) -> None:
    for run in shot.labels.runs:
        left, top, right, bottom = (round(side) for side in run.box)
        assert _ink(shot.pixels[top:bottom, left:right]).any(), run.text
    run = shot.written("l i l i l i")
    top, bottom, left = round(run.box[1]), round(run.box[3]), round(run.box[0]) - 8
    patch = shot.pixels[top:bottom, left : round(run.box[2]) + 8]
    drawn = np.asarray(_ink(patch).any(axis=0))
    columns = np.flatnonzero(drawn) + left
    assert run.box[0] - 1 <= columns[0] <= run.box[0] + 4
    assert run.box[2] - 4 <= columns[-1] <= run.box[2] + 1
    for character, x in zip(run.text, run.centres, strict=True):
        near = drawn[round(x) - left - 1 : round(x) - left + 2]
        assert near.any() == (character != " ")


def test_a_field_is_named_by_its_label_and_lies_where_it_is_drawn(shot: Photograph) -> None:
    field = shot.named("City")
    assert field.text_box == shot.written("City:").box
    left, top, right, bottom = (round(side) for side in field.box)
    around = shot.pixels[top - 3 : bottom + 3, left - 3 : right + 3]
    edge = np.ptp(around.astype(int), axis=(0, 1)).max()
    inside = np.ptp(
        shot.pixels[top + 6 : bottom - 6, left + 6 : right - 6].astype(int), axis=(0, 1)
    )
    assert edge > 20  # its edge is drawn on its box
    assert inside.max() < 5  # and it is empty


@pytest.mark.parametrize(("name", "state"), [("Agree", "checked"), ("City", "focused")])
def test_a_click_at_the_answer_reaches_the_element(
    stage: Stage, toolkit: Toolkit, name: str, state: str
) -> None:
    lower = Screen(SCREEN.root, LOOK, [LOWER])  # an open menu would take the click
    picture, labels = stage.show(toolkit, lower)
    shot = Photograph(stage, np.asarray(picture), labels)
    shot.click(name)
    assert shot.comes(name, state)


def test_a_click_at_an_entry_of_an_open_menu_closes_it(shot: Photograph) -> None:
    assert shot.comes("Open recent", "showing")
    shot.click("Open recent")
    end = time.monotonic() + SECONDS
    while any(node.name == "Open recent" for node in tree.shown(shot.stage.display.bus)):
        assert time.monotonic() < end


def test_a_program_that_fails_says_why(toolkit: Toolkit) -> None:
    with (
        closing(Stage(Shift((800, 640), 1.0))) as own,
        pytest.raises(ScreenLost, match="_none"),
    ):
        own.show(toolkit, WRONG)


def test_one_number_and_seed_make_one_screen() -> None:
    assert windows.plan(3, 7) == windows.plan(3, 7) != windows.plan(3, 8)
    assert windows.plan(3, 7) != windows.plan(4, 7)


def test_screens_are_made_once_and_learned_from(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "handrail.tasks.data", "--source", "toolkits", "--count", "1",
        "--seed", "5", "--out", str(tmp_path),
    ]  # fmt: skip
    first, again = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in "ab"
    )
    assert first.startswith("1 new screens")
    assert again.startswith("0 new screens")
    (file,) = shots.found(tmp_path)
    assert file == tmp_path / "windows" / "window-5-000000.json"
    lesson = lessons.Lesson(
        lessons.TILE, 2, 0.0, QueryMix(4, 0, 1), shots=1.0, photographs=tmp_path
    )
    assert lessons.batch(lesson, random.Random(1)).images.shape == (2, 448, 640, 3)


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    order = Order(2, 0, 5, tmp_path)
    kept = tmp_path / "window-5-000001.json"
    kept.write_text("{}")
    assert windows.photograph(order, print, ("gtk",)) == 1
    assert kept.read_text() == "{}"


def test_a_screen_that_is_lost_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "plan", lambda _, number: SCREEN if number == 1 else WRONG)
    said: list[str] = []
    assert windows.photograph(Order(2, 0, 5, tmp_path), said.append, ("gtk",)) == 1
    assert [file.stem for file in shots.found(tmp_path)] == ["window-5-000001"]
    assert "window-5-000000 is left out" in said[0]
    with pytest.raises(ScreenLost):
        windows.photograph(Order(9, 2, 5, tmp_path), said.append, ("gtk",))
