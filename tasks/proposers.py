"""Proposers on one loaded model, for runs that are played side by side."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import ModelProposer, Proposer
from handrail.model.tile_format import load_format
from handrail.tasks.run_model import (
    ModelChoice,
    chosen_engine,
    load_proposer,
    make_proposer,
    model_folder,
)

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.engine import Engine
    from handrail.model.together import Together

Casting = Callable[[], Proposer]
"""Makes a proposer for one run."""


@contextmanager
def proposers(choice: ModelChoice, parallel: int) -> Iterator[Casting]:
    """Load a model, and make a proposer for each of the runs of which so many are played at once.

    A published checkpoint writes the replies of all in the same passes. The pocket model, whose
    looks at tiles are large passes of their own, computes for one run at a time; each of its runs
    begins with nothing read, so that it computes the same numbers whatever is played beside it.
    Raises ModelError.
    """
    if choice.remote is not None:
        remote = load_proposer(choice)
        yield lambda: remote
        return
    folder = model_folder(choice.model)
    engine = chosen_engine(choice, folder)
    if load_format(folder) is not None:
        turns = threading.Lock()
        yield lambda: InTurn(make_proposer(engine.apart(), folder, choice.screenshots), turns)
    elif parallel == 1:
        yield lambda: ModelProposer(engine, choice.screenshots)
    else:
        with _together(engine, parallel) as casting:
            yield lambda: ModelProposer(casting, choice.screenshots)


@contextmanager
def _together(engine: "Engine", parallel: int) -> "Iterator[Together]":
    from handrail.model import memory
    from handrail.model.reader import ReuseBudget
    from handrail.model.together import Together

    free = memory.room(engine.device).free
    engine.reuse(ReuseBudget.beside(engine.network, free, parallel))
    with Together(engine, parallel) as made:
        yield made


@dataclass(frozen=True)
class InTurn:
    """A proposer that thinks while no other does that takes the same turns."""

    inner: Proposer
    turns: threading.Lock

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return what the proposer says, once it is its turn. Raises ModelError."""
        with self.turns:
            return self.inner.propose(goal, history, observation)
