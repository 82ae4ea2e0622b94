"""Time single steps on the demo's pages, in a real browser and through the real gate."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from handrail.actuators.actions import Action, Click, Type
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.geometry import Point
from handrail.agent.history import Step
from handrail.agent.proposal import Proposal, describe
from handrail.agent.proposer import Proposer
from handrail.agent.stability import Watch
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate, Outcome
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import load_policy
from handrail.tasks.errors import CheckFailed
from handrail.tasks.sites.goals import PageGoal, settings_goal, signin_goal
from handrail.tasks.sites.server import Site

_BOX_SECONDS = 20.0


@dataclass(frozen=True)
class StepTime:
    """What one step took, in seconds, and how many visual tokens its decision read.

    ``look``: the screenshot; ``think``: from it to a typed action; ``act``: that the gate let an
    action through and it was done. ``again``: screenshot and decision of a step behind the first
    clause of the goal, of which little can be seen.
    """

    look: float
    think: float
    act: float
    again: float
    image_tokens: int

    @property
    def whole(self) -> float:
        """Return the seconds from before the screenshot to a typed action."""
        return self.look + self.think


def time_steps(
    proposer: Proposer, browser: Path | None, seed: int, count: int
) -> tuple[StepTime, ...]:
    """Do one step on each of ``count`` pages, after one that warms up and is not counted.

    The proposer decides, but a click on the page's own first target is what is done: the figures
    do not depend on how good the model is. Raises EnvironmentMissing, CheckFailed, ModelError.
    """
    office = PermitOffice()
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="handrail-bench-"))
        journal = opened.enter_context(Journal.create(Path(folder) / "journal.jsonl", "bench"))
        policy = opened.enter_context(as_file(files("handrail.tasks.sites") / "policy.toml"))
        site = opened.enter_context(Site())
        config = BrowserConfig(executable=browser)
        screen = opened.enter_context(Browser.open(config, office))
        gate = Gate(screen, office, load_policy(policy), journal, DenyAll(), lambda: False)
        times = [_timed(proposer, screen, gate, site, goal) for goal in goals(seed, count + 1)]
    return tuple(times[1:])


def goals(seed: int, count: int) -> Iterator[PageGoal]:
    """Yield goals of the demo, by turns of its two pages, of as many seeds as that takes."""
    kinds: tuple[Callable[[int], PageGoal], ...] = (signin_goal, settings_goal)
    for number in range(count):
        yield kinds[number % 2](seed + number // 2)


def _timed(proposer: Proposer, screen: Browser, gate: Gate, site: Site, goal: PageGoal) -> StepTime:
    screen.goto(site.add(goal))
    Watch(screen.observe).settled()
    target = _first_target(site, goal)
    began = time.perf_counter()
    seen = screen.observe()
    looked = time.perf_counter()
    reply = proposer.propose(goal.text, (), seen)
    thought = time.perf_counter()
    outcome = gate.submit(target, seen, goal.text)
    done = time.perf_counter()
    _expect_done(outcome)
    first = Step(1, Proposal(target, f"click {goal.clauses[0].control.label}"), outcome)
    again = _again(proposer, screen, gate, goal, first)
    tokens = reply.usage.image_tokens
    return StepTime(looked - began, thought - looked, done - thought, again, tokens)


def _again(proposer: Proposer, screen: Browser, gate: Gate, goal: PageGoal, clicked: Step) -> float:
    """Finish the first clause, whose target was clicked; return the seconds of the step after it.

    It looks for the second clause's target, on the same page.
    """
    history = [clicked]
    if goal.clauses[0].verb == "type":
        typed = Type(text=goal.clauses[0].text)
        outcome = gate.submit(typed, screen.observe(), goal.text)
        _expect_done(outcome)
        history.append(Step(2, Proposal(typed, describe(typed)), outcome))
    Watch(screen.observe).settled()
    began = time.perf_counter()
    proposer.propose(goal.text, history, screen.observe())
    return time.perf_counter() - began


def _expect_done(outcome: Outcome) -> None:
    if outcome.kind != "done":
        raise CheckFailed(f"work on a bundled page was {outcome.kind}: {outcome.reason}")


def _first_target(site: Site, goal: PageGoal) -> Action:
    box = site.box(goal.plan.name, goal.clauses[0].control.key, _BOX_SECONDS)
    if box is None:
        raise CheckFailed(f"the page {goal.plan.name} does not say where its first target is")
    left, top, right, bottom = box
    return Click(point=Point(x=round((left + right) / 2), y=round((top + bottom) / 2)))
