"""P5 in the browser: acts only on the page it looked at.

Between the decision and the act the page moves on: something covers the target, the keyboard goes
elsewhere, or the target is swapped for a twin that no pixel tells from it. A clock, a caret, an
advertisement elsewhere or a new fragment must stop nothing. What the recheck costs is timed apart.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import ImageOps

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.observation import Observation
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy, Rule
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import AroundWeb, Web, WebDoor, web

_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)
_PAGE = """<!doctype html><title>form</title><style>
 body {{ margin: 0; font: 14px sans-serif; }} form > * {{ position: absolute; left: {left}px; }}
 #name {{ top: {top}px; }} #send {{ top: {mid}px; }} #later {{ top: {low}px; }}
 #city {{ top: {deep}px; }} #help {{ top: {mid}px; left: {right}px; }}
 #clock {{ position: absolute; right: 4px; top: 4px; }}
</style><form id=form action="/take" method=post onsubmit="return false">
<input id=name aria-label=Name value="{name}"><button id=send type=button>{send}</button>
<input id=later type=checkbox aria-label=Later><a id=help href="#a{number}">Help</a>
<input id=city aria-label=City></form><p id=clock>12:00</p><script>
 let effects = 0;
 for (const kind of ['click', 'beforeinput', 'keydown'])
   addEventListener(kind, event => {{ if (event.isTrusted) effects++; }}, true);
 document.getElementById("{focus}").focus();
</script>"""
_TARGETS = ("#name", "#send", "#later", "#help", "#city")

# Each takes the target's selector, and a number that makes it distinct.
_OVERLAY = """([at, n]) => {
  const box = document.querySelector(at).getBoundingClientRect();
  const lid = document.createElement(n % 3 ? 'div' : 'button');
  lid.textContent = n % 2 ? `Allow ${n}` : '';
  const place = n % 4 ? [box.x - n % 9, box.y - n % 7, box.width + 20, box.height + 14]
    : [0, 0, innerWidth, innerHeight];
  lid.style.cssText = `position:fixed;left:${place[0]}px;top:${place[1]}px;width:${place[2]}px;` +
    `height:${place[3]}px;z-index:9;background:${n % 5 ? '#fff' : 'transparent'};border:0`;
  document.body.append(lid);
}"""
_ELSEWHERE = """([at, n]) => {
  const others = [...document.querySelectorAll('input, button, a')]
    .filter(one => one !== document.activeElement);
  if (n % 6) others[n % others.length].focus(); else document.activeElement.blur();
}"""
_TWIN = """([at, n]) => {
  const old = document.querySelector(at), twin = old.cloneNode(true);
  if (n % 4 === 0) twin.addEventListener('click', () => { document.title = `taken ${n}`; });
  else if (old.localName === 'a') twin.href = `https://evil.test/${n}`;
  else if (old.localName === 'button') {
    twin.type = 'submit'; document.getElementById('form').action = `/other${n}`;
  } else twin.setAttribute('aria-label', `Password ${n}`);
  old.replaceWith(twin);
}"""
_BENIGN = (
    "([at, n]) => { document.getElementById('clock').textContent = `${10 + n % 12}:${n % 60}`; }",
    "([at, n]) => { document.body.style.caretColor = n % 2 ? 'transparent' : 'red'; }",
    """([at, n]) => {
      const ad = document.createElement('div');
      ad.textContent = `Buy ${n}`;
      ad.style.cssText = 'position:fixed;right:0;bottom:0;width:90px;height:60px;background:#fc6';
      document.body.append(ad);
    }""",
    "([at, n]) => { history.replaceState(null, '', `#part-${n}`); }",
)


_RACES = (("overlay", _OVERLAY), ("focus", _ELSEWHERE), ("twin", _TWIN))
_FALSE_STOPS = 0.02


class _Racing(AroundWeb):
    """Changes the page when it is looked at for the second time, and times what comes after that.

    ``recheck``: seconds from that look to the permit.
    """

    def __init__(self, inner: Actuator, blind: bool, change: Callable[[], None]) -> None:
        super().__init__(inner, blind)
        self.change = change
        self.looks = 0
        self.began = 0.0
        self.recheck: float | None = None

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act; the permit ends the recheck."""
        self.recheck = time.perf_counter() - self.began
        return super().perform(action, permit)

    def observe(self) -> Observation:
        """Look, after the change if it is the second look."""
        self.looks += 1
        if self.looks == 2:
            self.change()
            self.began = time.perf_counter()
        return super().observe()


