"""The clipboard of a real display: what is read of it, and what is put there lives on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from Xlib import X
from Xlib.protocol import event

from handrail.actuators import x11_clipboard
from handrail.actuators.clipboard_part import ClipboardPart
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_clipboard import LONGEST, Clip, X11Clipboard
from handrail.actuators.xvfb import VirtualDisplay


@contextmanager
def copied(display: str, data: bytes | None, kind: str, silent: bool = False) -> Iterator[None]:
    """Let a program hold the clipboard that answers so: None, it has no such kind."""
    link = X11Link(display)
    window = link.display.screen().root.create_window(-1, -1, 1, 1, 0, 0, window_class=X.InputOnly)
    window.set_selection_owner(link.display.intern_atom("CLIPBOARD"), X.CurrentTime)
    link.display.sync()
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            for seen in link.events(0.02):
                if seen.type != X.SelectionRequest or silent:
                    continue
                place = X.NONE if data is None else seen.property
                if data is not None:
                    atom = link.display.intern_atom(kind)
                    seen.requestor.change_property(place, atom, 8, data)
                told = event.SelectionNotify(
                    time=seen.time,
                    requestor=seen.requestor,
                    selection=seen.selection,
                    target=seen.target,
                    property=place,
                )
                seen.requestor.send_event(told)
                link.display.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        link.close()


@pytest.fixture
def clipboard(display: VirtualDisplay) -> Iterator[X11Clipboard]:
    opened = X11Clipboard(display.name)
    yield opened
    opened.put(None)
    opened.close()


@pytest.mark.parametrize("text", ["", "Dear Ada,\n", "żółć 中 🙂", "x" * LONGEST])
def test_a_text_outlives_whoever_put_it(display: VirtualDisplay, text: str) -> None:
    first = X11Clipboard(display.name)
    first.put(text)
    first.close()
    first.close()
    second = X11Clipboard(display.name)
    assert second.read() == Clip(text=text)
    second.put("another")
    assert second.read() == Clip(text="another")
    second.put(None)
    assert second.read() == Clip()
    second.close()


def test_the_part_puts_back_texts_alone(clipboard: X11Clipboard) -> None:
    part = ClipboardPart(clipboard)
    assert part.read(()) == {}
    part.write({"clipboard": '{"text": "mine", "other": ""}'})
    assert clipboard.read().text == "mine"
    there = part.read(())["clipboard"]
    assert part.writable("clipboard", there)
    assert part.writable("clipboard", None)
    assert not part.writable("clipboard", '{"text": null, "other": "no text"}')
    part.write({"clipboard": None})
    assert part.read(()) == {}


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        (None, "", "no text"),
        (b"\xff\xfe", "UTF8_STRING", "a text that is not UTF-8"),
        (b"x" * (LONGEST + 1), "UTF8_STRING", "a text that is too long to be kept"),
        (b"\0\0\0\1", "INCR", "a text that is too long to be kept"),
    ],
)
def test_what_is_no_text_is_told(
    display: VirtualDisplay, clipboard: X11Clipboard, data: bytes | None, kind: str, told: str
) -> None:
    with copied(display.name, data, kind):
        assert clipboard.read() == Clip(other=told)


def test_one_that_does_not_answer_is_told(
    display: VirtualDisplay,
    clipboard: X11Clipboard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(x11_clipboard, "_ANSWER_SECONDS", 0.1)
    with copied(display.name, None, "", silent=True):
        assert "does not answer" in clipboard.read().other


def test_a_display_that_is_not_there_is_refused() -> None:
    with pytest.raises(EnvironmentMissing):
        X11Clipboard(":4799")
