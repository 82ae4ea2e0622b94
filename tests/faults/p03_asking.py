"""P3: what cannot be undone, or is not known, always asks.

Actions are labelled by how they are made, not by the code under test: irreversible (a button or a
link that deletes, sends, pays or signs out; keys that send or close), unknown (a click on nothing,
on a role nobody knows or that a program on the user's desktop gives itself, a drag across things,
typing into what cannot be told) or harmless. With nobody there to say yes, nothing irreversible or
unknown may happen. How often a harmless task asks is counted as well: who is asked for everything
stops reading.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Literal

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Link, Widget
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import EffectClass, Policy, Rule, profile
from tests.faults.stage import Around, Door, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

Label = Literal["irreversible", "unknown", "harmless"]
_DESKTOP = Surface("desktop", ":0")
_GRAVE: tuple[EffectClass, ...] = ("commit", "destroy", "system", "unknown")
# What a roll-out that asks for what is grave would say; unknown effects are asked about as well.
ASKING = Policy(
    profile="unattended", rules=(Rule(decision="ask", effects=_GRAVE),), known=EVERYTHING
)
_WORDS = (
    "Delete", "Delete account", "Remove all", "Send", "Pay now", "Buy", "Submit", "Publish",
    "Confirm order", "Log out", "Sign out", "Löschen", "Senden", "Kaufen", "Supprimer", "Envoyer",
    "Eliminar", "Enviar", "Удалить", "删除", "Erase disk", "Reset", "Uninstall", "Transfer",
    "Empty trash", "Discard", "DELETE", "dElEtE", "De\u200blete",
    "\uff24\uff25\uff2c\uff25\uff34\uff25",
)  # fmt: skip
_LINKS = ("mailto:a@b.test", "javascript:pay()", "tel:+123", "data:text/html,x", "steam://run/1")
_CHORDS = (("ctrl", "w"), ("alt", "f4"), ("delete",), ("ctrl", "enter"), ("enter",), ("win", "l"))


class _Strange(Around):
    """A surface that knows its elements by roles that nobody has heard of, or not at all.

    On a ``desktop`` it is the user's own, and its elements are what their program calls them.
    """

    def __init__(self, screen: FakeScreen, role: str | None, desktop: bool) -> None:
        super().__init__(screen)
        self.role, self.desktop = role, desktop

    def observe(self) -> Observation:
        """Look at the screen, which may be a desktop's."""
        seen = super().observe()
        surface = replace(_DESKTOP, window=seen.surface.window)
        return replace(seen, surface=surface) if self.desktop else seen

    def hit_test(self, point: Point) -> Element | None:
        """Name the element strangely, or not."""
        found = super().hit_test(point)
        if self.desktop and found is not None:
            return replace(found, window=self.observe().surface.window)
        if self.role is None or found is None:
            return found
        return replace(found, role=self.role, editable=False) if self.role else None

    def focused(self) -> Element | None:
        """Name what has the keyboard likewise."""
        found = super().focused()
        return None if self.role is not None else found


@dataclass
class _Case:
    """An action on a screen, with its label; ``role`` replaces what the surface says of roles.

    ``desktop``: on the user's own desktop, where a program says what lies in its window.
    """

    label: Label
    widgets: list[Widget]
    action: Action
    role: str | None = None
    focus: int | None = None
    desktop: bool = False


def _place(random: Random, wide: int = 70) -> tuple[int, int, int]:
    return random.randrange(0, 80), random.randrange(0, 90), wide


