"""P12: a model's reply is hostile input.

Whatever is said, ``parse`` returns one action or a ParseError, quickly; an action's points lie on
the screen, and it can be written down and described. Time is the thread's own, so that a busy
machine is not taken for a slow parser.
"""

import json
import re
import time
from collections.abc import Callable
from random import Random

from handrail.actuators.actions import ACTION, Click, digest, points
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import ParseError, Proposal, describe
from tests.faults.hostile import reply
from tests.faults.suite import Counts, Suite, Tally, Verdict, seeds

LONGEST_SECONDS = 0.050
_LONGEST_PROBLEM = 600
_SCREENS = (
    ScreenGeometry(width=1280, height=800),
    ScreenGeometry(width=1, height=1),
    ScreenGeometry(width=3840, height=2160, scale=2.0, origin_x=-100),
)
Parser = Callable[[str, ScreenGeometry], Proposal | ParseError]


def _trusting(said: str, geometry: ScreenGeometry) -> Proposal | ParseError:
    """Read a reply as many agents do: find the braces, believe the numbers."""
    found = re.search(r"\{.*\}", said, re.DOTALL)
    if found is None:
        return ParseError("no braces", said)
    x, y = json.loads(found[0])["arguments"]["coordinate"]
    point = Point.model_construct(
        x=round(x * geometry.width / 1000), y=round(y * geometry.height / 1000)
    )
    return Proposal(Click.model_construct(point=point, button="left", count=1), "click", said)


def _replies(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    parser: Parser = parse if defended else _trusting
    slowest, actions = 0.0, 0
    for number, random in seeds("P12", 2 * count, seed):
        said = reply(random)
        if not tally.new(said):
            continue
        seconds, acted = _judge(tally, number, parser, said, random)
        slowest, actions = max(slowest, seconds), actions + acted
        if len(tally.keys) == count:
            break
    tally.notes.append(f"{actions:,} were actions; slowest {1000 * slowest:.0f} ms of CPU time")
    return tally.verdict()


def _judge(
    tally: Tally, number: int, parser: Parser, said: str, random: Random
) -> tuple[float, bool]:
    """Parse one reply, note what is wrong, and return the seconds and whether it was an action."""
    geometry = random.choice(_SCREENS)
    began = time.thread_time()
    try:
        read = parser(said, geometry)
    except Exception as error:
        tally.fail(number, f"{type(error).__name__} for {said[:80]!a}")
        return 0.0, False
    seconds = time.thread_time() - began
    if seconds > LONGEST_SECONDS:
        # A collection of garbage may have fallen into it: what counts is the faster of two.
        began = time.thread_time()
        parser(said, geometry)
        seconds = min(seconds, time.thread_time() - began)
        if seconds > LONGEST_SECONDS:
            tally.fail(number, f"{1000 * seconds:.0f} ms for {len(said)} of {said[:60]!a}")
    if isinstance(read, ParseError):
        if not read.problem or len(read.problem) > _LONGEST_PROBLEM:
            tally.fail(number, f"a problem of {len(read.problem)} characters")
        return seconds, False
    if any(not geometry.contains(point) for point in points(read.action)):
        tally.fail(number, f"off the screen: {read.action!a}")
    elif ACTION.validate_json(ACTION.dump_json(read.action)) != read.action:
        tally.fail(number, "the action does not survive being written")
    assert digest(read.action)
    assert describe(read.action)
    return seconds, True


SUITES = (
    Suite(
        "P12 replies",
        "A model's reply is hostile input: only ever one action on the screen or a ParseError",
        ("parser",),
        Counts(test=1_500, faults=100_000, full=100_000),
        60,
        _replies,
    ),
)
