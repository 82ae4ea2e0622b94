"""Train the pocket model, stage by stage, so that a kill costs minutes.

``python -m handrail.model.pocket.train --out FILE --stage NAME --minutes M [--init FILE]`` runs one
stage; started again with the same options it goes on where the state in ``--out`` stands: weights,
optimizers, steps, minutes spent, and so the rest of the schedule; no screen that these weights have
learned from is drawn again. ``recipe`` runs all stages from nothing.

The stages: ``read`` (dense text pages, characters and words), ``small`` (grounding on small
screens), ``tiles`` (tiles of whole screens, near-duplicates, instructions), ``acts`` (windows,
pages and phones with icons; asked for also by role, state and neighbour; double and right clicks,
keys, scrolling, drags and waiting; questions; episodes that were played), each with a decay at its
end where ``--decay`` says so.

What a step learns from hangs on the stage, the seed, the process and the step alone. With
``--steps`` in place of ``--minutes`` all else does, too: on a CPU the same options give the same
weights, bit for bit, as long as ``--world`` and ``--threads`` are the same.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from multiprocessing import parent_process
from pathlib import Path

import torch
from torch import Tensor

from handrail.model.errors import ModelError
from handrail.model.learning import Optimizers, learn_from
from handrail.model.pocket import drawing, fonts, lessons, losses, states
from handrail.model.pocket.asking import AskMix
from handrail.model.pocket.clerk import Clerk, Duties
from handrail.model.pocket.course import Course, Reached
from handrail.model.pocket.errors import Diverged, PocketError, RecipeEnded
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.losses import Scores, Weights
from handrail.model.pocket.network import TrainingNetwork, build, on
from handrail.model.pocket.peers import Peers, Seat
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.states import Kept

STAGES = {
    "read": Lesson((256, 192), 24, 0.75, None),
    "small": Lesson((256, 192), 14, 0.4, QueryMix(8, 1, 2), plans=8),
    "tiles": Lesson(lessons.TILE, 6, 0.12, QueryMix(14, 1, 6), plans=24),
    "acts": Lesson(
        lessons.TILE,
        6,
        0.08,
        QueryMix(14, 1, 6, phrased=0.4, acts=0.25, closing=0.3),
        plans=12,
        near=0.15,
        scenes=0.5,
        shots=0.2,
        acts=0.4,
        asks=AskMix(tile=3, plans=0.2),
        episodes=0.15,
        ground=0.15,
    ),
}


def loss_of(
    net: TrainingNetwork, batch: Batch, lesson: Lesson, weights: Weights, scores: Scores
) -> Tensor:
    """Return one step's loss, every part weighted."""
    seen = net.see(on(batch.images), batch.kept)
    total = torch.zeros(())
    if batch.letters is not None:
        total = weights.character * losses.reading(net, seen, on(batch.letters), scores)
        word, place = losses.runs(net, seen, batch.runs, scores)
        total = total + weights.word * word + weights.place * place
    total = total + weights.own * losses.own_place(net, seen, *lesson.grid, scores)
    if batch.asked is not None:
        read = net.read(seen, batch.asked)
        if batch.asked.areas:
            aim, point = losses.looking(read, batch.asked.areas, scores)
            total = total + weights.looking * aim + weights.pointing * point
        coordinate, token = losses.answers(net, read, batch.asked, scores)
        total = total + weights.coordinate * coordinate + weights.token * token
    if batch.plans is not None:
        read = net.read(None, batch.plans)
        _, token = losses.answers(net, read, batch.plans, scores)
        quoting = losses.quoting(read, batch.plans, scores)
        total = total + weights.token * token + weights.quoting * quoting
    return total


_NOT_MUON = ("embed", "lm_head", "merger.linear_fc1", "merger_list")
"""Tables; and the mergers' 1024 x 1024, whose orthogonalisation took a tenth of a step's time."""


def optimizers(net: TrainingNetwork, rate: float) -> Optimizers:
    """Return Muon for the matrices inside the towers, AdamW for tables, heads, norms and biases."""
    matrices = [
        p
        for n, p in net.model.named_parameters()
        if p.ndim == 2 and not any(part in n for part in _NOT_MUON)
    ]
    chosen = {id(p) for p in matrices}
    return Optimizers(matrices, [p for p in net.parameters() if id(p) not in chosen], rate)


@dataclass(frozen=True)
class Learner:
    """A network, its optimizers, what they learn from, and how many processes draw that."""

    net: TrainingNetwork
    optimizer: Optimizers
    lesson: Lesson
    workers: int = 1