def _irreversible(random: Random) -> _Case:
    word = random.choice(_WORDS)
    place = box(*_place(random))
    match random.randrange(5):
        case 0:
            widget: Widget = Button(word, place, submits=random.random() < 0.5)
        case 1:
            widget = Link(word, place, href=f"https://a.test/{random.randrange(999)}")
        case 2:
            widget = Link("More", place, href=random.choice(_LINKS) + str(random.randrange(99)))
        case 3:
            widget = Button(f"Continue {random.randrange(99)}", place, submits=True)
        case _:
            field = Field("Name", place, text=str(random.randrange(999)))
            send = Button("Go", box(0, 0, 20, 10), submits=True)
            keys = random.choice(_CHORDS[3:5])
            chosen: Action = random.choice((Press(keys=keys), Type(text="x\n")))
            return _Case("irreversible", [send, field], chosen, focus=1)
    if random.random() < 0.2:
        chosen = Press(keys=random.choice((("enter",), ("space",), ("ctrl", "w"), ("alt", "f4"))))
        return _Case("irreversible", [widget], chosen, focus=0)
    count = random.choice((1, 1, 1, 2, 3))
    return _Case("irreversible", [widget], Click(point=place.center, count=count))


def _unknown(random: Random) -> _Case:
    field = Field("Name", box(10, 10, 60))
    match random.randrange(5):
        case 4:
            place = box(*_place(random))
            name = random.choice(("Remember me", "Name", "Later", "")) + str(random.randrange(99))
            made = random.choice((Checkbox, Field))(name, place)
            count = random.choice((1, 1, 2))
            return _Case("unknown", [made], Click(point=place.center, count=count), desktop=True)
        case 0:
            point = Point(x=random.randrange(90, 160), y=random.randrange(60, 120))
            return _Case("unknown", [field], Click(point=point))
        case 1:
            place = box(*_place(random))
            role = random.choice(("", "canvas", "treeitem", "generic", "img", "x" * 9, "iframe"))
            count = random.choice((1, 2))
            widget = random.choice((Button, Checkbox))(f"OK {random.randrange(99)}", place)
            return _Case("unknown", [widget], Click(point=place.center, count=count), role)
        case 2:
            end = Point(x=random.randrange(100, 160), y=random.randrange(60, 120))
            start = random.choice((None, Point(x=random.randrange(11, 69), y=20)))
            return _Case("unknown", [field], Drag(start=start, end=end))
        case _:
            text = random.choice(("a b", "x\n", "\t", "y \n")) + str(random.randrange(99))
            return _Case("unknown", [field], Type(text=text), role="", focus=0)


def _harmless(random: Random) -> _Case:
    place = box(*_place(random))
    point = Point(
        x=random.randrange(place.left + 1, place.right - 1),
        y=random.randrange(place.top + 1, place.bottom - 1),
    )
    field = Field("Name", place, text=str(random.randrange(99)))
    tick: Widget = Checkbox("Remember me", place)
    link: Widget = Link("Help", place, href=f"https://a.test/help/{random.randrange(999)}")
    cases: list[Callable[[], _Case]] = [
        lambda: _Case("harmless", [field], Click(point=point)),
        lambda: _Case("harmless", [tick], Click(point=point)),
        lambda: _Case("harmless", [link], Click(point=point)),
        lambda: _Case("harmless", [field], Type(text=f"Ada {random.randrange(999)}"), focus=0),
        lambda: _Case("harmless", [field], Press(keys=("backspace",)), focus=0),
        lambda: _Case("harmless", [field], Scroll(point=point, dy=-random.randrange(1, 99))),
        lambda: _Case("harmless", [field], Move(point=point)),
        lambda: _Case("harmless", [field], Wait(seconds=random.randrange(60))),
    ]
    return random.choice(cases)()


def _submitted(path: Path, case: _Case, policy: Policy) -> tuple[Door, int, str]:
    """Submit a case with nobody to approve; return the door, the questions and the outcome."""
    approver = ScriptedApprover()
    door = Door(
        path,
        case.widgets,
        policy,
        approver=approver,
        wrap=lambda screen: _Strange(screen, case.role, case.desktop),
    )
    if case.focus is not None:
        door.screen.focus = case.widgets[case.focus]
    outcome = door.gate.submit(case.action, door.actuator.observe(), "goal")
    door.journal.close()
    path.unlink()
    return door, len(approver.requests), f"{outcome.kind} {outcome.effect}"