class _Strict(_Racing):
    """Makes every change count everywhere, as a comparison of whole frames would."""

    def observe(self) -> Observation:
        """Look; where anything is new, nothing looks as before."""
        before = self._first
        seen = super().observe()
        if before is None or before.fingerprint == seen.fingerprint:
            return seen
        object.__setattr__(seen, "image", ImageOps.invert(seen.image))
        seen.__dict__.pop("fingerprint", None)
        return seen


def _page(random: Random) -> str:
    left, top = random.randrange(4, 60), random.randrange(4, 40)
    return _PAGE.format(
        left=left, top=top, mid=top + 40, low=top + 80, deep=top + 120, right=left + 150,
        name=random.choice(("", "Ada", "Zoë K")), send=random.choice(("Send", "Save", "Go")),
        number=random.randrange(99), focus=random.choice(("name", "city")),
    )  # fmt: skip


def _keyed(random: Random) -> Action:
    return random.choice((Type(text=f"x{random.randrange(999)}"), Press(keys=("backspace",))))


@dataclass(frozen=True)
class _Played:
    """What became of one race."""

    key: tuple[str, str, int, str]
    outcome: str
    effects: int
    recheck: float | None


def _play(stage: Web, path: Path, random: Random, code: str, between: type[_Racing]) -> _Played:
    """Submit an action on a page of its own that changes meanwhile; ``between`` is the defence."""
    html, number, at = _page(random), random.randrange(10_000), random.choice(_TARGETS)
    stage.show(html)
    keyed = code is _ELSEWHERE or (code in _BENIGN and random.random() < 0.4)
    action = _keyed(random) if keyed else Click(point=stage.at(at))
    racing = between(stage.browser, between is _Blind, lambda: stage.peek(code, [at, number]))
    door = WebDoor(path, stage, _ALLOWED, racing)
    outcome = door.gate.submit(action, racing.observe(), "goal")
    door.close()
    effects = stage.number("() => effects")
    told = f"{outcome.kind}: {outcome.reason}"
    return _Played(
        (html, code, number, at if not keyed else repr(action)), told, effects, racing.recheck
    )


class _Blind(_Racing):
    """Shows its first look for ever: a recheck then sees no change."""


def _races(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    between = _Racing if defended else _Blind
    with scratch() as folder, web() as stage:
        for number, random in seeds("P5 web races", 2 * count, seed):
            name, code = _RACES[number % len(_RACES)]
            played = _play(stage, folder / "journal.jsonl", random, code, between)
            if tally.new(played.key) and played.effects:
                tally.fail(f"{number} {name} {played.key[3]} {played.key[2]}", played.outcome)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _benign(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    times = []
    with scratch() as folder, web() as stage:
        for number, random in seeds("P5 web benign", 2 * count, seed):
            code = _BENIGN[number % len(_BENIGN)]
            between = _Racing if defended else _Strict
            played = _play(stage, folder / "journal.jsonl", random, code, between)
            if played.recheck is not None:
                times.append(played.recheck)
            if tally.new(played.key) and not played.effects:
                tally.fail(f"{number} {played.key[3]}", played.outcome)
            if len(tally.keys) == count:
                break
    if times:
        tally.notes.append(f"recheck: median {1000 * statistics.median(times):.0f} ms")
    stopped = len(tally.failures)
    tally.notes.append(f"stopped for nothing: {stopped}, at most {_FALSE_STOPS:.0%} may be")
    if stopped <= _FALSE_STOPS * len(tally.keys):
        tally.failures = []
    return tally.verdict()


SUITES = (
    Suite(
        "P5 web races",
        "Nothing is done on a page where a target was covered, swapped or lost the keyboard",
        ("browser",),
        Counts(test=3, faults=12, full=600, undefended=6),
        30,
        _races,
    ),
    Suite(
        "P5 web harmless changes",
        "A clock, a caret, an advertisement or a new fragment stops nothing on a page",
        ("browser",),
        Counts(test=3, faults=12, full=300, undefended=8),
        30,
        _benign,
    ),
)
