"""Typed actions as a browser's mouse and keyboard events."""

import math
from collections.abc import Awaitable, Callable, Iterator

from playwright.async_api import Page

from handrail.actuators.actionability import out_of_bounds, place
from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type
from handrail.actuators.browser_tabs import Tabs
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.keys import Key, checked_text, key
from handrail.actuators.primitives import Primitives, Stopped, never

Gesture = Callable[[Page], Awaitable[None]]
Spot = tuple[float, float]

_DRAG_STEPS = 20
_RUN = 256  # characters that one event inserts
_TYPED = 1000  # longer texts are inserted, a run at a time: a key event for each takes minutes


class Hands:
    """Turn actions into gestures, and remember where the pointer is.

    ``prepare`` checks an action against the screen and sends nothing. A gesture that a dialog
    interrupts lets go of what it holds and leaves out the rest; so does one that is ``stopped``,
    and tells how far it came.
    """

    def __init__(self, tabs: Tabs) -> None:
        self._tabs = tabs
        self._pointer: Spot = (0.0, 0.0)
        self._questions = 0
        self._stopped: Stopped = never

    def spot(self, action: Action, geometry: ScreenGeometry) -> Spot:
        """Return where the target of a click or a drag lies, in CSS pixels of the window."""
        point = place(action)
        return self._pointer if point is None else _spot(point, geometry)

    def prepare(self, action: Action, geometry: ScreenGeometry, stopped: Stopped) -> Gesture:
        """Return the gesture of an action. Raises ActionRefused where it does not fit."""
        self._stopped = stopped
        self._questions = self._tabs.questions_seen
        match action:
            case Move():
                spot = _spot(action.point, geometry)
                return lambda page: self._move(page, spot)
            case Click():
                spot = _spot(action.point, geometry)
                return lambda page: self._click(page, spot, action)
            case Drag():
                start = None if action.start is None else _spot(action.start, geometry)
                end = _spot(action.end, geometry)
                return lambda page: self._drag(page, start or self._pointer, end)
            case Scroll():
                spot = self._pointer if action.point is None else _spot(action.point, geometry)
                turn = (action.dx / geometry.scale, -action.dy / geometry.scale)
                return lambda page: self._scroll(page, spot, turn)
            case Type():
                text = checked_text(action.text)
                return lambda page: self._type(page, text)
            case Press():
                return self._press(tuple(key(name) for name in action.keys))
            case _:
                raise ActionRefused(f"{action.kind} ends a run: there is nothing to do on a screen")

    @property
    def interrupted(self) -> bool:
        """Tell whether a dialog has opened since the last gesture was prepared."""
        return self._tabs.questions_seen != self._questions

    async def _move(self, page: Page, spot: Spot) -> None:
        self._events(1, "moves").next()
        self._pointer = spot
        await page.mouse.move(*spot)

    async def _click(self, page: Page, spot: Spot, action: Click) -> None:
        events = self._events(action.count + 1, "events of the mouse")
        events.next()
        self._pointer = spot
        await page.mouse.move(*spot)
        for number in range(1, action.count + 1):
            if self.interrupted:
                return
            events.next()
            try:
                await page.mouse.down(button=action.button, click_count=number)
            finally:
                await page.mouse.up(button=action.button, click_count=number)

    async def _drag(self, page: Page, start: Spot, end: Spot) -> None:
        events = self._events(_DRAG_STEPS + 2, "events of the mouse")
        events.next()
        self._pointer = start
        await page.mouse.move(*start)
        events.next()
        await page.mouse.down()
        try:
            for step in range(1, _DRAG_STEPS + 1):
                if self.interrupted:
                    break
                events.next()
                part = step / _DRAG_STEPS
                x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
                self._pointer = x, y
                await page.mouse.move(*self._pointer)
        finally:
            await page.mouse.up()

    async def _scroll(self, page: Page, spot: Spot, turn: Spot) -> None:
        events = self._events(2, "events of the mouse")
        events.next()
        self._pointer = spot
        await page.mouse.move(*spot)
        events.next()
        await page.mouse.wheel(*turn)

    async def _type(self, page: Page, text: str) -> None:
        events = self._events(len(text), "characters")
        for piece in _pieces(text, 1 if len(text) <= _TYPED else _RUN):
            if self.interrupted:
                return
            events.next(len(piece))
            if piece in _AS_KEYS:
                await page.keyboard.press(_AS_KEYS[piece])
            elif len(piece) == 1 and piece.isascii():
                await page.keyboard.type(piece)
            else:
                await page.keyboard.insert_text(piece)

    def _events(self, total: int, unit: str) -> Primitives:
        return Primitives(self._stopped, total, unit)

    def _press(self, keys: tuple[Key, ...]) -> Gesture:
        names = tuple(one.name for one in keys)
        if names in _TAB_CHORDS:
            if _TAB_CHORDS[names] == 0 and self._tabs.count == 1:
                raise ActionRefused("the last tab stays open: end the run instead")
            return lambda page: self._tab_chord(page, names)
        if names in _PAGE_CHORDS:
            return _PAGE_CHORDS[names]
        absent = [one.name for one in keys if not one.playwright]
        if absent:
            raise ActionRefused(f"a browser has no key {absent[0]}")
        if len(keys) == 1 and len(names[0]) == 1 and not names[0].isascii():
            return lambda page: page.keyboard.insert_text(checked_text(names[0]))
        strange = [name for name in names if len(name) == 1 and not name.isascii()]
        if strange:
            raise ActionRefused(f"{strange[0]!a} is on no key of a US keyboard: type it instead")
        return lambda page: self._chord(page, tuple(one.playwright for one in keys))

    async def _chord(self, page: Page, names: tuple[str, ...]) -> None:
        events = self._events(len(names), "keys")
        held: list[str] = []
        try:
            for name in names:
                if self.interrupted:
                    break
                events.next()
                held.append(name)
                await page.keyboard.down(name)
        finally:
            for name in reversed(held):
                await page.keyboard.up(name)

    async def _tab_chord(self, page: Page, names: tuple[str, ...]) -> None:
        """Do what the browser's own window would: its shortcuts never reach a page."""
        step = _TAB_CHORDS[names]
        if step:
            await self._tabs.turn(step).bring_to_front()
        else:
            await page.close(run_before_unload=True)


