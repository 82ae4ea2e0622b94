"""Measure grounding on fresh renders: ``python -m handrail.tasks.suites.renders``.

The suite is fixed (``handrail.model.pocket.suite``): screens that training never drew, in fonts
kept from it, one target each. Writes ``render-grounding.json``.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from handrail.actuators.geometry import Point
from handrail.model.errors import ModelError
from handrail.model.pocket import suite
from handrail.model.pocket.canvas import Canvas, Rect
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.suite import Item
from handrail.tasks.cli_output import complain, say, tell
from handrail.tasks.errors import ExitCode, PackagesMissing, TaskError
from handrail.tasks.evaluate import add_model, chosen_model, print_table
from handrail.tasks.evaluate_score import Locator, absence_figures, locator_on
from handrail.tasks.results.result import Figure, measured, share, write_result
from handrail.tasks.run_model import ModelChoice, load_proposer
from handrail.tasks.suites.relations import Placed, related

OTHERS = 250
"""So many screens at most are asked by relation and for what is not there."""


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
    there: bool
    seconds: float


def answer_all(locator: Locator, items: Iterator[Item]) -> tuple[Answered, ...]:
    """Ask about every item in turn, with progress."""
    answers: list[Answered] = []
    for item in items:
        answers.append(_answer(locator, item))
        if len(answers) % 50 == 0:
            tell(f"{len(answers)} asked, {sum(a.hit for a in answers)} hit")
    return tuple(answers)


def _answer(locator: Locator, item: Item) -> Answered:
    left, top, right, bottom = item.box
    tall, wide = item.image.shape[:2]
    started = time.perf_counter()
    found = locator.locate(Image.fromarray(item.image), f"click {item.name}")
    return Answered(
        kind=item.kind,
        near=item.near,
        elements=item.elements,
        height=bottom - top,
        random=_area(item.box) / (wide * tall),
        centre=left <= wide / 2 < right and top <= tall / 2 < bottom,
        hit=found.point is not None and _inside(item.box, found.point),
        there=found.there,
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


def measure(choice: ModelChoice, count: int, seed: int) -> tuple[Figure, ...]:
    """Ask about the suite's first ``count`` items, by name, by relation and for what is not there.

    Raises ModelError, PackagesMissing.
    """
    locator = locator_on(load_proposer(choice))
    try:
        named = answer_all(locator, suite.items(count, seed))
        screens = suite.screens_of(min(count, OTHERS), seed)
        by_place, absent = other_answers(locator, screens)
    except PocketError as error:
        raise PackagesMissing(str(error)) from error
    present = [(True, answer.there) for answer in named[:OTHERS]]
    return (*figures(named), *by_place, *absence_figures([*present, *absent]))


def other_answers(
    locator: Locator, screens: Iterator[Canvas]
) -> tuple[tuple[Figure, ...], list[tuple[bool, bool]]]:
    """Ask each screen for one element by relation, and for a name of the screen before.

    Return the figure of the first, and for each of the second what ``absence_figures`` takes.
    """
    hits, chances, absent, before = [], [], [], ""
    for number, canvas in enumerate(screens):
        rng = random.Random(f"others {number}")
        picture = Image.fromarray(canvas.image())
        names = [element.name for element in canvas.elements]
        if phrases := related([Placed(e.kind, e.name, e.box) for e in canvas.elements]):
            one = rng.choice(phrases)
            point = locator.locate(picture, f"click {one.phrase}").point
            hits.append(point is not None and _inside(one.box, point))
            chances.append(_area(one.box) / (picture.width * picture.height))
        if before and before.casefold() not in " ".join(names).casefold():
            absent.append((False, locator.locate(picture, f"click {before}").there))
        before = rng.choice(names)
        if (number + 1) % 50 == 0:
            tell(f"{number + 1} asked by relation, {sum(hits)} hit")
    if not hits:
        return (), absent
    chance = round(statistics.fmean(chances), 4)
    return (share("point in box, by relation", sum(hits), len(hits), chance),), absent


def keep(found: Sequence[Figure], count: int, seed: int, folder: Path) -> Path:
    """Write the result as ``render-grounding.json``, and return where."""
    command = f"handrail eval grounding --suite rendered --count {count}"
    title = f"Grounding on fresh renders (suite {suite.SUITE})"
    return write_result(measured("render-grounding", title, command, seed, found), folder)


def _inside(box: Rect, point: Point) -> bool:
    left, top, right, bottom = box
    return left <= point.x < right and top <= point.y < bottom


def _area(box: Rect) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        found = measure(chosen_model(arguments), arguments.count, arguments.seed)
    except (ModelError, TaskError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    print_table("grounding on fresh renders", found)
    say(f"written: {keep(found, arguments.count, arguments.seed, arguments.results)}")
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
