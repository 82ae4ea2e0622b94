"""P17: no false "done".

A form is filled in and saved by a proposer that always says that it succeeded. In a sabotaged task
something went wrong on the way: a click was swallowed, the text garbled, the save failed silently,
another row was changed, the page is a stale one, a toast said "Saved" too early. Such a run must
not end as a success; an honest one must, also where the save takes a while or a clock ticks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.fake import Button, Caption, Checkbox, FakeScreen, Field
from handrail.agent.agent import Agent
from handrail.agent.proposer import Puppet
from handrail.agent.result import Checked, Result
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.policy import EffectClass, Policy, Rule
from handrail.tasks.checking import Checks
from handrail.tasks.checks import ElementCheck, FileCheck, TextCheck
from tests.faults.stage import Around, Door, PlayedClock, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_ANY: tuple[EffectClass, ...] = ("commit", "unknown")
_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=_ANY, window="Fake screen"),)
)
_NAMES = ("Ada", "Zoë", "Bob", "Mara", "Ivo", "Lin", "Noor", "Kai")
SABOTAGES = (
    "save swallowed", "tick swallowed", "focus swallowed", "text garbled", "text cut", "save fails",
    "other row", "stale page", "early toast", "toast taken back",
)  # fmt: skip


class _Events(PlayedClock):
    """Time on which things happen later."""

    def __init__(self) -> None:
        super().__init__()
        self.later: list[tuple[float, Callable[[], None]]] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        super().sleep(seconds)
        due = [event for event in self.later if event[0] <= self.seconds]
        self.later = [event for event in self.later if event not in due]
        for _, happen in due:
            happen()


class _Hasty(Checks):
    """Looks once and waits for nothing, as a check right after the last action would."""

    def checked(self) -> tuple[Checked, ...]:
        """Look once."""
        return self.look()


@dataclass
class _Task:
    """A form whose row of a file is to be written, and what goes wrong with that."""

    file: Path
    name: str
    row: int
    tick: bool
    sabotage: str
    delay: float
    ticking: bool
    clock: _Events = field(default_factory=_Events)

    def __post_init__(self) -> None:
        self.field = Field("Name", box(4, 4, 100, 20))
        self.later = Checkbox("Later", box(4, 28, 20, 20))
        self.save = Button("Save", box(4, 52, 50, 20), on_press=self._saved)
        self.note = Caption("Fill in", box(4, 76, 150, 18))
        self.rows = [f"row {n}: old" for n in range(4)]
        self.file.write_text("\n".join(self.rows), encoding="utf-8")
        if self.sabotage == "stale page":
            self.note.name = f"Saved {self.name}"

    @property
    def line(self) -> str:
        """Return the row as it must stand in the file."""
        return f"row {self.row}: {self.name} later={self.tick}"

    @property
    def actions(self) -> list[Action]:
        """Return what the proposer does."""
        tick: list[Action] = [Click(point=self.later.box.center)] if self.tick else []
        fill: list[Action] = [Click(point=self.field.box.center), Type(text=self.name)]
        return [*fill, *tick, Click(point=self.save.box.center), Terminate(status="success")]

    def checks(self, screen: Around, patient: bool) -> Checks:
        """Return what must be so at the end."""
        state = ElementCheck("checkbox", "Later", "checked" if self.tick else "unchecked")
        declared = (
            ElementCheck("textbox", "Name", holds=self.name),
            state,
            TextCheck(f"Saved {self.name}"),
            TextCheck("Failed", absent=True),
            FileCheck(self.file, "contains", f"{self.line}\n"),
        )
        return (Checks if patient else _Hasty)(declared, screen, self.clock)

    def _saved(self) -> None:
        """Take the press of the button."""
        match self.sabotage:
            case "save fails" | "stale page":
                return
            case "early toast":
                self.note.name = f"Saved {self.name}"
            case "toast taken back":
                self._write()
                self.clock.later.append((self.clock.seconds + 0.3, self._undo))
            case _:
                self.clock.later.append((self.clock.seconds + self.delay, self._write))

    def _write(self) -> None:
        row = (self.row + 1) % 4 if self.sabotage == "other row" else self.row
        rows = list(self.rows)
        rows[row] = f"row {row}: {self.field.text} later={self.later.checked}"
        self.file.write_text("\n".join([*rows, ""]), encoding="utf-8")
        self.note.name = f"Saved {self.field.text}"

    def _undo(self) -> None:
        self.file.write_text("\n".join(self.rows), encoding="utf-8")
        self.note.name = "Failed: try again"


class _Sabotaged(Around):
    """Loses or garbles what is sent to the screen, and says that it was done."""

    def __init__(self, screen: FakeScreen, task: _Task) -> None:
        super().__init__(screen)
        self.task = task
        self.read = screen.read

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act, or not quite."""
        task, screen = self.task, self.screen
        swallowed = {
            "save swallowed": task.save,
            "tick swallowed": task.later,
            "focus swallowed": task.field,
        }
        met = swallowed.get(task.sabotage)
        if met is not None and action == Click(point=met.box.center):
            return Receipt(0.0)
        receipt = super().perform(action, permit)
        if isinstance(action, Type) and screen.focus is task.field:
            if task.sabotage == "text garbled":
                task.field.text = action.text[1] + action.text[0] + action.text[2:]
            elif task.sabotage == "text cut":
                task.field.text = action.text[:-1]
        if task.ticking:
            screen.clock_shown, screen.seconds = True, screen.seconds + 61.0
        return receipt


