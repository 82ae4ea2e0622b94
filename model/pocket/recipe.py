"""Train the pocket model from nothing to a checkpoint: ``python -m handrail.model.pocket.recipe``.

Runs the stages in order, on every core or on one GPU, draws the learning curves and exports the
weights into ``FOLDER/weights``. A stopped recipe goes on where it was when it is started again with
the same options. ``--from FOLDER --stages acts`` begins with weights that are there.
"""

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path

from handrail.model.pocket import train
from handrail.model.pocket.states import HEADS_FILE


@dataclass(frozen=True)
class Stage:
    """One run of the trainer: lesson, minutes of wall time, learning rate, share that decays."""

    lesson: str
    minutes: float
    rate: float
    decay: float = 0.0


RECIPE = (
    Stage("read", 40, 1.5e-3),
    Stage("small", 15, 1.2e-3),
    Stage("tiles", 390, 1.1e-3, 0.5),
    Stage("acts", 150, 8e-4, 0.75),
)
"""For two cores with bfloat16 matrix units; ``--scale`` stretches it for others.

The weights that ship had these stages in several sittings, the last one shorter: see the README.
The recipe has not been run from its beginning to its end in one.
"""


@dataclass(frozen=True)
class Place:
    """Where to train: a device, how many processes learn together, how many draw screens each."""

    device: str
    world: int
    workers: int


@dataclass(frozen=True)
class Plan:
    """What to train: from which weights (None: from nothing), for how long, with which seed.

    ``scale`` stretches the minutes; ``pace`` takes that many steps in place of each of them. What
    else the trainer is told stands in ``more``.
    """

    stages: tuple[Stage, ...]
    source: Path | None
    scale: float
    pace: float | None
    seed: int
    more: tuple[str, ...] = ()


def stages(names: Sequence[str]) -> tuple[Stage, ...]:
    """Return the named stages in the recipe's order."""
    return tuple(stage for stage in RECIPE if stage.lesson in names)


def run(plan: Plan, folder: Path, place: Place) -> int:
    """Run what is left of the stages, then export; return the exit code of what failed first."""
    before = plan.source
    for number, stage in enumerate(plan.stages, start=1):
        out = folder / f"{RECIPE.index(stage)}-{stage.lesson}.pt"
        print(f"stage {number} of {len(plan.stages)}: {stage.lesson}", flush=True)
        if code := _train([*_told(plan, stage, before), "--out", str(out)], place):
            return code
        before = out
    # what a plot lacks is no reason to lose the weights
    _module("curves", str(folder), "--out", str(folder / "curves.png"))
    weights = folder / "weights"
    print(f"the weights go to {weights}", flush=True)
    return _module("export", str(before), str(weights), "--heads", str(weights / HEADS_FILE))


def _told(plan: Plan, stage: Stage, before: Path | None) -> list[str]:
    minutes = stage.minutes * plan.scale
    length = ["--minutes", f"{minutes:g}"]
    if plan.pace is not None:
        length = ["--steps", str(max(1, round(minutes * plan.pace)))]
    return [
        "--stage", stage.lesson, *length, "--seed", str(plan.seed),
        "--learning-rate", str(stage.rate), "--decay", str(stage.decay),
        *([] if before is None else ["--init", str(before)]), *plan.more,
    ]  # fmt: skip


def _module(name: str, *arguments: str) -> int:
    command = [sys.executable, "-m", f"handrail.model.pocket.{name}", *arguments]
    return subprocess.run(command, check=False).returncode


def _train(told: Sequence[str], place: Place) -> int:
    """Start the trainer's processes and wait for all of them; return the worst exit code.

    They end by themselves where this process is killed, and all of them where one fails.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    context = get_context("spawn")
    shared = [
        *told, "--device", place.device, "--workers", str(place.workers), "--threads", "1",
        "--world", str(place.world), "--port", str(_free_port()),
    ]  # fmt: skip
    running = [
        context.Process(target=_trainer, args=([*shared, "--rank", str(rank)],))
        for rank in range(place.world)
    ]
    for process in running:
        process.start()
    waiting = {process.sentinel: process for process in running}
    while waiting:
        for ended in connection.wait(list(waiting)):
            process = waiting.pop(int(str(ended)))
            process.join()
            for other in waiting.values() if process.exitcode else ():
                other.terminate()
    return max(abs(process.exitcode or 0) for process in running)


def _trainer(arguments: list[str]) -> None:
    sys.exit(train.main(arguments))


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _place(device: str) -> Place:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return Place("cpu", cores, 1) if device == "cpu" else Place(device, 1, max(1, cores - 1))


def _options() -> argparse.ArgumentParser:
    names = [stage.lesson for stage in RECIPE]
    parser = argparse.ArgumentParser(
        prog="python -m handrail.model.pocket.recipe", description=__doc__
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/pocket"), help="where states, logs, weights go"
    )
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--scale", type=float, default=1.0, help="stretch every stage's time")
    told = "take so many steps in place of each minute: the same weights every time, on a CPU"
    parser.add_argument("--pace", type=float, metavar="STEPS", help=told)
    parser.add_argument(
        "--seed", type=int, default=1, help="of what is drawn, and of first weights"
    )
    parser.add_argument(
        "--stages", nargs="+", choices=names, default=names, metavar="STAGE", help=", ".join(names)
    )
    told = "begin with these weights, and not from nothing"
    parser.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help=told)
    train.add_quiz_options(parser)
    return parser


def main(arguments: Sequence[str] | Iterable[str] | None = None) -> int:
    """Run the recipe from the command line; return the exit code."""
    parser = _options()
    args = parser.parse_args(None if arguments is None else list(arguments))
    todo = stages(args.stages)
    if args.source is None and todo[0] != RECIPE[0]:
        parser.error(f"{todo[0].lesson} begins with weights: name them with --from")
    if args.source is not None and not (args.source / "model.safetensors").is_file():
        parser.error(f"--from {args.source}: there are no weights in it")
    total = sum(stage.minutes for stage in todo) * args.scale
    length = f"{total:.0f} minutes" if args.pace is None else f"{total * args.pace:.0f} steps"
    print(f"training takes {length}, then the weights are exported", flush=True)
    more = ("--quiz-every", f"{args.quiz_every:g}", "--quiz-tiles", str(args.quiz_tiles))
    plan = Plan(todo, args.source, args.scale, args.pace, args.seed, more)
    try:
        return run(plan, args.folder, _place(args.device))
    except KeyboardInterrupt:
        return 130  # the trainer has said how to go on


if __name__ == "__main__":
    sys.exit(main())
