"""Time single steps on the demo's pages, in a real browser and through the real gate."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

from PIL import ImageDraw

from handrail.actuators.actions import Click, Type
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
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

WIDTH, HEIGHT = 1024, 768
"""The browser's page."""
_BOX_SECONDS = 20.0


@dataclass(frozen=True)
class StepTime:
    """What one step took, in seconds, and how many visual tokens its decision read.

    ``look``: the screenshot; ``think``: from it to a typed action; ``act``: that the gate let an
    action through and it was done. ``again``: screenshot and decision of a step behind the first
    clause of the goal, of which little can be seen; ``clock``: of one for the clause after that, on
    the same screen but for a clock in its corner.
    """

    look: float
    think: float
    act: float
    again: float
    clock: float
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
        config = BrowserConfig(executable=browser, width=WIDTH, height=HEIGHT)
        screen = opened.enter_context(Browser.open(config, office))
        rules, times = load_policy(policy), []
        for goal in goals(seed, count + 1):
            # as a run has its own: what was typed on the page before stands in no field of this one
            gate = Gate(screen, office, rules, journal, DenyAll(), lambda: False)
            times.append(_timed(proposer, screen, gate, site, goal))
    return tuple(times[1:])


def goals(seed: int, count: int) -> Iterator[PageGoal]:
    """Yield goals of the demo, by turns of its two pages, of as many seeds as that takes."""
    kinds: tuple[Callable[[int], PageGoal], ...] = (signin_goal, settings_goal)
    for number in range(count):
        yield kinds[number % 2](seed + number // 2)


def _timed(proposer: Proposer, screen: Browser, gate: Gate, site: Site, goal: PageGoal) -> StepTime:
    screen.goto(site.add(goal))
    Watch(screen.observe).settled()
    target = _target(site, goal, 0)
    began = time.perf_counter()
    seen = screen.observe()
    looked = time.perf_counter()
    reply = proposer.propose(goal.text, (), seen)
    thought = time.perf_counter()
    outcome = gate.submit(target, seen, goal.text)
    done = time.perf_counter()
    _expect_done(outcome)
    history = _steps(goal, 0, target, outcome)
    for step in history[1:]:
        assert isinstance(step.reply, Proposal)
        _expect_done(gate.submit(step.reply.action, screen.observe(), goal.text))
    Watch(screen.observe).settled()
    again = _later(proposer, screen.observe, goal, history)
    history += _steps(goal, 1, _target(site, goal, 1), outcome)
    clock = _later(proposer, lambda: _with_clock(screen.observe()), goal, history)
    tokens = reply.usage.image_tokens
    return StepTime(looked - began, thought - looked, done - thought, again, clock, tokens)


def _later(
    proposer: Proposer, look: Callable[[], Observation], goal: PageGoal, history: Sequence[Step]
) -> float:
    """Return the seconds of a step behind others."""
    began = time.perf_counter()
    proposer.propose(goal.text, history, look())
    return time.perf_counter() - began


def _steps(goal: PageGoal, number: int, target: Click, outcome: Outcome) -> list[Step]:
    """Return the steps that a clause of the goal takes, as a history tells them."""
    clause = goal.clauses[number]
    steps = [Step(1, Proposal(target, f"click {clause.control.label}"), outcome)]
    if clause.verb == "type":
        typed = Type(text=clause.text)
        steps.append(Step(2, Proposal(typed, describe(typed)), outcome))
    return steps


def _with_clock(seen: Observation) -> Observation:
    """Return a screen on which a clock in the lower right corner went on."""
    image = seen.image.copy()
    ImageDraw.Draw(image).text((image.width - 60, image.height - 16), "12:01", fill="black")
    return replace(seen, image=image)


def _expect_done(outcome: Outcome) -> None:
    if outcome.kind != "done":
        raise CheckFailed(f"work on a bundled page was {outcome.kind}: {outcome.reason}")


def _target(site: Site, goal: PageGoal, number: int) -> Click:
    box = site.box(goal.plan.name, goal.clauses[number].control.key, _BOX_SECONDS)
    if box is None:
        raise CheckFailed(f"the page {goal.plan.name} does not say where target {number + 1} is")
    left, top, right, bottom = box
    return Click(point=Point(x=round((left + right) / 2), y=round((top + bottom) / 2)))
