"""Exact typing on a real server: every character arrives, and the keyboard is left as it was."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from Xlib.display import Display

from handrail.actuators.actions import Click, Press, Type
from handrail.actuators.desktop import DesktopConfig
from handrail.actuators.geometry import Point
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk

SAMPLES = {
    "tag": "<tag a='b'>&\"\\`~|{}[]</tag>",
    "latin": "àéîõü ß ÿ Ÿ æ ø ł ğ ő",
    "greek and cyrillic": "Ωμέγα Привет",
    "east": "中文 日本語 한국어",
    "right to left": "مرحبا שלום",
    "marks": "नमस्ते e\u0301 Zalgo\u0335",
    "emoji": "😀👩\u200d👩\u200d👧🇪🇺",
    "signs": "€ … — “quoted” \u00a0 ½ ÷ ∀x∈Ø",
    "lines": "one\n\ttwo\n\nthree ",
    "long": "".join(chr(0x4E00 + 7 * i) for i in range(260)),
}


@pytest.fixture
def ready(desk: "Desk", probe: ProbeWindow) -> "Desk":
    desk.do(Click(point=Point(x=300, y=250)))
    return desk


@pytest.fixture
def layout(display: VirtualDisplay) -> Iterator[Callable[..., None]]:
    def choose(*names: str) -> None:
        subprocess.run(["setxkbmap", "-display", display.name, *names], check=True, timeout=30)

    yield choose
    choose("us")


def _keymap(display: VirtualDisplay) -> list[tuple[int, ...]]:
    link = Display(display.name)
    try:
        return [tuple(row) for row in link.get_keyboard_mapping(8, 248)]
    finally:
        link.close()


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_types_exactly_and_restores_the_keyboard(
    ready: "Desk", probe: ProbeWindow, display: VirtualDisplay, text: str
) -> None:
    before = _keymap(display)
    ready.do(Type(text=text))
    assert probe.wait(lambda: len(probe.text) >= len(text))
    assert probe.text == text
    assert _keymap(display) == before


def test_carriage_returns_are_one_line_end(ready: "Desk", probe: ProbeWindow) -> None:
    ready.do(Type(text="a\r\nb\rc"))
    assert probe.wait(lambda: len(probe.text) >= 5)
    assert probe.text == "a\nb\nc"


@pytest.mark.parametrize(
    "names", [("de",), ("fr",), ("ru",), ("us,ru",), ("es", "-variant", "dvorak")]
)
def test_types_exactly_on_other_layouts(
    ready: "Desk", probe: ProbeWindow, layout: Callable[..., None], names: tuple[str, ...]
) -> None:
    layout(*names)
    text = "az YQ @{[]}\\|~^`€<> ñß Привет 中 12"
    ready.do(Type(text=text))
    assert probe.wait(lambda: len(probe.text) >= len(text))
    assert probe.text == text


def test_altgr_is_used_where_the_layout_has_it(
    ready: "Desk", probe: ProbeWindow, layout: Callable[..., None]
) -> None:
    layout("de")
    ready.do(Type(text="@"))
    assert probe.wait(lambda: probe.text == "@")
    assert 0xFE03 in [a.detail for a in probe.arrivals if a.kind == "key"]


def test_caps_lock_changes_nothing_and_stays(
    ready: "Desk", probe: ProbeWindow, display: VirtualDisplay
) -> None:
    ready.do(Press(keys=("capslock",)), Type(text="Ab é"))
    assert probe.wait(lambda: len(probe.text) >= 4)
    assert probe.text == "Ab é"
    link = Display(display.name)
    locked = link.screen().root.query_pointer().mask & 2
    link.close()
    assert locked
    ready.do(Press(keys=("capslock",)))


@pytest.mark.parametrize(
    ("keys", "symbols"),
    [
        (("ctrl", "s"), [0xFFE3, ord("s")]),
        (("Ctrl", "S"), [0xFFE3, ord("s")]),
        (("ctrl", "shift", "end"), [0xFFE3, 0xFFE1, 0xFF57]),
        (("A",), [0xFFE1, ord("A")]),
        (("enter",), [0xFF0D]),
        ((" ",), [0x20]),
        (("ctrl", "é"), [0xFFE3, ord("é")]),
        (("f20",), [0xFFD1]),
        (("num7",), [0xFFB7]),
    ],
)
def test_chords(
    ready: "Desk",
    probe: ProbeWindow,
    display: VirtualDisplay,
    keys: tuple[str, ...],
    symbols: list[int],
) -> None:
    before = _keymap(display)
    ready.do(Press(keys=keys))

    def seen(kind: str) -> list[int]:
        return [a.detail for a in list(probe.arrivals) if a.kind == kind]

    assert probe.wait(lambda: len(seen("keyup")) >= len(symbols))
    assert [s for s in seen("key") if s] == symbols
    assert _keymap(display) == before


def test_displays_are_typed_on_side_by_side(
    open_desk: "Callable[[DesktopConfig], Desk]",
) -> None:
    texts = [f"<é{i}中😀>" * 20 for i in range(2)]
    got: dict[int, str] = {}

    def work(i: int) -> None:
        with VirtualDisplay.start(640, 480) as own, ProbeWindow(own.name) as probe:
            own.wait_for_window(probe.title, 20)
            desk = open_desk(DesktopConfig(virtual=own))
            desk.do(Click(point=Point(x=300, y=250)), Type(text=texts[i]))
            probe.wait(lambda: len(probe.text) >= len(texts[i]))
            got[i] = probe.text
            desk.actuator.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == dict(enumerate(texts))


def test_a_killed_runs_keyboard_is_mended_by_the_next(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]"
) -> None:
    before = _keymap(display)
    code = (
        "import os, sys\n"
        "from handrail.actuators.x11 import X11Link\n"
        "from handrail.actuators.x11_input import X11Input\n"
        "from handrail.actuators.x11_keyboard import X11Keyboard\n"
        "keyboard = X11Keyboard(X11Input(X11Link(sys.argv[1])), lambda seconds: None)\n"
        "def die(): os._exit(9)\n"
        "keyboard.type('é中', die, die)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, display.name], check=False, timeout=60)
    assert done.returncode == 9
    assert _keymap(display) != before
    open_desk(DesktopConfig(virtual=display)).actuator.close()
    assert _keymap(display) == before


def test_an_interrupted_run_gives_the_keys_back(
    ready: "Desk", display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _keymap(display)

    def interrupt(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("handrail.actuators.desktop_strokes.Strokes._undisturbed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ready.do(Type(text="中"))
    assert _keymap(display) == before
