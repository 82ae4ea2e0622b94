"""P13: what you approve is what runs.

The approver says yes, and in that moment something changes: the action on its way to the screen,
what lies under its point, the screen, the policy, the time, or how often the permit is shown.
Nothing but the approved action may then happen, on the screen that was approved, once.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Drag, Press, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import PermitRefused
from handrail.actuators.fake import Button, Caption, Checkbox, FakeScreen, Field, Link, Panel
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import ScreenText
from handrail.sandbox.approval import ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.permit import Permit as IssuedPermit
from handrail.sandbox.permit import PermitOffice, Terms
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.rulebook import Rulebook
from tests.faults.stage import Around, Door, OpenOffice, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

# What is asked about, until a window of that title is in front: then all of it is denied.
_POLICY = Policy(
    profile="ask",
    rules=(
        Rule(
            decision="deny",
            effects=("navigate", "edit", "commit", "destroy", "system", "unknown"),
            window="Locked*",
        ),
    ),
)


class _Meanwhile(Around):
    """A screen whose way to it can be bent: another action, a delay, a permit shown again."""

    def __init__(self, screen: FakeScreen, blind: bool) -> None:
        super().__init__(screen, blind)
        self.altered: Action | None = None
        self.late: Callable[[], None] | None = None
        self.kept: IssuedPermit | None = None
        self.times = 1

    def perform(self, action: Action, permit: Permit) -> Receipt:
        if self.late is not None:
            self.late()
        receipt = self.screen.perform(self.altered or action, self.kept or permit)
        for _ in range(self.times - 1):
            try:
                self.screen.perform(action, permit)
            except PermitRefused:
                continue
        return receipt


class _Yes:
    """Approves everything, and lets a change happen meanwhile."""

    def __init__(self) -> None:
        self.change: Callable[[], None] = lambda: None

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        self.change()
        return ONCE


@dataclass
class _Case:
    """One approved action and what changes while it is approved."""

    door: Door
    between: _Meanwhile
    clock: list[float]
    action: Action
    approver: _Yes

    def __str__(self) -> str:
        """Return all that makes this case another than the rest."""
        screen = self.door.screen
        kept = None if self.between.kept is None else self.between.kept.terms
        world = (kept, screen.widgets, screen.surface, screen.geometry, screen.focus, self.clock)
        return repr((self.action, self.between.altered, self.between.times, world))


def _opened(path: Path, random: Random, defended: bool) -> _Case:
    clock = [0.0]
    office = (PermitOffice if defended else OpenOffice)(30, lambda: clock[0])
    left, top = random.randrange(0, 40), random.randrange(0, 20)
    widgets = [
        Field("Name", box(left, top, 80), text="abc"),
        Button("Send", box(left, top + 30, 60), submits=True),
        Checkbox("Later", box(left, top + 60, 60)),
        Link("Help", box(left + 70, top + 40, 40)),
    ]
    made: list[_Meanwhile] = []

    def wrap(screen: FakeScreen) -> _Meanwhile:
        made.append(_Meanwhile(screen, blind=not defended))
        return made[0]

    approver = _Yes()
    door = Door(path, widgets, _POLICY, approver=approver, office=office, wrap=wrap)
    door.screen.focus = widgets[0]
    spot = random.choice(widgets[:3]).box
    point = Point(
        x=random.randrange(spot.left + 8, spot.right - 8),
        y=random.randrange(spot.top + 4, spot.bottom - 4),
    )
    actions: list[Action] = [
        Click(point=point),
        Type(text=f"x{random.randrange(1_000)}"),
        Press(keys=("enter",)),
        Drag(start=Point(x=left + 9, y=top + 9), end=Point(x=left + 50, y=top + 12)),
    ]
    return _Case(door, made[0], clock, random.choice(actions), approver)


def _another_action(case: _Case, random: Random) -> None:
    """Put another action on the way to the screen, one that differs in a field or in its kind."""
    action = case.action
    others: list[Action] = [Click(point=Point(x=1, y=1)), Type(text="y"), Press(keys=("tab",))]
    if isinstance(action, Click):
        moved = Point(x=action.point.x + random.choice((-1, 1)), y=action.point.y)
        others += [action.model_copy(update={"point": moved})]
        others += [action.model_copy(update={"count": random.choice((2, 3))})]
        others += [action.model_copy(update={"button": random.choice(("right", "middle"))})]
    if isinstance(action, Type):
        others += [Type(text=action.text + random.choice((" ", "\n", "\u200b", "0")))]
    case.between.altered = random.choice([other for other in others if other != action])


def _another_target(case: _Case, random: Random) -> None:
    """Put something else where the action is aimed, or give something else the keyboard."""
    screen = case.door.screen
    if isinstance(case.action, Type | Press):
        screen.focus = random.choice([w for w in screen.widgets[1:] if w.focusable])
        return
    aimed = case.action.point if isinstance(case.action, Click) else Point(x=1, y=1)
    if isinstance(case.action, Drag):
        aimed = case.action.end
    under = next(w for w in reversed(screen.widgets) if w.box.contains(aimed))
    kinds = [kind for kind in (Button, Checkbox, Link, Panel, Caption) if type(under) is not kind]
    screen.widgets.append(random.choice(kinds)(f"Other {random.randrange(99)}", under.box))


def _another_screen(case: _Case, random: Random) -> None:
    """Show another page, window, size, or a dialog over everything."""
    screen = case.door.screen
    match random.randrange(4):
        case 0:
            page = f"https://other.test/{random.randrange(99)}"
            screen.surface = dataclasses.replace(screen.surface, url=page)
        case 1:
            screen.geometry = ScreenGeometry(width=random.randint(161, 200), height=120)
        case 2:
            screen.surface = dataclasses.replace(screen.surface, name="another surface")
        case _:
            screen.widgets.append(Panel("Are you sure?", box(0, 0, 159, random.randint(110, 119))))


def _another_window(case: _Case, random: Random) -> None:
    """Bring another window to the front, which keys would then go to."""
    title = ScreenText(f"Terminal {random.randrange(99)}")
    case.door.screen.surface = dataclasses.replace(case.door.screen.surface, window=title)


def _another_policy(case: _Case, random: Random) -> None:
    """Let a rule that denies begin to hold, with nothing else that a recheck of pixels sees."""
    title = ScreenText(f"Locked {random.randrange(999)}")
    case.door.screen.surface = dataclasses.replace(case.door.screen.surface, window=title)


def _a_kept_permit(case: _Case, random: Random) -> None:
    """Show a permit for this very action that was kept from another run, screen or policy."""
    screen, policy = case.between.observe().fingerprint, Rulebook.of(_POLICY).digest
    name = f"{random.getrandbits(256):064x}"
    office = case.door.office
    match random.randrange(4):
        case 0:
            office = PermitOffice(30, lambda: case.clock[0])
            terms = Terms("run", screen, policy)
        case 1:
            terms = Terms(f"run-{random.randrange(999)}", screen, policy)
        case 2:
            terms = Terms("run", name, policy)
        case _:
            terms = Terms("run", screen, name)
    office.bind(terms)
    case.between.kept = office.issue(case.action)


def _too_late(case: _Case, random: Random) -> None:
    seconds = random.uniform(30.001, 10_000)
    case.between.late = lambda: case.clock.__setitem__(0, seconds)


def _again(case: _Case, random: Random) -> None:
    case.between.times = random.randint(2, 5)


_CHANGES = (
    _another_action, _another_target, _another_screen, _another_window, _another_policy,
    _a_kept_permit, _too_late, _again,
)  # fmt: skip


def _mutations(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder:
        for number, random in seeds("P13", 3 * count, seed):
            path = folder / "journal.jsonl"
            change = _CHANGES[number % len(_CHANGES)]
            case = _opened(path, random, defended)
            if change is _another_window:
                case.action = Type(text=f"z{random.randrange(1_000)}")
            case.approver.change = partial(change, case, random)
            wrong = _outcome(case, once=change is _again)
            case.door.journal.close()
            path.unlink()
            if tally.new(f"{change.__name__} {case}") and wrong:
                tally.fail(f"{number} {change.__name__}", wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _outcome(case: _Case, once: bool) -> str:
    """Submit the action and say what happened that was not approved."""
    seen = case.between.observe()
    outcome = case.door.gate.submit(case.action, seen, "goal")
    happened = case.door.screen.performed
    if once:
        return "" if happened == [case.action] else f"{len(happened)} effects of one permit"
    if happened:
        return f"{happened[0]!r} happened"
    return "" if outcome.kind in {"failed", "withdrawn"} else f"it is called {outcome.kind}"


SUITES = (
    Suite(
        "P13 approved",
        "What you approve is what runs: changed, late or repeated afterwards, it does not",
        ("fake",),
        Counts(test=140, faults=2_000, full=2_000),
        30,
        _mutations,
    ),
)