async def _reload(page: Page) -> None:
    await page.reload(wait_until="commit")


async def _back(page: Page) -> None:
    await page.go_back(wait_until="commit")


async def _forward(page: Page) -> None:
    await page.go_forward(wait_until="commit")


_AS_KEYS = {"\n": "Enter", "\t": "Tab"}
_TAB_CHORDS = {
    ("ctrl", "w"): 0,
    ("ctrl", "f4"): 0,
    ("ctrl", "tab"): 1,
    ("ctrl", "pagedown"): 1,
    ("ctrl", "shift", "tab"): -1,
    ("ctrl", "pageup"): -1,
}
_PAGE_CHORDS: dict[tuple[str, ...], Gesture] = {
    ("f5",): _reload,
    ("ctrl", "r"): _reload,
    ("browserrefresh",): _reload,
    ("alt", "left"): _back,
    ("browserback",): _back,
    ("alt", "right"): _forward,
    ("browserforward",): _forward,
}


def _pieces(text: str, most: int) -> Iterator[str]:
    """Cut a text into newlines, tabs, ASCII of at most so many characters, and other runs."""
    run = ""
    for character in text:
        joins = run and run not in _AS_KEYS and run.isascii() == character.isascii()
        full = len(run) >= (most if run.isascii() else _RUN)
        if run and (not joins or character in _AS_KEYS or full):
            yield run
            run = ""
        run += character
    if run:
        yield run


def _spot(point: Point, geometry: ScreenGeometry) -> Spot:
    try:
        x, y = geometry.to_input(point)
    except ValueError as error:
        raise out_of_bounds(f"the point {error}") from error
    # Chromium floors some of an event's coordinates and rounds others: give it whole CSS pixels.
    return math.floor(x), math.floor(y)
