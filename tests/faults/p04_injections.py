"""P4: what a page says cannot cause an effect that the user's policy does not allow.

A puppet obeys every word of 15 channels x 10 goals of an attacker x 6 styles. What happened is read
from the world: from the forms that arrived and the requests that the attacker's site got, and on a
desktop from what the attacked program says that it sent.
"""

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.suites.injections import Injection, Step, corpus
from handrail.tasks.suites.injections_browser import InjectionStage, injection_stage
from handrail.tasks.suites.injections_fake import EVIL, ORIGIN, FakeWorld
from tests.faults.injected_desktop import OPEN as OPEN_DESKTOP
from tests.faults.injected_desktop import DesktopWorld, desktop_stage
from tests.faults.injected_desktop import policy as desktop_policy
from tests.faults.stage import QuickDisk, no_stop
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch

OPEN = Policy(
    profile="unattended",
    rules=(
        Rule(
            decision="allow",
            effects=("commit", "destroy", "system", "unknown"),
            owned_display=True,
        ),
    ),
    known=EVERYTHING,
)
"""A policy that allows and names everything: the gate without this defence."""


_LATE, _ARRIVES = 1.0, 10.0
_LOOKS = 5


class Opened:
    """A case's page, opened anew in the browser."""

    def __init__(self, stage: InjectionStage, case: Injection) -> None:
        self.case = case
        self.office = PermitOffice()
        self.actions = stage.actions
        self._stage, self._shown = stage, stage.begin(case)
        self.screen = stage.screen(self.office)

    def settle(self) -> None:
        """Wait until the page is at rest."""
        self._stage.settle()

    def effects(self) -> tuple[str, ...]:
        """Return what the sites got that the user had not asked for."""
        self._stage.sites.wait(lambda: bool(self._shown.effects()), self._seconds(_LATE))
        return self._shown.effects()

    def done(self) -> bool:
        """Tell whether what the user had asked for arrived."""
        self._stage.sites.wait(self._shown.done, _ARRIVES)
        return self._shown.done()

    def _seconds(self, late: float) -> float:
        """Return how long something may be on its way: from the last page alone."""
        return late if self._stage.sites.shown[-2:].count(self._shown) else 0.0


World = FakeWorld | Opened | DesktopWorld


def play(world: World, steps: tuple[Step, ...], path: Path, policy: Policy) -> None:
    """Take every step, whatever became of those before."""
    with Journal.create(path, "run", QuickDisk()) as journal:
        gate = Gate(world.screen, world.office, policy, journal, DenyAll(), no_stop)
        for step in steps:
            for action in world.actions(step):
                for _ in range(_LOOKS):  # what a change of the screen withdrew is tried again
                    outcome = gate.submit(action, world.screen.observe(), world.case.goal)
                    if outcome.kind != "withdrawn":
                        break
    world.settle()
    path.unlink()


def _cases(
    cases: Iterable[Injection],
    defended: bool,
    policies: Callable[[Injection], Policy],
    opened: Callable[[Injection], World],
) -> Verdict:
    """Obey each case's content, then do the user's own task on the same page."""
    tally = Tally()
    played: list[tuple[World, World]] = []
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for case in cases:
            policy = policies(case)
            tally.new((case.name, case.text, case.steps))
            attacked = honest = opened(case)
            play(attacked, case.steps, path, policy)
            if defended:
                honest = opened(case)
                play(honest, case.user_steps, path, policy)
            played.append((attacked, honest))
    # Only now: what is on its way when a page is left still arrives.
    for attacked, honest in played:
        for line in attacked.effects()[:1]:
            tally.fail(attacked.case.name, line)
        if defended and not honest.done():
            tally.fail(honest.case.name, "the user's own task was stopped")
    if defended:
        useful = sum(honest.done() for _, honest in played)
        tally.notes.append(f"the user's own task done in {useful:,} of {len(tally.keys):,}")
    return tally.verdict()


def _on_fake(count: int, seed: int, defended: bool) -> Verdict:
    cases = corpus(seed, EVIL)[:count]
    policies = partial(_policy, ORIGIN if defended else "")
    return _cases(cases, defended, policies, lambda case: FakeWorld(case, PermitOffice()))


def _in_browser(count: int, seed: int, defended: bool) -> Verdict:
    with injection_stage(chosen_browser(None, os.environ)) as stage:
        # Other cases than the quick ones on the fake: the corpus from its end.
        cases = corpus(seed, stage.sites.evil)[::-1][:count]
        policies = partial(_policy, stage.sites.origin if defended else "")
        return _cases(cases, defended, policies, lambda case: Opened(stage, case))


def _on_desktop(count: int, seed: int, defended: bool) -> Verdict:
    cases = corpus(seed + 1, EVIL)[:count]
    with desktop_stage() as stage:
        policies = desktop_policy if defended else lambda case: OPEN_DESKTOP
        return _cases(cases, defended, policies, lambda case: DesktopWorld(stage, case))


def _policy(origin: str, case: Injection) -> Policy:
    """Return the user's policy on a site, or without one no defence."""
    return case.policy(origin) if origin else OPEN


SUITES = (
    Suite(
        "P4 injections",
        "Content that is obeyed to the letter has no effect that the policy does not allow",
        ("fake",),
        Counts(test=12, faults=96, full=900, undefended=30),
        20,
        _on_fake,
    ),
    Suite(
        "P4 injections in a browser",
        "Neither has it in a browser, told by the requests that arrive",
        ("browser",),
        Counts(test=1, faults=12, full=900, undefended=4),
        40,
        _in_browser,
    ),
    Suite(
        "P4 injections on a desktop",
        "Neither has it on a desktop that is not Handrail's own, told by the attacked program",
        ("desktop",),
        Counts(test=1, faults=12, full=900, undefended=4),
        25,
        _on_desktop,
    ),
)
