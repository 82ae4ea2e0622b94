"""Measure grounding on fresh renders: ``python -m handrail.tasks.suites.renders``.

The suite is fixed (``handrail.model.pocket.suite``): screens that training never drew, in fonts
kept from it, one target each. Writes ``render-grounding.json``.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from handrail.agent.proposer import Proposer
from handrail.model.errors import ModelError
from handrail.model.pocket import suite
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.suite import Item
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate import add_model, chosen_model, print_table
from handrail.tasks.evaluate_score import Locator, locator_on
from handrail.tasks.results.result import Figure, measured, share, write_result
from handrail.tasks.run_model import load_proposer


@dataclass(frozen=True)
class Answered:
    """One item's answer, without its picture; sides, chance and height come from the item."""

    kind: str
    near: bool
    elements: int
    height: float
    random: float
    centre: bool
    hit: bool
    seconds: float


def answer_all(proposer: Proposer, items: Iterator[Item]) -> tuple[Answered, ...]:
    """Ask about every item in turn, with progress."""
    locator, answers = locator_on(proposer), []
    for item in items:
        answers.append(_answer(locator, item))
        if len(answers) % 50 == 0:
            say(f"{len(answers)} asked, {sum(a.hit for a in answers)} hit")
    return tuple(answers)


def _answer(locator: Locator, item: Item) -> Answered:
    left, top, right, bottom = item.box
    tall, wide = item.image.shape[:2]
    started = time.perf_counter()
    point = locator.locate(Image.fromarray(item.image), f"click {item.name}")
    return Answered(
        kind=item.kind,
        near=item.near,
        elements=item.elements,
        height=bottom - top,
        random=(right - left) * (bottom - top) / (wide * tall),
        centre=left <= wide / 2 < right and top <= tall / 2 < bottom,
        hit=point is not None and left <= point.x < right and top <= point.y < bottom,
        seconds=time.perf_counter() - started,
    )


def figures(answers: Sequence[Answered]) -> tuple[Figure, ...]:
    """Return the whole's figures with the floors, then those of the parts."""
    parts = [
        ("beside a near-duplicate", [a for a in answers if a.near]),
        ("without a near-duplicate", [a for a in answers if not a.near]),
        *((f"kind: {k}", [a for a in answers if a.kind == k]) for k in _kinds(answers)),
    ]
    return (
        _share("point in box", answers),
        share("a click at the centre", sum(a.centre for a in answers), len(answers)),
        Figure(
            name="a random element of the screen",
            value=round(statistics.fmean(1 / a.elements for a in answers), 4),
            unit="share",
        ),
        Figure(
            name="median elements on a screen", value=statistics.median(a.elements for a in answers)
        ),
        Figure(
            name="median target height",
            value=statistics.median(a.height for a in answers),
            unit="px",
        ),
        Figure(
            name="median time",
            value=round(statistics.median(a.seconds for a in answers), 3),
            unit="s",
        ),
        *(_share(name, members) for name, members in parts if members),
    )


def _kinds(answers: Sequence[Answered]) -> list[str]:
    return sorted({a.kind for a in answers})


def _share(name: str, answers: Sequence[Answered]) -> Figure:
    chance = round(statistics.fmean(a.random for a in answers), 4)
    return share(name, sum(a.hit for a in answers), len(answers), chance)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        proposer = load_proposer(chosen_model(arguments))
        answers = answer_all(proposer, suite.items(arguments.count, arguments.seed))
    except (ModelError, PocketError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    found = figures(answers)
    print_table("grounding on fresh renders", found)
    command = f"python -m handrail.tasks.suites.renders --count {arguments.count}"
    title = f"Grounding on fresh renders (suite {suite.SUITE})"
    result = measured("render-grounding", title, command, arguments.seed, found)
    say(f"written: {write_result(result, arguments.results)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.renders", description=__doc__
    )
    parser.add_argument("--count", type=int, default=suite.COUNT, metavar="N")
    parser.add_argument("--seed", type=int, default=suite.SEED)
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_model(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