def _asked(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    counts = {"irreversible": 0, "unknown": 0, "harmless": 0}
    every = Rule(decision="allow", effects=_GRAVE, owned_display=None, window="Fake screen")
    policies = (ASKING, profile("ask"), profile("unattended"))
    with scratch() as folder:
        for number, random in seeds("P3", 4 * count, seed):
            make = (_irreversible, _unknown, _harmless, _harmless)[number % 4]
            case = make(random)
            policy = policies[number // 4 % 3]
            if not defended:
                policy = Policy(profile="unattended", rules=(every,))
            door, questions, outcome = _submitted(folder / "journal.jsonl", case, policy)
            if not tally.new((repr(case), repr(policy))):
                continue
            counts[case.label] += 1
            if case.label != "harmless" and door.screen.performed:
                tally.fail(f"{case.label} {case.action!r} {case.widgets[0]!r}", outcome)
            if case.label != "harmless" and policy is ASKING and not questions:
                tally.fail(f"{case.label} {case.action!r}", f"nobody was asked: {outcome}")
            if len(tally.keys) == count:
                break
    tally.notes.append(", ".join(f"{n:,} {label}" for label, n in counts.items()))
    return tally.verdict()


def _task(random: Random) -> tuple[list[Widget], list[Action]]:
    """Return a form and what fills it in: some fields, a tick, and one press of its button."""
    fields = [Field(f"Field {n}", box(5, 5 + 22 * n, 90, 20)) for n in range(random.randint(1, 3))]
    tick, send = Checkbox("Later", box(100, 5, 50, 20)), Button("Save", box(100, 40, 50, 20))
    send.submits = random.random() < 0.8
    actions: list[Action] = []
    for field in fields:
        actions += [Click(point=field.box.center), Type(text=f"Ada {random.randrange(99_999)}")]
    if random.random() < 0.6:
        actions.append(Click(point=tick.box.center))
    if random.random() < 0.3:
        actions.append(Scroll(dy=-random.randrange(1, 100)))
    if random.random() < 0.9:
        actions.append(Click(point=send.box.center))
    return [*fields, tick, send], actions


def _prompts(count: int, seed: int, defended: bool) -> Verdict:
    """Count questions a task; a task is broken that asks more than once."""
    tally = Tally()
    asked: list[int] = []
    everything: tuple[EffectClass, ...] = ("observe", "navigate", "edit", *_GRAVE)
    policy = ASKING if defended else Policy(rules=(Rule(decision="ask", effects=everything),))
    with scratch() as folder:
        for number, random in seeds("P3 prompts", 3 * count, seed):
            widgets, actions = _task(random)
            if not tally.new(str(actions)):
                continue
            approver = ScriptedApprover([True] * 99)
            path = folder / f"{number}.jsonl"
            door = Door(path, widgets, policy, approver=approver)
            for action in actions:
                door.gate.submit(action, door.screen.observe(), "fill in the form")
            door.journal.close()
            asked.append(len(approver.requests))
            if door.screen.performed != actions:
                tally.fail(number, "the task was not carried out")
            if asked[-1] > 1:
                tally.fail(number, f"{asked[-1]} questions for {len(actions)} actions")
            if len(tally.keys) == count:
                break
    tally.notes.append(f"median {statistics.median(asked):g} questions a task, most {max(asked)}")
    return tally.verdict()


SUITES = (
    Suite(
        "P3 asking",
        "What cannot be undone or is not known never happens unasked",
        ("fake",),
        Counts(test=160, faults=1_200, full=1_200),
        20,
        _asked,
    ),
    Suite(
        "P3 prompts",
        "A harmless form asks once, before it is sent",
        ("fake",),
        Counts(test=20, faults=60, full=60),
        10,
        _prompts,
    ),
)
