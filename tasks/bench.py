"""Measure what a step costs: ``python -m handrail.tasks.bench``.

One step is what lies between the screen and a typed action: the screenshot and the model's
decision. It is timed on the demo's pages in a real browser, with the model on two threads; beside
it the gate, the memory of a whole process, and the time to the first word of the command. Some of
the steps are taken once more while other processes keep every core busy.
"""

import argparse
import math
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.model.errors import ModelError
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.sandbox.errors import SandboxError
from handrail.tasks.amounts import positive
from handrail.tasks.bench_processes import (
    ShortRun,
    Start,
    help_seconds,
    own_peak,
    peak_memory,
    starts,
)
from handrail.tasks.bench_steps import HEIGHT, WIDTH, StepTime, time_steps
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model
from handrail.tasks.neighbours import neighbours
from handrail.tasks.results.result import Figure, Result, measured, write_result
from handrail.tasks.results.tables import table
from handrail.tasks.run_model import POCKET, load_proposer, model_folder

DEFAULT_STEPS = 24
DEFAULT_THREADS = 2
_RUN_STEPS = 4
_HELPS, _STARTS = 5, 5


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write ``step.json``; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        result = measure(arguments)
    except (TaskError, ActuatorError, ModelError, SandboxError) as error:
        complain(str(error))
        return exit_code(error)
    say(table(result))
    say(f"written: {write_result(result, arguments.results)}")
    return 0


def measure(arguments: argparse.Namespace) -> Result:
    """Take every measurement. Raises CheckFailed, EnvironmentMissing, ModelError."""
    choice = chosen_model(arguments)
    open_checkpoint(model_folder(choice.model))  # absent? say so before anything is started
    browser = chosen_browser(arguments.browser, os.environ)
    say("a whole process: memory, first word")
    peak = peak_memory(ShortRun(choice, browser, arguments.seed, _RUN_STEPS), os.environ)
    first = help_seconds(_HELPS, os.environ)
    begun = starts(choice, _STARTS, os.environ)
    say(f"{arguments.steps} steps, after one that is not counted")
    proposer = load_proposer(choice)
    times = time_steps(proposer, browser, arguments.seed, arguments.steps)
    held = grown(own_peak(), len(times))
    say("steps beside a busy process on each core")
    with neighbours():
        beside = time_steps(proposer, browser, arguments.seed, math.ceil(arguments.steps / 4))
    threads = "all" if choice.threads is None else choice.threads
    command = "python -m handrail.tasks.bench"
    if choice.model != POCKET:
        command += f" --model {choice.model}"
    title = f"One step on the demo's pages (Chromium, {WIDTH}x{HEIGHT}, {threads} threads)"
    figures = (
        *step_figures(times),
        disturbed(times, beside),
        held,
        *process_figures(peak, first),
        *start_figures(begun),
    )
    return measured("step", title, command, arguments.seed, figures)


def step_figures(times: Sequence[StepTime]) -> tuple[Figure, ...]:
    """Return the figures of single steps."""
    whole = [t.whole for t in times]
    acts = [t.act for t in times]
    again = [t.again for t in times]
    clock = [t.clock for t in times]
    tokens = [t.image_tokens for t in times]
    return (
        _seconds("one step, median", statistics.median(whole), times, "screenshot to typed action"),
        _seconds("one step, 95th percentile", percentile(whole, 0.95), times),
        _seconds("of it the screenshot, median", statistics.median(t.look for t in times), times),
        _seconds("of it the decision, median", statistics.median(t.think for t in times), times),
        _seconds("a later step on the same page, median", statistics.median(again), times),
        _seconds("a later step on the same page, 95th percentile", percentile(again, 0.95), times),
        _seconds("a later step where a clock went on, median", statistics.median(clock), times),
        _seconds(
            "a later step where a clock went on, 95th percentile", percentile(clock, 0.95), times
        ),
        Figure(name="visual tokens of a step, median", value=statistics.median(tokens)),
        _seconds("a click through the gate, median", statistics.median(acts), times),
        _seconds("a click through the gate, 95th percentile", percentile(acts, 0.95), times),
    )


def disturbed(times: Sequence[StepTime], beside: Sequence[StepTime]) -> Figure:
    """Return the figure of steps that neighbours disturb, with what they keep of their rate."""
    alone, now = (statistics.median(t.whole for t in these) for these in (times, beside))
    name = "one step beside a busy process on each core, median"
    return _seconds(name, now, beside, f"{100 * alone / now:.0f} % of its rate")


def grown(peak: float, steps: int) -> Figure:
    """Return the figure of a process that took so many steps on ever new pages."""
    note = "in one process, which also serves the pages"
    name = "peak memory after all of these steps"
    return Figure(name=name, value=round(peak), unit="MiB", count=steps, note=note)


def process_figures(peak: float, first: Sequence[float]) -> tuple[Figure, ...]:
    """Return the figures of whole processes."""
    note = f"a run of up to {_RUN_STEPS} steps, the browser apart"
    return (
        Figure(name="peak memory of the process", value=round(peak), unit="MiB", note=note),
        _seconds("`handrail --help`, median", statistics.median(first), first),
    )


def start_figures(begun: Sequence[Start]) -> tuple[Figure, ...]:
    """Return the figures of starts: what is imported is told apart."""
    imports, first = [s.imports for s in begun], [s.first for s in begun]
    return (
        _seconds("imports of the core, median", statistics.median(imports), begun),
        _seconds("from weights on disk to the first token, median", statistics.median(first), begun,
                 "imports apart"),
    )  # fmt: skip


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest of the values that at least this part of them does not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def _seconds(name: str, value: float, cases: Sequence[object], note: str = "") -> Figure:
    return Figure(name=name, value=round(value, 4), unit="s", count=len(cases), note=note)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.bench", description=__doc__)
    parser.add_argument("--steps", type=positive, default=DEFAULT_STEPS, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="the first page's seed")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_browser(parser)
    add_model(parser)
    parser.set_defaults(threads=DEFAULT_THREADS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
