"""Train the pocket model from nothing to a checkpoint: ``python -m handrail.model.pocket.recipe``.

Runs the stages in order, on every core or on one GPU, and exports the weights. A stage that is done
is not done again, so a stopped recipe goes on where it was when it is started again.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.model.pocket.states import HEADS


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
    Stage("scenes", 180, 8e-4),
    Stage("acts", 240, 8e-4, 0.5),
)
"""For two cores with bfloat16 matrix units; ``--scale`` stretches it for others.

The shipped weights had the stages up to ``tiles``, in these minutes and several sittings. No stage
behind it has been run to its end yet, nor the recipe in one.
"""


@dataclass(frozen=True)
class Place:
    """Where to train: a device, how many processes learn together, how many draw screens each."""

    device: str
    world: int
    workers: int


def stages(last: str) -> tuple[Stage, ...]:
    """Return the recipe up to the stage ``last``. Raises ValueError where it has none of that."""
    return RECIPE[: [stage.lesson for stage in RECIPE].index(last) + 1]


def run(todo: Sequence[Stage], folder: Path, place: Place, scale: float) -> int:
    """Run what is left of the stages, then export; return the exit code of what failed first."""
    before: Path | None = None
    for number, stage in enumerate(todo):
        out = folder / f"{number}-{stage.lesson}.pt"
        done = out.with_suffix(".done")
        if not done.exists():
            print(f"stage {number + 1} of {len(todo)}: {stage.lesson}", flush=True)
            code = _train(stage, out, before, place, scale)
            if code:
                return code
            done.touch()
        before = out
    weights = Path(__file__).parent / "weights"
    command = [sys.executable, "-m", "handrail.model.pocket.export", str(before), str(weights)]
    command += ["--heads", str(HEADS)]
    return subprocess.run(command, check=False).returncode


def _train(stage: Stage, out: Path, before: Path | None, place: Place, scale: float) -> int:
    """Start the trainer's processes and wait for all of them; return the worst exit code."""
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "handrail.model.pocket.train", "--out", str(out),
        "--stage", stage.lesson, "--minutes", str(stage.minutes * scale),
        "--learning-rate", str(stage.rate), "--decay", str(stage.decay),
        "--device", place.device, "--workers", str(place.workers), "--threads", "1",
        "--world", str(place.world),
    ]  # fmt: skip
    if before is not None:
        command += ["--init", str(before)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen([*command, "--rank", str(rank)], env=environment)
        for rank in range(place.world)
    ]
    return max(abs(process.wait()) for process in running)


def _place(device: str) -> Place:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return Place("cpu", cores, 1) if device == "cpu" else Place(device, 1, max(1, cores - 1))


def main(arguments: Sequence[str] | Iterable[str] | None = None) -> int:
    """Run the recipe from the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.model.pocket.recipe", description=__doc__
    )
    parser.add_argument("--folder", type=Path, default=Path("build/pocket"), help="where states go")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--scale", type=float, default=1.0, help="stretch every stage's time")
    names = [stage.lesson for stage in RECIPE]
    told = "the last stage; the training of the shipped weights ended with tiles"
    parser.add_argument("--until", choices=names, default=names[-1], help=told)
    args = parser.parse_args(None if arguments is None else list(arguments))
    todo = stages(args.until)
    total = sum(stage.minutes for stage in todo) * args.scale
    print(f"training takes {total:.0f} minutes, then the weights are exported", flush=True)
    return run(todo, args.folder, _place(args.device), args.scale)


if __name__ == "__main__":
    sys.exit(main())
