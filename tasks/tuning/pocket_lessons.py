"""Turn examples into what the pocket model learns: names to find, and instructions with steps.

It says one of three things: click a name, type a text, all is done; names and texts are words of
the instruction. What it has no words for is left out.
"""

import re
from collections.abc import Sequence

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.agent.stand_in import StandIns
from handrail.model.pocket.instructions import Move
from handrail.model.pocket.tuning import Episode, Look, Rows
from handrail.tasks.tuning.example import Done, Example, LeftOut

_CLICK = re.compile(r"click (\S.*)", re.IGNORECASE)
_AROUND = (16, 10)
"""Half of the box, in pixels, that is looked at where only a point is known: a line of text's."""


def lessons_of(examples: Sequence[Example]) -> tuple[Rows, tuple[LeftOut, ...]]:
    """Return the pocket model's rows, and what it cannot learn."""
    looks: list[Look] = []
    episodes: dict[str, Episode] = {}
    left_out: list[LeftOut] = []
    for example in examples:
        if example.row is not None:
            name = example.goal.removeprefix("click ")  # as it is asked when it is examined
            looks.append(Look(example.image, name, example.row.box, f"click {name}"))
            continue
        words = StandIns(example.goal)
        goal = words.put(example.goal)
        done = [_move(step, goal, words) for step in example.before]
        move = _move(Done(example.action, example.line), goal, words)
        said = next((why for why in (*done, move) if isinstance(why, str)), "")
        moves = tuple(one for one in (*done, move) if isinstance(one, Move))
        if said:
            left_out.append(LeftOut(example.where, said))
            continue
        if isinstance(example.action, Click) and moves[-1].click:
            looks.append(Look(example.image, moves[-1].click, _box(example), goal, moves[:-1]))
        ended = moves[-1] == Move()
        # a later step of the same run tells all of the earlier ones
        episodes[example.episode] = Episode(goal, moves[:-1] if ended else moves, ended)
    return Rows(tuple(looks), tuple(episodes.values())), tuple(left_out)


def _move(step: Done, goal: str, words: StandIns) -> Move | str:
    """Return a step in the model's words, or why there are none."""
    match step.action:
        case Click(button="left", count=1):
            name = _named(words.put(step.line), goal)
            return (
                Move(click=name)
                if name
                else (
                    "a click is learned by what its line names ('click NAME', in words of the "
                    "instruction), and this one's names nothing"
                )
            )
        case Type(text=text):
            quoted = words.put(text)
            return (
                Move(type=quoted)
                if quoted and quoted in goal
                else ("the pocket model types only words of the instruction")
            )
        case Terminate(status="success"):
            return Move()
    return f"the pocket model has no words for this action ({_kind(step.action)})"


def _kind(action: Action) -> str:
    return action.kind


def _named(line: str, goal: str) -> str:
    """Return the words of a goal that a line says to click; a goal without a line names itself."""
    told = _CLICK.fullmatch((line or goal).strip())
    name = told[1] if told else ("" if line else goal)
    quoted = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", goal) if name else None
    return name if quoted else ""


def _box(example: Example) -> tuple[float, float, float, float]:
    assert isinstance(example.action, Click)
    point, (wide, tall) = example.action.point, _AROUND
    return (
        max(0, point.x - wide), max(0, point.y - tall),
        min(example.size[0], point.x + wide), min(example.size[1], point.y + tall),
    )  # fmt: skip
