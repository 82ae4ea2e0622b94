"""P14: secrets stay out.

Runs type secrets by their names into a screen that repeats them wherever it can: in captions, its
title, its address, in errors while it types. The proposer quotes them in its replies, copies and
pastes them, asks for them where they are not meant to go, and breaks. Afterwards nobody who
followed the run, no prompt, no file of its folder and no crash dump holds a value in any form; and
the same run with another value shows the very same pictures.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from rich.console import Console

from handrail.actuators.actions import Action, Click, Press, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.agent.budget import Budget
from handrail.agent.listener import Listeners
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.secret_sources import EnvironmentSecrets, FileSecrets, SecretSource, variable
from handrail.sandbox.secret_use import SecretUse
from handrail.tasks.live import LiveView
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from tests.faults.canaries import canary, found_below, spellings
from tests.faults.secret_screen import (
    COMMENT,
    ORIGIN,
    PASSWORD,
    SHOW,
    USER,
    TellingScreen,
    UnmaskedScreen,
    Watcher,
)
from tests.faults.stage import PlayedClock
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

CANARIES = 60
_BUDGET = Budget(steps=24, seconds=10_000, calls=48)
_POLICY = Policy(
    profile="unattended",
    rules=(Rule(decision="allow", effects=("commit",)),),
    secrets={"used": SecretUse(origins=(ORIGIN,), fields="any")},
)
_SAY = (
    "Action: I see {0}\n<tool_call>\n"
    '{{"name": "computer_use", "arguments": {{"action": "wait", "time": {1}}}}}\n</tool_call>'
)
_FIRST = ("typed", "shown", "cut")
_WAYS = (*_FIRST, "seen", "pasted", "clear", "named only")
_LAST = (*_WAYS, "quoted", "misplaced", "crash")


@dataclass(frozen=True)
class _Case:
    """One run: how it goes, what breaks in it, and where its secrets are kept.

    ``used`` is typed by its name, ``clear`` without one; ``kept`` is never used. ``form`` is how
    the proposer spells what it quotes.
    """

    ways: tuple[str, ...]
    breaks: str
    source: str
    form: str
    used: str
    clear: str
    kept: str


def _case(random: Random, canaries: Sequence[str]) -> _Case:
    used, clear, kept = random.sample(canaries, 3)
    return _Case(
        ways=(
            random.choice(_FIRST),
            *random.choices(_WAYS, k=random.randint(1, 3)),
            random.choice(_LAST),
        ),
        breaks=random.choice(("", "", "", "bug", "doubt", "refusal")),
        source=random.choice(("toml", "lines", "env")),
        form=random.choice(sorted(spellings(used))),
        used=used,
        clear=clear,
        kept=kept,
    )


def _steps(case: _Case, way: str, number: int) -> list[Action | str]:
    """Return what the proposer does in one way of giving a secret away."""
    said = spellings(case.used)[case.form]
    quoted = _SAY.format(said, 1 + number)
    match way:
        case "typed":
            return [Click(point=PASSWORD.center), Type(text="{{secret:used}}"), quoted]
        case "shown":
            return [Click(point=COMMENT.center), Type(text="mine: {{secret:used}}!"), quoted]
        case "seen":
            return [Click(point=SHOW.center), quoted, f"I cannot say {said}", quoted]
        case "pasted":
            copy: list[Action | str] = [Press(keys=("ctrl", "a")), Press(keys=("ctrl", "c"))]
            paste: list[Action | str] = [Click(point=USER.center), Press(keys=("ctrl", "v"))]
            return [Click(point=COMMENT.center), *copy, *paste, quoted]
        case "cut":
            cut: list[Action | str] = [Click(point=PASSWORD.center), Press(keys=("backspace",))]
            return [*_steps(case, "typed", number), *cut]
        case "clear":
            mine = _SAY.format(case.clear, 10 + number)
            return [Click(point=PASSWORD.center), Type(text=case.clear), mine]
        case "quoted":
            return [Click(point=USER.center), Type(text=f"it is {case.used}")]
        case "misplaced":
            return [Click(point=USER.center), Type(text="{{secret:kept}}")]
        case "crash":
            return [*_steps(case, "seen", number), "CRASH"]
        case _:
            return [quoted]


@contextmanager
def _source(case: _Case, folder: Path) -> Iterator[SecretSource]:
    """Keep the secrets of a case where it says."""
    values = {"used": case.used, "kept": case.kept}
    if case.source == "env":
        names = {variable(name): value for name, value in values.items()}
        os.environ.update(names)
        try:
            yield EnvironmentSecrets(os.environ)
        finally:
            for name in names:
                del os.environ[name]
        return
    file = folder / ("secrets.toml" if case.source == "toml" else "secrets.env")
    quoted = {k: v.replace("\\", "\\\\").replace('"', '\\"') for k, v in values.items()}
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in quoted.items()), "utf-8")
    file.chmod(0o600)
    yield FileSecrets(file)


def _watched(case: _Case, folder: Path, kind: type[TellingScreen]) -> Watcher:
    """Run a case, and return what watched it; each leak is noted there."""
    folder.mkdir()
    steps = [s for number, way in enumerate(case.ways) for s in _steps(case, way, number)]
    watcher = Watcher([*steps, Terminate(status="success")], (case.used, case.kept), case.clear)

    def build(verifier: PermitVerifier) -> TellingScreen:
        watcher.screen = kind(verifier, case.breaks, case.used)
        return watcher.screen

    printed = io.StringIO()
    view = LiveView(Console(file=printed, width=400), "a goal", _BUDGET)
    crew = Crew(watcher, ScriptedApprover(), Listeners([watcher, view]), clock=PlayedClock())
    with _source(case, folder) as source:
        request = RunRequest(
            "Sign in with {{secret:used}}",
            FakeTarget(build),
            policy=PolicyChoice(grants=_POLICY),
            budget=_BUDGET,
            runs_folder=folder / "runs",
            secrets=source,
        )
        try:
            run(request, crew)
        except RuntimeError as error:
            watcher.read_crash(error)
    watcher.read("what is printed", printed.getvalue())
    if found := found_below(folder / "runs", (case.used, case.clear, case.kept)):
        watcher.leaks.append(found)
    watcher.check_frames(folder / "runs")
    return watcher


def _secrets(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    kind = TellingScreen if defended else UnmaskedScreen
    canaries = [canary(Random(f"P14/{seed}/{number}")) for number in range(CANARIES)]
    pictures = typed = 0
    with scratch(in_memory=True) as folder:
        for number, random in seeds("P14 secrets", 2 * count, seed):
            case = _case(random, canaries)
            if not tally.new(case):
                continue
            watcher = _watched(case, folder / f"{number}", kind)
            other = next(c for c in canaries if c not in {case.used, case.clear, case.kept})
            twin = _watched(replace(case, used=other), folder / f"{number} twin", kind)
            if list(watcher.looks) != list(twin.looks):
                watcher.leaks.append("the pictures depend on the secret")
            pictures += len(watcher.looks)
            typed += any(case.used in text for text in watcher.screen.texts)
            for leak in dict.fromkeys((*watcher.leaks, *twin.leaks)):
                tally.fail(f"{number} {' '.join(case.ways)} {case.breaks}", leak)
            if len(tally.keys) == count:
                break
    tally.notes.append(f"{CANARIES} values, each case run with two; {pictures} pictures")
    tally.notes.append(f"in {typed} cases the value stood on the screen at the end")
    return tally.verdict()


SUITES = (
    Suite(
        "P14 secrets",
        "Secrets stay out of prompts, pictures, records, prints and crash dumps, in every form",
        ("fake",),
        Counts(test=4, faults=12, full=200, undefended=4),
        25,
        _secrets,
    ),
)
