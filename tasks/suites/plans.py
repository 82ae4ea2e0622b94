"""Measure planning without a screen: ``python -m handrail.tasks.suites.plans``.

Instructions are drawn as training draws them, from seeds of their own: those of clicks and typing
apart from those with keys, other clicks, scrolling and waiting too. Before each step, with the true
steps before it as its history, the model is asked what comes next; places are taken as found.
Writes ``plans.json``.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.history import Step
from handrail.agent.parse import parse
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposal import Proposal
from handrail.model.errors import ModelError, UnsupportedError
from handrail.model.pocket import instructions, plans, vocabulary
from handrail.model.pocket.instructions import Goal, Move
from handrail.model.tile_format import load_format
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate import add_model, chosen_model, publish
from handrail.tasks.results.result import Figure, measured, share
from handrail.tasks.run_model import ModelChoice, model_folder

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from tokenizers import Tokenizer

    from handrail.agent.proposer import Proposer

DEFAULT_COUNT = 100
FIRST_SEED = 800_000
SHARES = {"click and type": 0.0, "all actions": 0.5}
"""Kinds of instructions, by the share of their clauses that ask for more than click and type."""
_SIDE = 448
_MIDDLE = 500
_GEOMETRY = ScreenGeometry(width=_SIDE, height=_SIDE)


@dataclass(frozen=True)
class Planned:
    """An instruction, and which of its steps were planned right, the end as the last of them."""

    goal: Goal
    right: tuple[bool, ...]


def load_planner(choice: ModelChoice) -> "Proposer":
    """Load a tile-trained checkpoint that finds every name in the middle. Raises ModelError."""
    from handrail.model.grounder import open_engine
    from handrail.model.grounding import Pointed
    from handrail.model.hinted import Named
    from handrail.model.tile_grounder import Look, TileGrounder

    class Blind(TileGrounder):
        def look(
            self, image: Image.Image, text: str, said: str, named: Sequence[Named] = ()
        ) -> Look:
            return Look(Pointed(_MIDDLE / 1000, _MIDDLE / 1000, 1.0, 0.0), 0)

    folder = model_folder(choice.model)
    form = load_format(folder)
    if form is None:
        raise UnsupportedError(
            f"{folder} plans and looks in one: this measures checkpoints with a handrail.json"
        )
    engine = open_engine(folder, choice.device, choice.dtype, choice.threads)
    return PocketProposer(engine, form, Blind(engine, form))


def drawn(count: int, share_of_acts: float) -> list[Goal]:
    """Return the suite's instructions of one kind: each has a seed of its own."""
    if not share_of_acts:
        return [plans.goal(random.Random(FIRST_SEED + i)) for i in range(count)]
    chosen: list[Goal] = []
    seed = FIRST_SEED
    while len(chosen) < count:
        goal = plans.goal(random.Random(seed), share_of_acts)
        chosen += [goal] if any(kind_of(m) not in ("click", "type") for m in goal.moves) else []
        seed += 1
    return chosen


def planned(proposer: "Proposer", goal: Goal) -> Planned:
    """Ask for every step of an instruction, each after the true steps before it."""
    expected = [right_reply(move) for move in (*goal.moves, Move())]
    right = []
    for at, wanted in enumerate(expected):
        history = [Step(i, reply) for i, reply in enumerate(expected[:at], start=1)]
        said = proposer.propose(goal.text, history, _seen())
        right.append(
            isinstance(said, Proposal) and (said.action, said.line) == (wanted.action, wanted.line)
        )
    return Planned(goal, tuple(right))


def kind_of(move: Move) -> str:
    """Return what a step's figure is called."""
    if move.click is not None:
        return move.way
    if move.do is not None:
        return "press" if move.do.startswith("press ") else move.do
    return "end" if move.type is None else "type"


def plan_figures(kind: str, done: Sequence[Planned]) -> tuple[Figure, ...]:
    """Return the instructions without a slip, the steps planned right, and those by their kind."""
    steps = [
        (kind_of(move), right)
        for one in done
        for move, right in zip((*one.goal.moves, Move()), one.right, strict=True)
    ]
    whole = sum(all(one.right) for one in done)
    all_of, right_of = Counter(k for k, _ in steps), Counter(k for k, right in steps if right)
    return (
        share(f"{kind}: no slip", whole, len(done)),
        share(f"{kind}: steps right", right_of.total(), all_of.total()),
        *(share(f"{kind}: {k}", right_of[k], all_of[k]) for k in sorted(all_of)),
    )


def right_reply(move: Move) -> Proposal:
    """Return the reply that is right for a step; a place is in the middle."""
    text = _tokenizer().decode(instructions.answer(move))
    if move.click is not None:
        text += vocabulary.call(move.way) + vocabulary.x_text(_MIDDLE) + vocabulary.y_text(_MIDDLE)
    made = parse(text, _GEOMETRY)
    assert isinstance(made, Proposal), made
    return made


@lru_cache(maxsize=1)
def _tokenizer() -> "Tokenizer":
    return vocabulary.tokenizer()


def _seen() -> Observation:
    return Observation(Image.new("RGB", (_SIDE, _SIDE)), _GEOMETRY, 0.0, Surface("fake", "blank"))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.plans", description=__doc__
    )
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_model(parser)
    arguments = parser.parse_args(argv)
    try:
        proposer = load_planner(chosen_model(arguments))
        figures: list[Figure] = []
        for kind, acts in SHARES.items():
            done = [planned(proposer, goal) for goal in drawn(arguments.count, acts)]
            figures += plan_figures(kind, done)
            say(f"{kind}: {len(done)} instructions")
    except ModelError as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = "Planning of the pocket model without a screen, the steps before told"
    command = f"python -m handrail.tasks.suites.plans --count {arguments.count}"
    publish(measured("plans", title, command, FIRST_SEED, figures), arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
