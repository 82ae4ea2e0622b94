"""P16 in the browser and on a display: every run ends.

Proposers that scroll, type, click, babble or repeat themselves for ever, on a page or in a window
that never comes to rest. Time is played, so that waiting takes none of ours; input and pixels are
real. Each run must end within its budget.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Wait
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.agent.agent import Agent, Habits
from handrail.agent.budget import Budget
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from tests.faults.desk import desk
from tests.faults.p16_endless import WAYS, EndlessError, EndlessProposer
from tests.faults.stage import PlayedClock, QuickDisk, no_stop
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import AroundWeb, web

# Beyond every budget here; a look at a real screen takes its time.
_PATIENCE = 14
_ANY = Policy(
    profile="unattended",
    rules=(Rule(decision="allow", effects=("edit", "commit", "unknown"), owned_display=True),),
)
_PAGE = """<!doctype html><title>endless</title><body style="height:3000px">
<input style="position:absolute;left:5px;top:5px;width:100px;height:24px">
<button style="position:absolute;left:5px;top:40px;width:60px;height:24px">Count</button>
<p id=p style="position:absolute;top:80px">0</p><script>
let n = 0; setInterval(() => { p.textContent = n++; p.style.left = (n * 7 % 300) + 'px' }, 10);
</script>"""


class _Played(AroundWeb):
    """Lets time be played: nobody sleeps on the screen."""

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act; a wait is over at once."""
        short = isinstance(action, Wait)
        return Receipt(0.0) if short else super().perform(action, permit)


def _runs_on(path: Path, screen: Actuator, office: PermitOffice, random: Random,
             habits: Habits) -> tuple[str, str]:  # fmt: skip
    """Run in an endless world; return the way, and by how much its budget was passed."""
    way, clock = random.choice(WAYS), PlayedClock()
    proposer, played = EndlessProposer(way, random, _PATIENCE), _Played(screen)
    with Journal.create(path, "run", QuickDisk()) as journal:
        gate = Gate(played, office, _ANY, journal, DenyAll(), no_stop)
        watch = Watch(played.observe, clock, quiet=1.0, limit=1.0, senses=played)
        agent = Agent(watch, proposer, gate, StopSwitch(), habits)
        try:
            result = agent.run("goal")
        except EndlessError:
            return way, "it goes on past all patience"
        finally:
            path.unlink()
    budget = habits.budget
    if result.spent.steps > budget.steps or proposer.calls > budget.calls:
        return way, f"{result.spent.steps} steps, {proposer.calls} calls of {budget}"
    return way, ""


def _all(name: str, count: int, seed: int, defended: bool, run: Callable[
    [Path, Random, Habits], tuple[str, str]
]) -> Verdict:  # fmt: skip
    tally = Tally()
    never = 10**9
    with scratch() as folder:
        for _, random in seeds(name, 3 * count, seed):
            budget = Budget(random.randint(1, 8), random.randint(1, 400), random.randint(1, 12))
            habits = Habits(budget)
            if not defended:
                habits = Habits(Budget(never, never, never), 1, never, never, never)
            way, wrong = run(folder / "journal.jsonl", random, habits)
            if tally.new((way, budget)) and wrong:
                tally.fail(way, wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _web(count: int, seed: int, defended: bool) -> Verdict:
    with web() as stage:

        def run(path: Path, random: Random, habits: Habits) -> tuple[str, str]:
            stage.show(_PAGE)
            return _runs_on(path, stage.browser, stage.office, random, habits)

        return _all("P16 web", count, seed, defended, run)


def _desktop(count: int, seed: int, defended: bool) -> Verdict:
    with scratch() as folder, desk(folder) as place:

        def run(path: Path, random: Random, habits: Habits) -> tuple[str, str]:
            return _runs_on(path, place.actuator, place.office, random, habits)

        return _all("P16 desktop", count, seed, defended, run)


SUITES = (
    Suite(
        "P16 web endless worlds",
        "Every run on a page that never rests ends within its budget",
        ("browser",),
        Counts(test=1, faults=6, full=60, undefended=3),
        40,
        _web,
    ),
    Suite(
        "P16 desktop endless worlds",
        "Every run on a display ends within its budget",
        ("desktop",),
        Counts(test=1, faults=6, full=60, undefended=3),
        40,
        _desktop,
    ),
)