def train(learner: Learner, course: Course, peers: Peers, clerk: Clerk | None) -> None:
    """Run a stage from where it stands to its end; ``clerk``: the first process's, else None.

    Raises Diverged, DrawingEnded, RecipeEnded, and TuningError where a state cannot be written.
    """
    net, scores = learner.net, Scores()
    if clerk is not None:
        clerk.begin(net)
    seed = course.drawn(peers.rank)
    for batch in drawing.stream(learner.lesson, seed, learner.workers, peers.step):
        step, minutes = peers.step, peers.minutes
        if course.share(step, minutes) >= 1:
            break
        torch.manual_seed(course.chance(peers.rank, step))
        with torch.autocast(net.embedding.device.type, torch.bfloat16):
            loss = loss_of(net, batch, learner.lesson, Weights(), scores)
        _check(loss, step)
        learn_from(loss, net.parameters(), learner.optimizer, course.rate_at(step, minutes))
        met = peers.after_step(net)
        if clerk is not None:
            clerk.after_step(net, learner.optimizer, peers, scores, met)
    peers.finish(net)
    if clerk is not None:
        clerk.end(net, learner.optimizer, peers)


def _check(loss: Tensor, step: int) -> None:
    """Stop where nothing more would be learned, or nobody waits for it."""
    if not math.isfinite(found := float(loss.detach())):
        raise Diverged(
            f"step {step + 1}: the loss is {found}, no number: start again for a try from the "
            "state kept last; if it comes back, a lower --learning-rate may help"
        )
    recipe = parent_process()
    if recipe is not None and not recipe.is_alive():
        raise RecipeEnded("the recipe that started this has ended: start it again to go on")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handrail.model.pocket.train")
    parser.add_argument("--out", type=Path, required=True, help="the state; beside it the log")
    parser.add_argument("--stage", choices=sorted(STAGES), required=True)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, default=0.0)
    length.add_argument("--steps", type=int, help="of each process; the same weights every time")
    parser.add_argument("--init", type=Path, help="a state, or a folder of shipped weights")
    parser.add_argument("--fresh-optimizer", action="store_true")
    parser.add_argument("--learning-rate", dest="rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="tiles a step")
    parser.add_argument("--plans", type=int, help="instructions a step, an even number")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--world", type=int, default=1, help="processes that learn together")
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--port", type=int, default=Seat.port)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw screens")
    parser.add_argument("--keep-every", type=float, default=Duties.keep, metavar="MINUTES")
    add_quiz_options(parser)
    return parser


def add_quiz_options(parser: argparse.ArgumentParser) -> None:
    """Add how often and how long the network is examined while it learns."""
    told = "examine the network now and then; 0: never"
    parser.add_argument(
        "--quiz-every", type=float, default=Duties.examine, metavar="MINUTES", help=told
    )
    told = "how many tiles are asked about"
    parser.add_argument("--quiz-tiles", type=int, default=Duties.tiles, metavar="N", help=told)


def _course(args: argparse.Namespace) -> Course:
    goes_on = args.init is not None and not args.init.is_dir() and not args.fresh_optimizer
    warm_up = 10 if goes_on else 60
    return Course(args.stage, args.minutes, args.rate, args.decay, args.seed, args.steps, warm_up)


def _begin(learner: Learner, kept: Kept, args: argparse.Namespace) -> Reached:
    """Go on from what is kept, or begin from ``--init`` or from nothing."""
    reached = kept.resume(learner.net, learner.optimizer)
    if reached is not None:
        return reached
    if args.init:
        found = states.load(learner.net, args.init)
        if found is not None and not args.fresh_optimizer:
            learner.optimizer.restore(found)
    if learner.lesson.acts:
        states.begin_later(learner.net, args.seed)
    return Reached()


def _run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    torch.set_default_device(args.device)
    net = TrainingNetwork(build(Shape(), args.seed)).to(args.device)
    course, lesson = _course(args), STAGES[args.stage]
    lesson = replace(lesson, batch=args.batch or lesson.batch, plans=args.plans or lesson.plans)
    learner = Learner(net, optimizers(net, args.rate), lesson, args.workers)
    subject = [asdict(course), str(args.init), lesson.batch, lesson.plans]
    kept = Kept(args.out, json.dumps(subject))
    reached = _begin(learner, kept, args)
    if course.over(reached, args.rank):
        if args.rank == 0:
            print(f"{args.stage} is done already: {args.out}")
        return
    duties = Duties(args.keep_every, args.quiz_every, args.quiz_tiles)
    clerk = None if args.rank else Clerk(kept, course, lesson, duties, reached)
    try:
        train(
            learner, course, Peers(Seat(args.rank, args.world, args.port), course, reached), clerk
        )
    finally:
        if clerk is not None:
            clerk.close()


def main(arguments: Iterable[str] | None = None) -> int:
    """Run one stage from the command line; return the exit code."""
    parser = _options()
    args = parser.parse_args(None if arguments is None else list(arguments))
    if args.plans is not None and args.plans % 2:
        parser.error("--plans must be an even number: instructions are learned in pairs")
    args.out.parent.mkdir(parents=True, exist_ok=True)  # before hours are spent
    if args.rank == 0 and (missing := fonts.shortage(fonts.TRAINING)):
        print(f"training draws with fewer fonts than it should: {missing}", file=sys.stderr)
    try:
        _run(args)
    except (PocketError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        if args.rank == 0:
            print("stopped: the same command goes on from the state kept last", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
