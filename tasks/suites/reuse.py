"""Measure what reuse saves: ``python -m handrail.tasks.suites.reuse``.

A run of 20 steps, each with a new screenshot and the default history, is read with reuse and
without in one go, and the logits are compared. Beside it an unchanged screen, the pocket model with
one corner of the screen changed, and the passes of replies that are held to the tool call's
grammar. The weights are drawn: what is read takes the same work whatever they are. The default
size is small; ``--size 2b`` has the dimensions of Qwen3-VL-2B in float32, which takes 9 GB and
hours on two cores. Times are the processor's, which neighbours on a shared machine disturb less
than the clock's. Writes ``reuse.json``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from handrail.model.errors import ModelError
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, TaskError, exit_code
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.run_model import POCKET, model_folder
from handrail.tasks.suites.reuse_model import SIZES, random_engine
from handrail.tasks.suites.reuse_rows import Screen, conversation, forwards, tiles

SEED = 1
_LEAST_STEPS = 6


def measure(arguments: argparse.Namespace) -> tuple[Figure, ...]:
    """Take every measurement. Raises ModelError, and CheckFailed where reuse changes a reply."""
    import torch

    from handrail.model.grounder import open_engine
    from handrail.model.reader import Reader, ReuseBudget
    from handrail.model.tile_format import load_format
    from handrail.model.tile_grounder import TileGrounder

    torch.set_num_threads(arguments.threads)
    folder = model_folder(POCKET)
    screen = Screen(arguments.width, arguments.height)
    engine = random_engine(folder, SIZES[arguments.size], SEED)
    say("replies that are held to the tool call's grammar")
    passes = forwards(engine)
    say(f"a run of {arguments.steps} steps on a screen of {screen.width}x{screen.height}")
    engine.reader.forget()
    plain = Reader(engine.network, ReuseBudget(0, 0))
    steps = conversation(engine, plain, screen, arguments.steps)
    del engine, plain
    say("the pocket model's tiles")
    form = load_format(folder)
    assert form is not None, "the pocket model looks at tiles"
    looks = tiles(TileGrounder(open_engine(folder, dtype="float32"), form), screen)
    return (*steps, *looks, *passes)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        found = measure(arguments)
    except (ModelError, TaskError) as error:
        complain(str(error))
        return exit_code(error) if isinstance(error, TaskError) else ExitCode.ENVIRONMENT
    size = f"{arguments.width}x{arguments.height}"
    title = f"Reuse in a run of {arguments.steps} steps, {size}, drawn weights ({arguments.size})"
    command = "python -m handrail.tasks.suites.reuse"
    command += f" --size {arguments.size} --steps {arguments.steps} --width {arguments.width}"
    command += f" --height {arguments.height} --threads {arguments.threads}"
    publish(measured("reuse", title, command, SEED, found), arguments.results)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.reuse", description=__doc__
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--steps", type=_steps, default=20, metavar="N")
    parser.add_argument("--width", type=int, default=1024, metavar="PIXELS")
    parser.add_argument("--height", type=int, default=768, metavar="PIXELS")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    return parser


def _steps(text: str) -> int:
    number = int(text)
    if number < _LEAST_STEPS:
        raise argparse.ArgumentTypeError(f"must be at least {_LEAST_STEPS}")
    return number


if __name__ == "__main__":
    sys.exit(main())
