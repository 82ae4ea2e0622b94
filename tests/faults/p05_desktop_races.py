"""P5 on a display: acts only on the window it looked at.

Between the decision and the act another window opens over the target, or takes the keyboard. No
input may reach either window then. Where a window opens elsewhere, a click goes through.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import Actuator
from handrail.actuators.desktop_devices import Area
from handrail.actuators.observation import Observation
from handrail.actuators.x11_probe import ProbeWindow
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.policy import Policy, Rule
from tests.faults.desk import Desk, desk
from tests.faults.stage import QuickDisk, no_stop
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import AroundWeb

_ANY = Policy(
    profile="unattended",
    rules=(Rule(decision="allow", effects=("edit", "commit", "unknown"), owned_display=True),),
)
_RELEASES = frozenset({"release"})
_KINDS = ("covered", "lost the keyboard", "left alone")


class _Racing(AroundWeb):
    """Changes the display when it is looked at for the second time."""

    def __init__(self, inner: Actuator, blind: bool, change: Callable[[], None]) -> None:
        super().__init__(inner, blind)
        self.change = change
        self.looks = 0

    def observe(self) -> Observation:
        """Look, after the change if it is the second look."""
        self.looks += 1
        if self.looks == 2:
            self.change()
        return super().observe()


def _area(kind: str, place: Desk, random: Random) -> Area:
    """Return where the other window opens: over the middle of ours, or clear of it."""
    if kind == "covered":
        wide, high = random.randint(80, 200), random.randint(80, 200)
        at = place.inside
        # Its edge lies near the point, for both windows are white.
        return Area(at.x - random.randint(2, 12), at.y - random.randint(2, 12), wide, high)
    return Area(random.randint(520, 550), random.randint(20, 300), 60, 60)


def _play(place: Desk, path: Path, random: Random, kind: str, blind: bool) -> tuple[object, str]:
    """Play a race; return its key, and what went wrong."""
    area, number = _area(kind, place, random), random.randrange(10_000)
    typed: tuple[Action, ...] = (Type(text=f"x{number}"), Press(keys=("x",)))
    clicked = Click(point=place.inside, count=random.choice((1, 2)))
    action = random.choice(typed) if kind == "lost the keyboard" else clicked
    focus = Click(point=place.inside)
    place.actuator.observe()
    released = len(place.arrived(_RELEASES))
    place.actuator.perform(focus, place.office.issue(focus))
    # the last of what arrived may still be of the race before
    assert place.probe.wait(lambda: len(place.arrived(_RELEASES)) > released)
    others: list[ProbeWindow] = []
    before = len(place.arrived())
    with _opening(place, f"Allow {number}", area, others) as change:
        racing = _Racing(place.actuator, blind, change)
        with Journal.create(path, "run", QuickDisk()) as journal:
            gate = Gate(racing, place.office, _ANY, journal, DenyAll(), no_stop)
            outcome = gate.submit(action, racing.observe(), "goal")
        path.unlink()
        landed = place.arrived()[before:] + [a for other in others for a in other.arrivals]
        done = outcome.kind == "done" or bool(landed)
    told = f"{outcome.kind}: {outcome.reason}; arrived: {landed[:4]}"
    return (kind, area, repr(action)), "" if done == (kind == "left alone") else told


@contextmanager
def _opening(
    place: Desk, title: str, area: Area, others: list[ProbeWindow]
) -> Iterator[Callable[[], None]]:
    """Yield what opens the other window; close it afterwards."""

    def change() -> None:
        others.append(ProbeWindow(place.display.name, title, area))
        # A window manager gives a window the keyboard some time after it has put it there.
        assert others[0].wait_active(30), title

    try:
        yield change
    finally:
        for other in others:
            other.close()


def _races(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder, desk(folder) as place:
        for number, random in seeds("P5 desktop", 3 * count, seed):
            kind = _KINDS[number % len(_KINDS)]
            key, wrong = _play(place, folder / "journal.jsonl", random, kind, not defended)
            if tally.new(key) and wrong:
                tally.fail(f"{number} {kind}", wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P5 desktop races",
        "Nothing is done where a window was covered or lost the keyboard; one elsewhere stops none",
        ("desktop",),
        Counts(test=2, faults=9, full=300, undefended=3),
        40,
        _races,
    ),
)
