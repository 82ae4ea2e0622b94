"""A tiny training for tests: a network with few weights, and small screens.

As a program: ``python small_training.py STATE STEPS [RANK PORT]`` trains to its end unless it is
killed, keeps every step, and says so in a line; with RANK and PORT it is one of two processes.
"""

import sys
from pathlib import Path

import torch

from handrail.model.pocket import train
from handrail.model.pocket.clerk import Clerk, Duties
from handrail.model.pocket.course import Course, Reached
from handrail.model.pocket.lessons import Lesson
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.peers import Peers, Seat
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.states import Kept
from handrail.model.pocket.train import Learner

LESSON = Lesson((128, 96), 1, 0.5, QueryMix(3, 1, 1), plans=2)
UNSEEN = Duties(keep=1e-9, examine=0.0)
EXAMINED = Duties(keep=1e-9, examine=1e-9, tiles=1)


def trained(
    state: Path, steps: int, seat: Seat | None = None, workers: int = 1, duties: Duties = UNSEEN
) -> TrainingNetwork:
    """Train from what is kept in ``state``, or from nothing, to the end; return the network."""
    torch.set_num_threads(1)
    seat = seat or Seat()
    net = TrainingNetwork(build(Shape(64, 4, 256, 5), seed=1))
    course = Course("small", 0.0, 1e-3, 0.5, seed=1, steps=steps, warm_up=2)
    learner = Learner(net, train.optimizers(net, course.rate), LESSON, workers)
    kept = Kept(state, f"small {steps}")
    reached = kept.resume(net, learner.optimizer) or Reached()
    clerk = None if seat.rank else Clerk(kept, course, LESSON, duties, reached)
    train.train(learner, course, Peers(seat, course, reached), clerk)
    if clerk is not None:
        clerk.close()
    return net


if __name__ == "__main__":
    chosen = Seat(int(sys.argv[3]), 2, int(sys.argv[4])) if len(sys.argv) > 3 else None
    trained(Path(sys.argv[1]), int(sys.argv[2]), chosen, duties=EXAMINED)
