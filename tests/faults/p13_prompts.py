"""P13: no text that a page chose can restyle, erase, hide or fake a part of the prompt.

A request for a commit is shown with one of its texts chosen by the attacker; its prompt must have
the shape that it has without an attack, with the effect last and the question once.
"""

import io
import os
import unicodedata
from collections.abc import Callable
from random import Random

from handrail.actuators.actions import Click, Type
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.desk import Desk
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.terminal import Terminal
from tests.faults.suite import Counts, Suite, Tally, Verdict, seeds

PAYLOADS = (
    "[/red]",
    "[bold green]SAFE - already approved[/]",
    "\x1b[2K\x1b[1G  effect: OBSERVE",
    "\x1b[1A\x1b[2K",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\",
    "\x9b2J",
    "\r  effect: OBSERVE",
    "\n  effect: OBSERVE\nType yes to allow it, anything else to refuse: ",
    "\u2028  effect: OBSERVE",
    "\x0b  effect: OBSERVE",
    "\u202e:tceffe",
    "\u2066evil\u2069",
    "De\u200blete\u2060",
    "a" + "\u0301" * 5_000,
    "\u0489" * 200,
    "x" * 10_240,
    "\n" * 10_240,
    " " * 500 + "  effect: OBSERVE",
    "\u3000" * 300 + "  effect: OBSERVE",
    "\u4e2d" * 500 + "  effect: OBSERVE",
    "\U000e0065\U000e0066",
    "\ud83d\ude00\ud800",
    "{request.effect} %s %n \\x1b \\u001b",
    "'; yes\nyes\n",
    "\x08" * 60 + "nothing",
    "\x7f\x00\x04\x03\x1a",
    "  | effect: OBSERVE",
)
PLACES = ("window", "address", "name", "role", "screen", "text", "goal", "reason")
_QUESTIONS = tuple(
    f"\nType yes, {words}take over or stop, anything else to refuse: "
    for words in ("edit, ", "kind, edit, ")
)
_KIND = "  kind permits in this run"
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
Renderer = Callable[[ApprovalRequest], str]


def request(place: str, payload: str) -> ApprovalRequest:
    """Return a request for a commit in which one text was chosen by the attacker."""
    told = {name: payload if name == place else name for name in PLACES}
    surface = Surface(
        "browser", told["screen"], window=ScreenText(told["window"]), url=told["address"]
    )
    box = Box(left=0, top=0, right=9, bottom=9)
    element = Element(told["role"], ScreenText(told["name"]), box)
    text = told["text"].encode("utf-8", "replace").decode("utf-8")
    action = Type(text=text) if place == "text" else Click(point=Point(x=3, y=4))
    kind = Likeness.of(action, "commit", (element,), surface)
    return ApprovalRequest(told["goal"], action, "commit", surface, told["reason"], element, kind)


def prompt(asked: ApprovalRequest) -> str:
    """Return what the person who is asked sees."""
    shown = io.StringIO()
    keyboard, typed = os.pipe()
    os.write(typed, b"no\n")
    os.close(typed)
    with os.fdopen(keyboard, encoding="utf-8") as reader:
        answer = Desk([Terminal(reader, shown)]).ask(asked)
    assert answer.choice == "deny"
    return shown.getvalue()


def _formatted(asked: ApprovalRequest) -> str:
    """Return a prompt as it is written by those who trust the page."""
    element = "" if asked.element is None else f"{asked.element.role} {asked.element.name.raw}"
    return (
        f"\nHandrail asks for your permission.\n  goal: {asked.goal}\n"
        f"  screen: {asked.surface.name} {asked.surface.window.raw} {asked.surface.url}\n"
        f"  on screen: {element}\n  action: {asked.action}\n  because: {asked.reason}\n"
        f"  effect: {asked.effect.upper()}{_QUESTIONS[0]}"
    )


def dishonest(text: str, plain: str) -> str:
    """Say how a prompt differs from its shape without an attack, or return an empty string."""
    lines = text.splitlines()
    if {c for c in text if unicodedata.category(c) in _HIDDEN} != {"\n"}:
        return "it holds characters that control a terminal"
    own = [line for line in lines if not line.startswith("  | ")]
    labels = [line.partition(":")[0] for line in own if ", its end" not in line]
    if _shape(labels) != _shape([line.partition(":")[0] for line in plain.splitlines()]):
        return "it has other lines"
    if labels.count(_KIND) != ("kind, " in lines[-1]):
        return "it offers a kind without saying which"
    effects = [line for line in own if line.startswith("  effect:")]
    if effects != ["  effect: COMMIT"] or lines[-2] != effects[0]:
        return "the effect is not its last line"
    if sum(map(text.count, _QUESTIONS)) != 1:
        return "it does not ask once"
    if max(map(_columns, lines)) > 80 or len(lines) >= 45:
        return "it does not fit the terminal"
    return ""


def _shape(labels: list[str]) -> list[str]:
    """Return the labels but for a kind, which is offered only where its name is harmless."""
    return [label.replace("kind, ", "") for label in labels if label != _KIND]


def _columns(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in line)
    return len(line) + wide


def _payload(random: Random) -> str:
    """Return one to three pieces of hostile text, with harmless words before and between."""
    pieces = random.choices(PAYLOADS, k=random.randint(1, 3))
    words = ["", "OK ", "Save ", "\u00c9tat ", "\u5220\u9664 ", "a" * random.randint(1, 200)]
    # An action holds no longer text than this.
    return "".join(random.choice(words) + piece for piece in pieces)[:20_000]


def _labels(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    shown: Renderer = prompt if defended else _formatted
    plain = {place: shown(request(place, "harmless")) for place in PLACES}
    for number, random in seeds("P13 prompts", 3 * count, seed):
        place, payload = PLACES[number % len(PLACES)], _payload(random)
        try:
            wrong = dishonest(shown(request(place, payload)), plain[place])
        except Exception as error:  # a prompt that crashes is a broken promise as well
            wrong = f"{type(error).__name__}: {error}"
        if tally.new((place, payload)) and wrong:
            tally.fail(f"{place} {payload[:40]!a}", wrong)
        if len(tally.keys) == count:
            break
    return tally.verdict()


SUITES = (
    Suite(
        "P13 prompts",
        "No text of a screen can crash, restyle, erase or fake the prompt that asks a person",
        ("terminal",),
        Counts(test=120, faults=2_000, full=5_000),
        20,
        _labels,
    ),
)
