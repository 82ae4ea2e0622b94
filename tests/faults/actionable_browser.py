"""Trials on pages in a real Chromium; each page keeps a log of the input that it hears."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from handrail.actuators.actions import Action, Click, Type
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.errors import Obstacle
from handrail.actuators.geometry import Point
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.browser_setting import chosen_browser
from tests.faults.actionable import Trial, nothing

_WIDTH, _HEIGHT = 640, 480
_WORDS = ("Send", "Pay", "Delete", "Continue", "Sign in", "Next", "Search", "Save draft")
_LOG = """
  window.log = [];
  for (const name of ['pointerdown', 'mousedown', 'click', 'keydown', 'beforeinput', 'input'])
    addEventListener(name, event => log.push(event.type), true);
"""
_KINDS = (
    '<button id=target style="{style}" {more}>{word}</button>',
    '<a id=target href="#there" style="display:block;background:#def;{style}" {more}>{word}</a>',
    '<div id=target role=button tabindex=0 style="background:#eee;{style}" {more}>{word}</div>',
    '<input id=target type=button value="{word}" style="{style}" {more}>',
)


@dataclass(frozen=True)
class _Page:
    """The body of a page, where to aim, and what happens to it late (a script, or a size)."""

    body: str
    point: Point | None
    late: str = ""
    shrinks: bool = False


class BrowserGround:
    """Opens a page for each trial, in one browser."""

    def __init__(self, browser: Browser, office: PermitOffice) -> None:
        self._browser, self._office = browser, office

    def trial(self, obstacle: Obstacle, fit: bool, random: Random) -> Trial:
        """Set a page up."""
        page = _page(obstacle, fit, random)
        self._call(self._front.set_viewport_size({"width": _WIDTH, "height": _HEIGHT}))
        html = f"<title>Trial</title><body style='margin:0'>{page.body}<script>{_LOG}</script>"
        self._browser.goto(f"data:text/html,{quote(html)}")
        action: Action = Type(text=random.choice(("Ada", "two words", "1 2 3\n")))
        if page.point is not None:
            action = Click(point=page.point, count=random.choice((1, 1, 2)))
        else:
            focus = (
                "(document.querySelector('[data-focus]') || document.createElement('a')).focus()"
            )
            self.ask(focus)

        def late() -> None:
            if page.late:
                self.ask(page.late)
            if page.shrinks:
                self._call(self._front.set_viewport_size({"width": 200, "height": 150}))

        def landed() -> list[str]:
            found = self.ask("log")
            assert isinstance(found, list)
            return [str(one) for one in found]

        happens = late if page.late or page.shrinks else nothing
        return Trial(f"{page} {action!r}", self._browser, self._office, action, landed, happens)

    def ask(self, code: str) -> object:
        """Return what a script finds on the page."""
        return self._call(self._front.evaluate(code))

    @property
    def _front(self) -> Any:
        return self._browser._running.tabs.front

    def _call(self, work: Any) -> object:
        return self._browser._thread.call(work, 30)


@contextmanager
def browser_ground() -> Iterator[BrowserGround]:
    """Lend a ground with a browser of its own."""
    program = chosen_browser(None, os.environ)
    config = BrowserConfig(executable=program, width=_WIDTH, height=_HEIGHT)
    office = PermitOffice()
    with Browser.open(config, office) as browser:
        yield BrowserGround(browser, office)


def _page(obstacle: Obstacle, fit: bool, random: Random) -> _Page:
    left, top = random.randrange(220, 420), random.randrange(160, 380)
    width, height = random.randrange(80, 160), random.randrange(26, 60)
    spot = f"position:absolute;left:{left}px;top:{top}px;width:{width}px;height:{height}px;"
    spot += "box-sizing:border-box;"
    point = Point(x=left + random.randrange(4, width - 4), y=top + random.randrange(4, height - 4))
    word, kind = random.choice(_WORDS), random.choice(_KINDS)
    head = f"<h1>{random.choice(_WORDS)}</h1><p>Order {random.randrange(10_000)}</p>"
    plain = kind.format(style=spot, more="", word=word)
    if obstacle == "not_editable":
        return _Page(head + _focus(fit, word, random), None)
    if obstacle == "ambiguous":
        seam = left + width + (0 if not fit else 20)
        beside = f'<button style="{spot}left:{seam}px">{random.choice(_WORDS)} 2</button>'
        aim = Point(x=left + width - random.choice((1, 0)), y=point.y)
        return _Page(head + plain + beside, point if fit else aim)
    if fit:
        return _Page(head + plain, point)
    if obstacle == "moving":
        return _Page(head + plain, point, late=random.choice(_MOVES))
    if obstacle == "out_of_bounds":
        return _Page(head + plain, point, shrinks=True)
    if obstacle == "invisible":
        return _Page(head + _unseen(spot, word, kind, random), point)
    if obstacle == "disabled":
        return _Page(head + _disabled(spot, word, random), point)
    return _Page(head + _covered(plain, spot, word, kind, random), point)


_MOVES = (
    "void target.animate([{left: '0px'}, {left: '600px'}], {duration: 4000})",
    "void target.animate([{transform: 'none'}, {transform: 'translateY(-300px)'}], 3000)",
    "let n = 0; (function go() { target.style.marginLeft = ++n + 'px';"
    " requestAnimationFrame(go) })()",
    "setInterval(() => { target.style.width = (parseInt(target.style.width) + 2) + 'px' }, 4)",
    "let m = 0; setInterval(() => { target.style.marginTop = -(++m) + 'px' }, 8)",
)


def _unseen(spot: str, word: str, kind: str, random: Random) -> str:
    """Return a control that takes input though nothing of it shows."""
    faded = kind.format(style=spot + f"opacity:{random.choice(('0', '0.01'))};", more="", word=word)
    return random.choice((
        faded,
        f"<div style='opacity:0'>{kind.format(style=spot, more='', word=word)}</div>",
        f"<button id=target style='{spot}background:none;border:none'></button>",
        f"<a id=target href='#there' aria-label='{word}' style='display:block;{spot}'></a>",
    ))  # fmt: skip


def _disabled(spot: str, word: str, random: Random) -> str:
    return random.choice((
        f"<button id=target disabled style='{spot}'>{word}</button>",
        f"<fieldset disabled><button id=target style='{spot}'>{word}</button></fieldset>",
        f"<button id=target aria-disabled=true style='{spot}'>{word}</button>",
        f"<div aria-disabled=true><div role=button tabindex=0 style='{spot}'>{word}</div></div>",
        f"<input id=target disabled value='{word}' style='{spot}'>",
        f"<select id=target disabled style='{spot}'><option>{word}</select>",
        f"<label style='{spot}background:#eee'><input type=checkbox disabled>{word}</label>",
    ))  # fmt: skip


def _covered(plain: str, spot: str, word: str, kind: str, random: Random) -> str:
    """Return a control, and something that is not seen and takes its input."""
    over = "position:fixed;inset:0;z-index:9;"
    alone = kind.format(style=spot + "pointer-events:none;", more="", word=word)
    return random.choice((
        f"{plain}<div style='{over}'></div>",
        f"{plain}<div style='{over}background:#fff;opacity:0'></div>",
        f"{plain}<div style='{over}background:rgba(0,0,0,0.01)'></div>",
        f"{plain}<a href='#trap' style='{over}'></a>",
        f"{plain}<iframe srcdoc='<button>trap</button>' style='{over}width:100%;height:100%;"
        "opacity:0;border:none'></iframe>",
        f"<div inert>{plain}</div>",
        alone,
    ))  # fmt: skip


def _focus(fit: bool, word: str, random: Random) -> str:
    """Return what has the keyboard, and takes text only where it is fit."""
    if fit:
        return random.choice((
            f"<input data-focus value='{word}'>",
            f"<textarea data-focus>{word}</textarea>",
            f"<div data-focus contenteditable>{word}</div>",
        ))  # fmt: skip
    return random.choice((
        f"<input data-focus readonly value='{word}'>",
        f"<textarea data-focus readonly>{word}</textarea>",
        f"<button data-focus>{word}</button>",
        f"<a data-focus href='#there'>{word}</a>",
        f"<input data-focus type=checkbox aria-label='{word}'>",
        f"<div data-focus tabindex=0>{word}</div>",
        f"<input value='{word}'>",
    ))  # fmt: skip