def _made(random: Random, file: Path, sabotage: str) -> _Task:
    name = f"{random.choice(_NAMES)} {random.randrange(10_000)}"
    tick = sabotage == "tick swallowed" or random.random() < 0.5
    delay = random.choice((0.0, 0.0, 0.4, 1.5, 4.0))
    return _Task(file, name, random.randrange(4), tick, sabotage, delay, random.random() < 0.3)


def _run(task: _Task, path: Path, kind: Literal["checked", "hasty", "trusting"]) -> Result:
    door = Door(
        path,
        [task.field, task.later, task.save, task.note],
        _ALLOWED,
        wrap=lambda screen: _Sabotaged(screen, task),
    )
    screen = door.actuator
    assert isinstance(screen, _Sabotaged)
    watch = Watch(screen.observe, task.clock, senses=screen)
    agent = Agent(watch, Puppet(task.actions), door.gate, StopSwitch())
    checks = None if kind == "trusting" else task.checks(screen, kind == "checked")
    result = agent.run("save the name", checks)
    door.journal.close()
    path.unlink()
    return result


def _sabotaged(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    named = 0
    with scratch() as folder:
        for number, random in seeds("P17 sabotaged", 3 * count, seed):
            task = _made(random, folder / "rows", SABOTAGES[number % len(SABOTAGES)])
            result = _run(task, folder / "journal.jsonl", "checked" if defended else "trusting")
            named += bool([one for one in result.checks if one.problem])
            if tally.new((task.name, task.row, task.tick, task.sabotage)):
                if result.kind == "success":
                    tally.fail(f"{number} {task.sabotage}", result.reason)
                elif defended and not any(one.problem for one in result.checks):
                    tally.fail(f"{number} {task.sabotage}", f"no check is named: {result.reason}")
            if len(tally.keys) == count:
                break
    tally.notes.append(f"{len(SABOTAGES)} kinds; the failed check is named in {named:,}")
    return tally.verdict()


def _honest(count: int, seed: int, defended: bool) -> Verdict:
    """Count false failures; where nothing may come late, most slow saves would be some."""
    tally = Tally()
    with scratch() as folder:
        for number, random in seeds("P17 honest", 3 * count, seed):
            task = _made(random, folder / "rows", "")
            result = _run(task, folder / "journal.jsonl", "checked" if defended else "hasty")
            if tally.new((task.name, task.row, task.tick, task.delay)) and result.kind != "success":
                tally.fail(f"{number} after {task.delay} s", result.reason)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P17 sabotaged",
        "A run whose outcome was sabotaged is no success, whatever the model says",
        ("fake", "files"),
        Counts(test=14, faults=300, full=300, undefended=30),
        30,
        _sabotaged,
    ),
    Suite(
        "P17 honest",
        "A run that did what was asked is a success, also where it shows late",
        ("fake", "files"),
        Counts(test=14, faults=300, full=300, undefended=30),
        30,
        _honest,
    ),
)
