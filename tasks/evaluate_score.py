"""Ask a locator about every row, and count the points that fall into their boxes."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from handrail.actuators.actions import points
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Hint, Observation, Surface
from handrail.agent.hints import named
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposal import Proposal
from handrail.agent.proposer import Proposer
from handrail.tasks.evaluate_rows import GROUPS, GroundingRow
from handrail.tasks.hint_files import read_hints
from handrail.tasks.proposers import InTurn
from handrail.tasks.results.result import Figure, share
from handrail.tasks.side_by_side import side_by_side

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.tile_grounder import TileGrounder

_CLICK = "click "
_OTHERS = ("relation", "state")


@dataclass(frozen=True)
class Found:
    """Where it is, if anywhere; ``there``: whether it is said to be there at all."""

    point: Point | None
    there: bool


class Locator(Protocol):
    """Finds what an instruction means in a picture."""

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        """Return the pixel to click, and whether what is meant is there.

        ``hints``: what the screen says it shows, where that may be heard.
        """
        ...


class ProposerLocator:
    """Asks a proposer for its first action; where it points is the answer."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer = proposer

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        """Return the first point of the action; another action, or none, finds nothing."""
        geometry = ScreenGeometry(width=image.width, height=image.height)
        surface = Surface(kind="fake", name="picture")
        seen = Observation(image, geometry, 0.0, surface, hints=hints)
        reply = self._proposer.propose(instruction, (), seen)
        found = points(reply.action) if isinstance(reply, Proposal) else ()
        return Found(found[0] if found else None, bool(found))


class PhraseLocator:
    """Asks the pocket model for a target by name: its grounding alone, without its planning."""

    def __init__(self, grounder: "TileGrounder") -> None:
        self._grounder = grounder

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        """Return the best pixel for what follows the word ``click``, or the whole instruction."""
        geometry = ScreenGeometry(width=image.width, height=image.height)
        phrase = instruction.removeprefix(_CLICK)
        found = self._grounder.point(image, phrase, named(hints, geometry))
        return Found(geometry.point(found.x, found.y), found.found)


class LocatorInTurn:
    """Looks while no other does that takes the same turns."""

    def __init__(self, inner: Locator, turns: threading.Lock) -> None:
        self._inner, self._turns = inner, turns

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        """Return what the locator finds, once it is its turn."""
        with self._turns:
            return self._inner.locate(image, instruction, hints)


def locator_on(proposer: Proposer) -> Locator:
    """Return how a proposer's model is asked where things are."""
    if isinstance(proposer, InTurn):
        return LocatorInTurn(locator_on(proposer.inner), proposer.turns)
    if isinstance(proposer, PocketProposer):
        return PhraseLocator(proposer.grounder)
    return ProposerLocator(proposer)


@dataclass(frozen=True)
class Shot:
    """One row's answer: the best point, whether it is said to be there, the seconds it took."""

    row: GroundingRow
    point: Point | None
    seconds: float
    there: bool = True

    @property
    def hit(self) -> bool:
        """Tell whether the point lies in the box."""
        return self.point is not None and self.row.holds(self.point.x, self.point.y)


def shoot(
    rows: Sequence[GroundingRow],
    locators: Sequence[Locator],
    told: Callable[[int, int], None] = lambda done, hits: None,
    hinted: bool = False,
) -> tuple[Shot, ...]:
    """Ask about every row, as many at once as there are locators, which may be the same one.

    ``told`` hears how many are done and how many hit. ``hinted``: with what is kept beside each
    picture of what its screen said; raises RowError where it is not.
    """
    shots: list[Shot] = []
    for shot in side_by_side(locators, rows, partial(_shot, hinted=hinted)):
        shots.append(shot)
        told(len(shots), sum(shot.hit for shot in shots))
    return tuple(shots)


def _shot(locator: Locator, row: GroundingRow, hinted: bool) -> Shot:
    with Image.open(row.image) as opened:
        image = opened.convert("RGB")
    hints = read_hints(row.image) if hinted else ()
    started = time.perf_counter()
    found = locator.locate(image, row.instruction, hints)
    return Shot(row, found.point, time.perf_counter() - started, found.there)


def random_floor(rows: Sequence[GroundingRow]) -> float:
    """Return the expected share of hits of uniformly random clicks."""
    return statistics.fmean(row.share_of_image for row in rows)


def centre_floor(rows: Sequence[GroundingRow]) -> float:
    """Return the share of hits of clicks at the image's centre."""
    return statistics.fmean(row.holds(row.size[0] / 2, row.size[1] / 2) for row in rows)


def figures(shots: Sequence[Shot]) -> tuple[Figure, ...]:
    """Return the whole's figures with both floors, then what else was asked, then the groups.

    The whole and the groups are of the rows that ask by name.
    """
    named = [shot for shot in shots if shot.row.asks == "name"]
    others = [(asks, [s for s in shots if s.row.asks == asks]) for asks in _OTHERS]
    return (
        *(_named_figures(named) if named else ()),
        *(_share(f"point in box, by {asks}", asked) for asks, asked in others if asked),
        *_absence_figures(shots),
        *_group_figures(named),
    )


def absence_figures(answers: Sequence[tuple[bool, bool]]) -> tuple[Figure, ...]:
    """Return precision and recall of "not found"; each answer is (is there, is said to be there).

    Chance is what saying it as often, of rows drawn blindly, would get. Without an absent target
    there is nothing to measure.
    """
    absent = sum(not there for there, _ in answers)
    said = sum(not claimed for _, claimed in answers)
    right = sum(not there and not claimed for there, claimed in answers)
    if not absent:
        return ()
    recall = share("not found, recall", right, absent, round(said / len(answers), 4))
    if not said:
        return (recall,)
    chance = round(absent / len(answers), 4)
    return (share("not found, precision", right, said, chance), recall)


def _absence_figures(shots: Sequence[Shot]) -> tuple[Figure, ...]:
    asked = [shot for shot in shots if shot.row.asks not in _OTHERS]
    return absence_figures([(shot.row.box is not None, shot.there) for shot in asked])


def _named_figures(shots: Sequence[Shot]) -> tuple[Figure, ...]:
    rows = [shot.row for shot in shots]
    unanswered = sum(shot.point is None for shot in shots)
    centre = round(centre_floor(rows), 4)
    return (
        _share("point in box", shots, note=f"no answer: {unanswered}" if unanswered else ""),
        Figure(name="a click at the centre", value=centre, unit="share", count=len(rows)),
        Figure(
            name="median target height",
            value=statistics.median(row.box[3] - row.box[1] for row in rows if row.box),
            unit="px",
        ),
        Figure(
            name="median time",
            value=round(statistics.median(shot.seconds for shot in shots), 3),
            unit="s",
        ),
    )


def _group_figures(shots: Sequence[Shot]) -> tuple[Figure, ...]:
    found = []
    for dimension in GROUPS:
        names = sorted({shot.row.groups.get(dimension, "") for shot in shots} - {""})
        for name in names:
            members = [shot for shot in shots if shot.row.groups.get(dimension) == name]
            found.append(_share(f"{dimension}: {name}", members))
    return tuple(found)


def _share(name: str, shots: Sequence[Shot], note: str = "") -> Figure:
    chance = round(random_floor([shot.row for shot in shots]), 4)
    return share(name, sum(shot.hit for shot in shots), len(shots), chance, note)
