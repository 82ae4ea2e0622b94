"""P6 and P9: killed at any moment, nothing that was acknowledged is lost, and nothing is repeated.

Runs are killed at twelve named points of an action, and at random instants. Afterwards the job is
taken up again from the journal: no effect may happen twice, and one whose outcome was not written
must read as in doubt.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Type
from handrail.sandbox.journal import read_journal
from tests.faults.children import answered
from tests.faults.crashing import POINTS, Plan
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

SCRIPT = Path(__file__).with_name("crashing.py")
# For each point: whether the action had its effect, and its state in the journal (None: none).
EXPECTED: dict[str, tuple[bool, str | None]] = {
    "before intent": (False, None),
    "half of intent": (False, None),
    "intent written": (False, "in_doubt"),
    "intent synced": (False, "in_doubt"),
    "second look": (False, "in_doubt"),
    "permit made": (False, "in_doubt"),
    "before effect": (False, "in_doubt"),
    "after effect": (True, "in_doubt"),
    "before result": (True, "in_doubt"),
    "half of result": (True, "in_doubt"),
    "result written": (True, "done"),
    "result synced": (True, "done"),
}
_BATCH = 100


def _texts(random: Random, most: int) -> tuple[str, ...]:
    count = random.randint(2, most)
    return tuple(f"{n}{'x' * random.choice((0, 10, 900))}" for n in range(count))


def _point_plan(number: int, random: Random) -> Plan:
    texts = _texts(random, 4)
    point = POINTS[number % len(POINTS)]
    return Plan(f"{number}", texts, point, random.randint(1, len(texts)))


def _random_plan(number: int, random: Random) -> Plan:
    # As many short whiles as long ones: what is quick on one machine is slow on another.
    while_ = int(10 ** random.uniform(0, 4.8))
    return Plan(f"{number}", _texts(random, 12), microseconds=while_, begun=number % 3 > 0)


def _killed(plans: list[Plan], tally: Tally, defended: bool) -> None:
    with scratch() as folder:
        word = "defended" if defended else "open"
        answered([sys.executable, str(SCRIPT), str(folder), word], plans)
        for plan in plans:
            tally.new(plan._replace(name=""))
            if wrong := _wrong(folder / plan.name, plan):
                tally.fail(f"{plan.point or plan.microseconds} of {plan.action}", wrong)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _wrong(folder: Path, plan: Plan) -> str:
    """Say which promise a killed run and its resumption broke, or return an empty string."""
    path = folder / "journal.jsonl"
    effects, told = _lines(folder / "effects"), _lines(folder / "acknowledged")
    if not path.exists():
        return "the journal is lost" if told else ""
    reading = read_journal(path)
    if not reading.intact:
        return reading.problem
    written = [entry.hash for entry in reading.entries]
    if told != written[: len(told)] or len(written) > len(told) + 1:
        return f"{len(told)} records were acknowledged, {len(written)} are there"
    if len(set(effects)) != len(effects):
        return f"an effect happened twice: {len(effects)} effects"
    states = {s.action: s.state for s in reading.actions}
    later = {s.action for s in read_journal(folder / "resumed.jsonl").actions}
    for text in plan.texts:
        action = Type(text=text)
        if text in effects and action not in later and states.get(action) is None:
            return "an effect without an intent"
        if text not in effects and states.get(action) == "done":
            return "called done without an effect"
    return _at_the_point(plan, effects, states) if plan.point else ""


def _at_the_point(plan: Plan, effects: list[str], states: Mapping[Action, str]) -> str:
    """Compare the action that was hit with what its point must leave."""
    text = plan.texts[plan.action - 1]
    effect, state = EXPECTED[plan.point]
    if states.get(Type(text=text)) != state:
        return f"reads as {states.get(Type(text=text))}, not {state}"
    if state is not None and (text in effects) != effect:
        return f"its effect {'is there' if not effect else 'is missing'}"
    return ""


def _at_points(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    plans: list[Plan] = []
    known: set[Plan] = set()
    for number, random in seeds("P6 points", 20 * count, seed):
        plan = _point_plan(number, random)
        if len(plans) < count and plan._replace(name="") not in known:
            known.add(plan._replace(name=""))
            plans.append(plan)
    for start in range(0, len(plans), _BATCH):
        _killed(plans[start : start + _BATCH], tally, defended)
    return tally.verdict()


def _at_random(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    plans = [_random_plan(number, random) for number, random in seeds("P6 random", count, seed)]
    for start in range(0, count, _BATCH):
        _killed(plans[start : start + _BATCH], tally, defended)
    return tally.verdict()


SUITES = (
    Suite(
        "P6+P9 kills at points",
        "Killed at 12 points of an action: no acknowledged record lost, no effect repeated",
        ("a process", "counting actuator"),
        Counts(test=12, faults=1_200, full=1_200, undefended=24),
        180,
        _at_points,
    ),
    Suite(
        "P6+P9 kills at random",
        "Killed at a random instant: no acknowledged record lost, no effect repeated",
        ("a process", "counting actuator"),
        Counts(test=6, faults=300, full=300, undefended=30),
        60,
        _at_random,
    ),
)
