"""P9 in the browser: an input whose reply was lost is never sent again.

The input lands on the page, or does not, and the answer is lost. The proposer is stubborn and asks
for the same action over and over. What the page heard must be what a twin hears of the actions up
to the lost one, each once; the lost one reads as in doubt, and the run is no success.
"""

from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.errors import ActionInDoubt, EnvironmentMissing, Unreachable
from handrail.agent.agent import Agent
from handrail.agent.proposer import Puppet
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.journal import read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy, Rule
from tests.faults.stage import OpenOffice, PlayedClock
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import AroundWeb, Web, WebDoor, web

_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)
_PAGE = """<!doctype html><title>form</title><style>
 input, button {{ position: absolute; left: {left}px; caret-color: transparent }}
 #name {{ top: 10px }} #send {{ top: 60px }} #later {{ top: 110px }}</style>
<input id=name aria-label=Name><button id=send>Count</button>
<input id=later type=checkbox aria-label=Later>
<script>const heard = [];
for (const kind of ['click', 'input', 'keydown'])
  addEventListener(kind, event => event.isTrusted &&
    heard.push([kind, event.target.id || 'page', event.data || event.key || event.detail]), true);
</script>"""
_HEARD = "() => JSON.stringify(heard)"
_ERRORS = (ActionInDoubt("timed out"), Unreachable("gone"), EnvironmentMissing("gone"))


class _Losing(AroundWeb):
    """Loses the reply to its n-th action, after the effect or before it."""

    def __init__(self, inner: Actuator, at: int, landed: bool, error: Exception) -> None:
        super().__init__(inner)
        self.left = at
        self.landed = landed
        self.error = error

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act, or lose the reply."""
        self.left -= 1
        if self.left != 0:
            return super().perform(action, permit)
        if self.landed:
            super().perform(action, permit)
        raise self.error


class _Resending(_Losing):
    """Sends an input again when no answer came, as some controllers do."""

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Try, and try again."""
        try:
            return super().perform(action, permit)
        except (ActionInDoubt, EnvironmentMissing, Unreachable):
            return super().perform(action, permit)


def _actions(stage: Web, random: Random) -> list[Action]:
    """Return a click on the field and what comes after; nothing is typed that goes nowhere."""
    name, send, later = (stage.at(at) for at in ("#name", "#send", "#later"))
    made: list[Action] = [Click(point=name)]
    in_field = True
    for number in range(random.randint(1, 3)):
        text = Type(text=f"{number}{random.choice('abcdef')}")
        elsewhere = (Click(point=send, count=random.choice((1, 2))), Click(point=later))
        made.append(
            random.choice((
                text if in_field else Click(point=name),
                *elsewhere,
                Press(keys=(random.choice("xyz"),)),
            ))
        )  # fmt: skip
        if isinstance(made[-1], Click):
            in_field = made[-1].point == name
    return made


def _expected(stage: Web, html: str, actions: list[Action]) -> str:
    """Return what a twin of the page hears of the actions."""
    stage.show(html)
    stage.do(*actions)
    return str(stage.peek(_HEARD))


def _play(stage: Web, path: Path, random: Random, between: type[_Losing]) -> tuple[object, str]:
    """Play one case; return its key, and what was repeated or hidden."""
    html = _PAGE.format(left=random.randrange(200))
    stage.show(html)
    actions = _actions(stage, random)
    at, landed = random.randint(1, len(actions)), random.random() < 0.7
    wanted = _expected(stage, html, actions[: at if landed else at - 1])
    error, stubborn = random.choice(_ERRORS), random.randint(1, 3)
    stage.show(html)
    losing = between(stage.browser, at, landed, error)
    door = WebDoor(path, stage, _ALLOWED, losing)
    asked = [*actions[:at], *[actions[at - 1]] * stubborn, *actions[at:]]
    watch = Watch(losing.observe, PlayedClock(), senses=losing)
    result = Agent(watch, Puppet(asked), door.gate, StopSwitch()).run("fill in the form")
    states = read_journal(path).actions
    door.close()
    heard = str(stage.peek(_HEARD))
    key = (tuple(actions), at, landed, str(error), stubborn)
    if len(states) < at or states[at - 1].state != "in_doubt":
        return key, f"the lost action reads as {[s.state for s in states]}: {result.reason}"
    if heard != wanted:
        return key, f"the page heard {heard} instead of {wanted}"
    return key, "it is called a success" if result.kind == "success" else ""


def _timeouts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    office = None if defended else OpenOffice()
    with scratch() as folder, web(office) as stage:
        for number, random in seeds("P9 web", 2 * count, seed):
            between = _Losing if defended else _Resending
            key, wrong = _play(stage, folder / "journal.jsonl", random, between)
            if tally.new(key) and wrong:
                tally.fail(number, wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P9 web timeouts",
        "An input to a page whose reply was lost is never sent again, and reads as in doubt",
        ("browser",),
        Counts(test=2, faults=8, full=200, undefended=4),
        30,
        _timeouts,
    ),
)
