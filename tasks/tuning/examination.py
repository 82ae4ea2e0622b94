"""Ask a model about what was held out, and compare what two models answered."""

import math
import statistics
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from handrail.actuators.actions import Action, points
from handrail.agent.proposal import Proposal
from handrail.agent.proposer import Proposer
from handrail.tasks.evaluate_score import locator_on, shoot
from handrail.tasks.results.result import Figure, share
from handrail.tasks.tuning.example import Example
from handrail.tasks.tuning.turns import history, seen

NEAR = 16.0
"""How far from the recorded point a point may be, in pixels, where no box is known."""


class Answer(BaseModel):
    """What came of one question.

    ``kind``: "grounding" (a box), "absent" (nothing is there) or "action". ``right``: the click is
    in the box, nothing was found, or kind and arguments are equal, points within ``NEAR``.
    ``same_kind`` is of actions alone; ``distance`` (pixels to the recorded point) of those alone
    that point, as they should.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: str
    kind: str
    right: bool
    same_kind: bool = False
    distance: float | None = None


def examine(
    proposer: Proposer, examples: Sequence[Example], told: Callable[[int], None]
) -> tuple[Answer, ...]:
    """Ask about every example; ``told`` hears how many are done. Raises ModelError."""
    locator, answers = locator_on(proposer), list[Answer]()
    for example in examples:
        if example.row is not None:
            (shot,) = shoot([example.row], [locator])
            absent = example.row.box is None
            right = not shot.there if absent else shot.hit
            kind = "absent" if absent else "grounding"
            answers.append(Answer(where=example.where, kind=kind, right=right))
        else:
            answers.append(_acted(proposer, example))
        told(len(answers))
    return tuple(answers)


def _acted(proposer: Proposer, example: Example) -> Answer:
    reply = proposer.propose(example.goal, history(example), seen(example))
    if not isinstance(reply, Proposal):
        return Answer(where=example.where, kind="action", right=False)
    distance = _distance(reply.action, example.action)
    near = distance is None or distance <= NEAR
    return Answer(
        where=example.where,
        kind="action",
        right=_plain(reply.action) == _plain(example.action) and near,
        same_kind=reply.action.kind == example.action.kind,
        distance=distance,
    )


def _distance(said: Action, right: Action) -> float | None:
    """Return how far apart the points of two actions are, at most; None where one has none."""
    pairs = list(zip(points(said), points(right), strict=False))
    if said.kind != right.kind or not pairs:
        return None
    return max(math.hypot(a.x - b.x, a.y - b.y) for a, b in pairs)


def _plain(action: Action) -> dict[str, object]:
    """Return an action's kind and arguments, of its points only which there are."""
    fields: dict[str, object] = action.model_dump()
    return {k: "a point" if isinstance(v, dict) else v for k, v in fields.items()}


def figures(answers: Sequence[Answer]) -> tuple[Figure, ...]:
    """Return the shares of right answers, with 95 % Wilson intervals, and the median distance."""
    found: list[Figure] = []
    for kind, name in (
        ("grounding", "click in the box"),
        ("absent", "nothing found where nothing is"),
        ("action", "action: kind and arguments equal"),
    ):
        rights = [answer.right for answer in answers if answer.kind == kind]
        if rights:
            found.append(share(name, sum(rights), len(rights)))
    acted = [answer for answer in answers if answer.kind == "action"]
    if acted:
        found.append(share("action: kind equal", sum(a.same_kind for a in acted), len(acted)))
    if apart := [a.distance for a in acted if a.distance is not None]:
        median = round(statistics.median(apart), 1)
        name = "median distance to the recorded point"
        found.append(Figure(name=name, value=median, unit="px", count=len(apart)))
    return tuple(found)


class Change(BaseModel):
    """How the answers changed: right only before, right only after, and by chance how likely.

    ``chance`` is the two-sided exact sign test's: how probably so uneven a change, or a more uneven
    one, comes of two models that are equally good (McNemar's test, exact).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lost: int
    won: int
    chance: float

    @property
    def words(self) -> str:
        """Return what the change amounts to."""
        if self.chance > 0.05:
            return "within noise: no difference is shown"
        return "better" if self.won > self.lost else "worse"


def change(before: Sequence[Answer], after: Sequence[Answer]) -> Change:
    """Compare two examinations of the same examples."""
    pairs = list(zip(before, after, strict=True))
    lost = sum(b.right and not a.right for b, a in pairs)
    won = sum(a.right and not b.right for b, a in pairs)
    count, fewer = lost + won, min(lost, won)
    tail = sum(math.comb(count, k) for k in range(fewer + 1)) / 2**count
    return Change(lost=lost, won=won, chance=round(min(1.0, 2 * tail), 4))
