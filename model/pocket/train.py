"""Train the pocket model, stage by stage, and keep what is needed to go on after a stop.

``python -m handrail.model.pocket.train --out FILE --stage NAME --minutes M [--init FILE]`` runs one
stage; ``recipe`` runs all of them from nothing. The stages: ``read`` (dense text pages, characters
and words), ``small`` (grounding on small screens), ``tiles`` (tiles of whole screens,
near-duplicates, instructions), ``scenes`` (windows, pages and phones with icons; asked for also by
role, state and neighbour), ``acts`` (all of ``scenes``, and double and right clicks, keys,
scrolling and waiting, and questions), each with a decay at its end where ``--decay`` says so.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from handrail.model import learning
from handrail.model.learning import Optimizers, learn_from
from handrail.model.pocket import fonts, lessons, losses, states
from handrail.model.pocket.asking import AskMix
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.losses import Scores, Weights
from handrail.model.pocket.network import TrainingNetwork, build, on
from handrail.model.pocket.peers import Peers
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.shape import Shape

_SCENES = Lesson(
    lessons.TILE,
    6,
    0.08,
    QueryMix(14, 1, 6, phrased=0.4),
    plans=16,
    near=0.15,
    scenes=0.5,
    shots=0.2,
)
_ACTS = replace(
    _SCENES,
    ground=0.15,
    mix=QueryMix(14, 1, 6, phrased=0.4, acts=0.25, closing=0.3),
    plans=24,
    acts=0.4,
    asks=AskMix(tile=5, plans=0.2),
)
STAGES = {
    "read": Lesson((256, 192), 24, 0.75, None),
    "small": Lesson((256, 192), 14, 0.4, QueryMix(8, 1, 2), plans=8),
    "tiles": Lesson(lessons.TILE, 6, 0.12, QueryMix(14, 1, 6), plans=24),
    "scenes": _SCENES,
    "acts": _ACTS,
}


@dataclass(frozen=True)
class Course:
    """How long and how fast: minutes of wall time, learning rate, share of the time that decays."""

    minutes: float
    rate: float
    decay: float
    seed: int
    workers: int = 1
    peers: Peers = field(default_factory=lambda: Peers(0, 1, 0, 0))
    warm_up: int = 60


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


def _rate(course: Course, step: int, spent: float) -> float:
    warm = min(1.0, (step + 1) / course.warm_up)
    left = 1 - spent / course.minutes
    return (
        course.rate
        * warm
        * (1.0 if left > course.decay else max(0.03, left / max(1e-6, course.decay)))
    )


def train(
    net: TrainingNetwork,
    lesson: Lesson,
    course: Course,
    out: Path,
    resume: list[dict[str, Any]] | None,
) -> None:
    """Run one stage; save to ``out`` every four minutes and at the end."""
    optimizer, scores = optimizers(net, course.rate), Scores()
    if resume is not None:
        optimizer.restore(resume)
    log = out.with_suffix(f".{course.peers.rank}.log").open("a")
    saved, step = 0.0, 0
    for batch in lessons.stream(lesson, course.seed, course.workers):
        spent = course.peers.minutes
        if spent >= course.minutes:
            break
        with torch.autocast(net.embedding.device.type, torch.bfloat16):
            loss = loss_of(net, batch, lesson, Weights(), scores)
        learn_from(loss, net.parameters(), optimizer, _rate(course, step, spent))
        course.peers.after_step(net)
        step += 1
        if course.peers.rank:
            continue
        if step % 25 == 0:
            _report(log, {"step": step, "minutes": round(spent, 2), **_rounded(scores)})
        if spent - saved > 4:
            saved = spent
            save(net, optimizer, out)
    course.peers.finish(net)
    if course.peers.rank == 0:
        save(net, optimizer, out)
    _report(log, {"done": step, **_rounded(scores)})


def _rounded(scores: Scores) -> dict[str, float]:
    return {k: round(s, 3) for k, s in scores.values.items()}


def _report(log: "object", figures: dict[str, object]) -> None:
    line = json.dumps(figures)
    print(line, flush=True)
    print(line, file=log, flush=True)  # type: ignore[call-overload]


def save(net: TrainingNetwork, optimizer: Optimizers, out: Path) -> None:
    """Write weights and optimiser state so that a reader never sees half of them."""
    out.parent.mkdir(parents=True, exist_ok=True)
    learning.save({"net": net.state_dict(), "optimizer": optimizer.state()}, out)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run one stage from the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="handrail.model.pocket.train")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stage", choices=sorted(STAGES), required=True)
    parser.add_argument("--minutes", type=float, required=True)
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
    parser.add_argument("--port", type=int, default=29511)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw screens")
    args = parser.parse_args(None if arguments is None else list(arguments))
    if args.plans is not None and args.plans % 2:
        parser.error("--plans must be an even number: instructions are learned in pairs")
    args.out.parent.mkdir(parents=True, exist_ok=True)  # before hours are spent
    if args.rank == 0 and (missing := fonts.shortage(fonts.TRAINING)):
        print(f"training draws with fewer fonts than it should: {missing}", file=sys.stderr)
    torch.set_num_threads(args.threads)
    torch.set_default_device(args.device)
    torch.manual_seed(args.seed)
    net, resume = TrainingNetwork(build(Shape(), args.seed)).to(args.device), None
    if args.init:
        found = states.load(net, args.init)
        resume = None if args.fresh_optimizer else found
    peers = Peers(args.rank, args.world, args.port, args.minutes)
    lesson = STAGES[args.stage]
    if lesson.acts:
        states.begin_later(net, args.seed)
    seed = args.seed * 100 + args.rank
    warm_up = 60 if resume is None else 10
    course = Course(args.minutes, args.rate, args.decay, seed, args.workers, peers, warm_up)
    lesson = replace(lesson, batch=args.batch or lesson.batch, plans=args.plans or lesson.plans)
    try:
        train(net, lesson, course, args.out, resume)
    except PocketError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
