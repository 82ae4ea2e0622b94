"""Measure what batching saves: ``python -m handrail.tasks.suites.batching``.

One, two, four and eight replies of one agent's prompt and different questions are written in one
batch, and one after the other, in interleaved rounds; the tokens must be the same. The weights are
drawn: what is written takes the same work whatever they are. Both sides begin with nothing read.
Times are the processor's, which neighbours on a shared machine disturb less than the clock's.
Writes ``batching.json``.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import CheckFailed, ExitCode, TaskError, exit_code
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.run_model import POCKET, model_folder
from handrail.tasks.suites.reuse_model import SIZES, random_engine

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.batch_run import Event
    from handrail.model.engine import Engine
    from handrail.model.messages import Message

SEED = 1
RUNS = (1, 2, 4, 8)
_GOAL = "Open the report, choose the second page and save it as a PDF. "
_TOLD = 12
"""How often the goal is told: a prompt as long as a short history."""


def measure(arguments: argparse.Namespace) -> tuple[Figure, ...]:
    """Take every measurement. Raises ModelError, and CheckFailed where a batch changes a reply."""
    import torch

    torch.set_num_threads(arguments.threads)
    engine = random_engine(model_folder(POCKET), SIZES[arguments.size], SEED)
    figures = [Figure(name="load average", value=round(os.getloadavg()[0], 2),
                      note="what else ran when this began: 0 on a quiet machine")]  # fmt: skip
    for count in RUNS:
        say(f"{count} at once")
        figures += _compared(engine, count, arguments)
    return tuple(figures)


def _compared(engine: "Engine", count: int, arguments: argparse.Namespace) -> list[Figure]:
    from handrail.model.messages import Message, TextPart

    asked = [
        [Message("user", [TextPart(f"{_GOAL * _TOLD}Question {number}: which page?")])]
        for number in range(count)
    ]
    ours: list[float] = []
    theirs: list[float] = []
    tokens = 0
    for _ in range(arguments.rounds):
        together, seconds = _together(engine, asked, arguments.tokens)
        ours.append(seconds)
        alone, seconds = _one_by_one(engine, asked, arguments.tokens)
        theirs.append(seconds)
        if together != alone:
            raise CheckFailed(f"{count} replies in a batch are others than one after the other")
        tokens = sum(len(reply) for reply in alone)
    here, there = (tokens / statistics.median(seconds) for seconds in (ours, theirs))
    unit, rounds = "tokens per second of a core", arguments.rounds
    return [
        Figure(name=f"{count} in a batch", value=round(here, 1), unit=unit, count=rounds),
        Figure(name=f"{count} one after the other", value=round(there, 1), unit=unit, count=rounds),
        Figure(name=f"{count} in a batch, times quicker", value=round(here / there, 2)),
    ]


def _together(
    engine: "Engine", asked: Sequence[list["Message"]], tokens: int
) -> tuple[list[list[int]], float]:
    from handrail.model.batch import Batch
    from handrail.model.generation import Token
    from handrail.model.sampling import GenerateOptions

    engine.reader.forget()
    replies: list[list[int]] = [[] for _ in asked]

    def hearing(reply: list[int], event: "Event") -> None:
        if isinstance(event, Token):
            reply.append(event.id)
        elif isinstance(event, Exception):
            raise CheckFailed(f"a reply failed: {event}")

    began, batch = time.process_time(), Batch(engine)
    options = GenerateOptions(max_new_tokens=tokens)
    for reply, messages in zip(replies, asked, strict=True):
        batch.add(engine.ask(messages, (), options), partial(hearing, reply))
    while batch.step():
        pass
    return replies, time.process_time() - began


def _one_by_one(
    engine: "Engine", asked: Sequence[list["Message"]], tokens: int
) -> tuple[list[list[int]], float]:
    from handrail.model.sampling import GenerateOptions

    engine.reader.forget()
    began, options = time.process_time(), GenerateOptions(max_new_tokens=tokens)
    replies = [list(engine.generate(messages, (), options).token_ids) for messages in asked]
    return replies, time.process_time() - began


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    from handrail.model.errors import ModelError

    arguments = _parser().parse_args(argv)
    try:
        found = measure(arguments)
    except (ModelError, TaskError) as error:
        complain(str(error))
        return exit_code(error) if isinstance(error, TaskError) else ExitCode.ENVIRONMENT
    title = f"Replies written together, drawn weights ({arguments.size}), float32"
    command = f"python -m handrail.tasks.suites.batching --size {arguments.size}"
    command += f" --tokens {arguments.tokens} --rounds {arguments.rounds}"
    command += f" --threads {arguments.threads}"
    publish(measured("batching", title, command, SEED, found), arguments.results)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.batching", description=__doc__
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--tokens", type=positive, default=64, metavar="N", help="of each reply")
    parser.add_argument("--rounds", type=positive, default=3, metavar="N")
    parser.add_argument("--threads", type=positive, default=1, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
