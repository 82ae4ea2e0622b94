"""Measure whole tasks on pages of other people: ``python -m handrail.tasks.suites.unseen_forms``.

Tasks of three to eight steps on pages that no training sees, played through the same loop and gate
as ``handrail run``, and checked in the world: in a database, in what a service was asked for, in a
page's own store. For examination only.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.model.errors import ModelError
from handrail.sandbox.errors import SandboxError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say, tell
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model, print_table, publish
from handrail.tasks.miniwob.floor import RandomClicks
from handrail.tasks.results.result import Figure, measured, share
from handrail.tasks.run_model import ModelChoice, load_proposer
from handrail.tasks.suites.web import packages_home
from handrail.tasks.suites.web_packages import install
from handrail.tasks.unseen.draw import unseen_tasks
from handrail.tasks.unseen.oracle import Oracle
from handrail.tasks.unseen.play import Casting, Played, Rules, Stage, play
from handrail.tasks.unseen.stage import unseen_stage
from handrail.tasks.unseen.task import UnseenTask, World

DEFAULT_COUNT = 48
FIRST_SEED = 900_000
_LENGTHS = ((3, 4), (5, 6), (7, 8))


def try_tasks(
    stage: Stage, tasks: Sequence[UnseenTask], casting: Casting, rules: Rules
) -> tuple[Played, ...]:
    """Play every task in turn, with a line about each."""
    done: list[Played] = []
    for task in tasks:
        done.append(play(stage, task, casting, rules))
        one = done[-1]
        words = "done" if one.good else f"NOT done ({one.problem}; {one.end.result.reason})"
        good = sum(d.good for d in done)
        say(f"{len(done)} of {len(tasks)}, {good} done; {task.source}: {words}: {task.text}")
    return tuple(done)


def unseen_figures(done: Sequence[Played]) -> tuple[Figure, ...]:
    """Return the share of tasks done, whole, by steps needed, page and kind; and false claims."""
    wrong = sum(one.said_done and not one.good for one in done)
    steps = [one.end.result.spent.steps for one in done]
    return (
        _done("task done", done),
        *_parts(done, _length),
        share("said done and was not", wrong, len(done)),
        Figure(
            name="median steps needed", value=statistics.median(len(d.task.moves) for d in done)
        ),
        Figure(name="median steps taken, the end too", value=statistics.median(steps)),
        *_parts(done, lambda one: one.task.source),
        *_parts(done, lambda one: f"{one.task.source}, {one.task.kind}"),
    )


def _parts(done: Sequence[Played], part: Callable[[Played], str]) -> list[Figure]:
    names = sorted({part(one) for one in done})
    return [_done(f"task done, {n}", [one for one in done if part(one) == n]) for n in names]


def _length(one: Played) -> str:
    low, high = next(pair for pair in _LENGTHS if len(one.task.moves) <= pair[1])
    return f"{low} or {high} steps"


def _done(name: str, done: Sequence[Played]) -> Figure:
    return share(name, sum(one.good for one in done), len(done))


def main(argv: Sequence[str] | None = None) -> int:
    """Play the tasks, print the figures, and write ``unseen-forms.json`` where a model played."""
    arguments = _parser().parse_args(argv)
    cache = packages_home(arguments.cache)
    try:
        casting, rules = _cast(arguments)
        tell(f"fetching the packages into {cache}")
        install(cache)
        with unseen_stage(cache, chosen_browser(arguments.browser, os.environ)) as stage:
            tasks = unseen_tasks(arguments.count, arguments.seed)
            figures = unseen_figures(try_tasks(stage, tasks, casting, rules))
    except (TaskError, ActuatorError, ModelError, SandboxError) as error:
        complain(str(error))
        return exit_code(error)
    if arguments.player != "model":
        print_table(f"whole tasks on unseen pages, played by: {arguments.player}", figures)
        return 0
    command = f"python -m handrail.tasks.suites.unseen_forms --count {arguments.count}"
    title = "Whole tasks on pages that no training sees, three to eight steps each"
    publish(measured("unseen-forms", title, command, arguments.seed, figures), arguments.results)
    return 0


def _cast(arguments: argparse.Namespace) -> tuple[Casting, Rules]:
    """Return who plays, and how. Raises ModelError."""
    if arguments.player == "oracle":
        return Oracle, Rules(ModelChoice("oracle"), runs_folder=arguments.runs_folder)
    if arguments.player == "random":
        rules = Rules(ModelChoice("random clicks"), spare=0, runs_folder=arguments.runs_folder)
        return _random_clicks, rules
    choice = chosen_model(arguments)
    proposer = load_proposer(choice)
    return lambda _world, _task: proposer, Rules(choice, runs_folder=arguments.runs_folder)


def _random_clicks(_world: World, task: UnseenTask) -> RandomClicks:
    return RandomClicks(task.text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.unseen_forms", description=__doc__
    )
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, metavar="N")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first task's seed")
    players = ("model", "oracle", "random")
    parser.add_argument(
        "--player", choices=players, default="model", help="oracle: knows; random: sees nothing"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where the packages go")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--runs-folder", type=Path, metavar="DIR", help="where the reports go")
    add_browser(parser)
    add_model(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
