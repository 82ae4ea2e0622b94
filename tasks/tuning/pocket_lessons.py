"""Turn examples into what the pocket model learns: names to find, and instructions with steps.

What it has no words for is left out (``pocket_words`` says what it has words for).
"""

from collections.abc import Sequence

from handrail.actuators.actions import points
from handrail.agent.stand_in import StandIns
from handrail.model.pocket.instructions import Move
from handrail.model.pocket.rows import Episode, Look, Rows, is_act
from handrail.tasks.tuning.example import Done, Example, LeftOut
from handrail.tasks.tuning.pocket_words import Speech, move_of

_AROUND = (16, 10)
"""Half of the box, in pixels, that is looked at where only a point is known: a line of text's."""


def lessons_of(examples: Sequence[Example], speech: Speech) -> tuple[Rows, tuple[LeftOut, ...]]:
    """Return a pocket model's rows, and what it cannot learn."""
    looks: list[Look] = []
    episodes: dict[str, Episode] = {}
    left_out: list[LeftOut] = []
    for example in examples:
        if example.row is not None:
            name = example.goal.removeprefix("click ")  # as it is asked when it is examined
            looks.append(Look(example.image, name, example.row.box, f"click {name}"))
            continue
        goal = StandIns(example.goal).put(example.goal)
        steps = (*example.before, Done(example.action, example.line))
        said = [move_of(step, example.goal, speech) for step in steps]
        moves = tuple(one for one in said if isinstance(one, Move))
        if why := next((one for one in said if isinstance(one, str)), ""):
            left_out.append(LeftOut(example.where, why))
            continue
        last = moves[-1]
        if last.click and is_act(last.way):
            box = _box(example)
            looks.append(Look(example.image, last.click, box, goal, moves[:-1], last.way))
        ended = last == Move()
        # a later step of the same run tells all of the earlier ones
        episodes[example.episode] = Episode(goal, moves[:-1] if ended else moves, ended)
    return Rows(tuple(looks), tuple(episodes.values())), tuple(left_out)


def _box(example: Example) -> tuple[float, float, float, float]:
    point, (wide, tall) = points(example.action)[-1], _AROUND
    return (
        max(0, point.x - wide), max(0, point.y - tall),
        min(example.size[0], point.x + wide), min(example.size[1], point.y + tall),
    )  # fmt: skip
