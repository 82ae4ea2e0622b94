"""Ask a locator about every row, and count the points that fall into their boxes."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from handrail.actuators.actions import points
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposal import Proposal
from handrail.agent.proposer import Proposer
from handrail.model.grounding import Grounder
from handrail.tasks.evaluate_rows import GROUPS, GroundingRow
from handrail.tasks.results.result import Figure, share

_CLICK = "click "


class Locator(Protocol):
    """Finds what an instruction means in a picture."""

    def locate(self, image: Image.Image, instruction: str) -> Point | None:
        """Return the pixel to click, or None where nothing is found."""
        ...


class ProposerLocator:
    """Asks a proposer for its first action; where it points is the answer."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer = proposer

    def locate(self, image: Image.Image, instruction: str) -> Point | None:
        """Return the first point of the action, or None for another action or none."""
        geometry = ScreenGeometry(width=image.width, height=image.height)
        surface = Surface(kind="fake", name="picture")
        seen = Observation(image=image, geometry=geometry, time=0.0, surface=surface)
        reply = self._proposer.propose(instruction, (), seen)
        found = points(reply.action) if isinstance(reply, Proposal) else ()
        return found[0] if found else None


class PhraseLocator:
    """Asks the pocket model for a target by name: its grounding alone, without its planning."""

    def __init__(self, grounder: Grounder) -> None:
        self._grounder = grounder

    def locate(self, image: Image.Image, instruction: str) -> Point | None:
        """Return the pixel for what follows the word ``click``, or for the whole instruction."""
        found = self._grounder.point(image, instruction.removeprefix(_CLICK))
        return ScreenGeometry(width=image.width, height=image.height).point(found.x, found.y)


def locator_on(proposer: Proposer) -> Locator:
    """Return how a proposer's model is asked where things are."""
    if isinstance(proposer, PocketProposer):
        return PhraseLocator(proposer.grounder)
    return ProposerLocator(proposer)


@dataclass(frozen=True)
class Shot:
    """One row's answer: the point, whether it hit, and the seconds it took."""

    row: GroundingRow
    point: Point | None
    seconds: float

    @property
    def hit(self) -> bool:
        """Tell whether the point lies in the box."""
        return self.point is not None and self.row.holds(self.point.x, self.point.y)


def shoot(
    rows: Sequence[GroundingRow],
    locator: Locator,
    told: Callable[[int, int], None] = lambda done, hits: None,
) -> tuple[Shot, ...]:
    """Ask about every row in turn; ``told`` hears how many are done and how many hit."""
    shots: list[Shot] = []
    for row in rows:
        with Image.open(row.image) as opened:
            image = opened.convert("RGB")
        started = time.perf_counter()
        point = locator.locate(image, row.instruction)
        shots.append(Shot(row, point, time.perf_counter() - started))
        told(len(shots), sum(shot.hit for shot in shots))
    return tuple(shots)


def random_floor(rows: Sequence[GroundingRow]) -> float:
    """Return the expected share of hits of uniformly random clicks."""
    return statistics.fmean(row.share_of_image for row in rows)


def centre_floor(rows: Sequence[GroundingRow]) -> float:
    """Return the share of hits of clicks at the image's centre."""
    return statistics.fmean(row.holds(row.size[0] / 2, row.size[1] / 2) for row in rows)


def figures(shots: Sequence[Shot]) -> tuple[Figure, ...]:
    """Return the whole's figures with both floors, then one figure for each group."""
    rows = [shot.row for shot in shots]
    unanswered = sum(shot.point is None for shot in shots)
    centre = round(centre_floor(rows), 4)
    return (
        _share("point in box", shots, note=f"no answer: {unanswered}" if unanswered else ""),
        Figure(name="a click at the centre", value=centre, unit="share", count=len(rows)),
        Figure(
            name="median target height",
            value=statistics.median(row.box[3] - row.box[1] for row in rows),
            unit="px",
        ),
        Figure(
            name="median time",
            value=round(statistics.median(shot.seconds for shot in shots), 3),
            unit="s",
        ),
        *_group_figures(shots),
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
