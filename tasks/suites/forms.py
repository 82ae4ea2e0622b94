"""Measure whole tasks on generated forms: ``python -m handrail.tasks.suites.forms``."""

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.agent.listener import Listener, Listeners
from handrail.model.errors import ModelError
from handrail.sandbox.errors import SandboxError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.demo_result import cost_figures
from handrail.tasks.demo_runs import Checked, Player, play_page
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model, print_table
from handrail.tasks.results.result import Figure, measured, share, write_result
from handrail.tasks.run_model import ModelChoice, load_proposer
from handrail.tasks.sites.forms import form_task
from handrail.tasks.sites.goals import PageGoal
from handrail.tasks.sites.server import Site

DEFAULT_COUNT = 100
FIRST_SEED = 700_000
_SCREEN = 1280 * 800


@dataclass(frozen=True)
class Done:
    """A form task that was tried; ``chance``: what random clicks, one a clause, would reach."""

    goal: PageGoal
    checked: Checked
    chance: float


def try_tasks(player: Player, seeds: Sequence[int]) -> tuple[Done, ...]:
    """Let the player do each seed's task on a page of its own."""
    done: list[Done] = []
    for seed in seeds:
        goal = form_task(seed)
        with Site() as site:
            checked = play_page(player, site, goal, site.add(goal))
            done.append(Done(goal, checked, _chance(site, goal)))
        words = "reached" if checked.good else f"NOT reached ({checked.problems[0]})"
        good = sum(d.checked.good for d in done)
        say(f"{len(done)} of {len(seeds)}, {good} reached; seed {seed}: {words}: {goal.text}")
    return tuple(done)


def form_figures(done: Sequence[Done]) -> tuple[Figure, ...]:
    """Return the share of reached tasks, whole and by number of clauses, and the costs."""
    chance = round(statistics.fmean(d.chance for d in done), 4)
    whole = share("task done", sum(d.checked.good for d in done), len(done), chance)
    parts = []
    for count in sorted({len(d.goal.clauses) for d in done}):
        goods = [d.checked.good for d in done if len(d.goal.clauses) == count]
        parts.append(share(f"task done, {count} clauses", sum(goods), len(goods)))
    said = [d.checked.end.result.kind == "success" for d in done]
    wrong = sum(s and not d.checked.good for s, d in zip(said, done, strict=True))
    claims = share("said done and was not", wrong, len(done))
    return (whole, *parts, claims, *cost_figures([d.checked for d in done]))


def main(argv: Sequence[str] | None = None) -> int:
    """Try the tasks, print the figures, and write ``form-tasks.json``."""
    arguments = _parser().parse_args(argv)
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    try:
        done = try_tasks(_player(arguments), seeds)
    except (TaskError, ActuatorError, ModelError, SandboxError) as error:
        complain(str(error))
        return exit_code(error)
    figures = form_figures(done)
    print_table("whole tasks on generated forms", figures)
    if not arguments.oracle:
        command = f"python -m handrail.tasks.suites.forms --count {arguments.count}"
        title = "Whole tasks on generated forms, two to four clauses each"
        result = measured("form-tasks", title, command, arguments.seed, figures)
        say(f"written: {write_result(result, arguments.results)}")
    return 0


def _chance(site: Site, goal: PageGoal) -> float:
    """Return how probably random clicks meet every clause's control, at most.

    A control that is not shown when the task ends counts as the whole screen.
    """
    boxes = site.boxes(goal.plan.name)
    chance = 1.0
    for clause in goal.clauses:
        if clause.control.key in boxes:
            left, top, right, bottom = boxes[clause.control.key]
            chance *= (right - left) * (bottom - top) / _SCREEN
    return chance


def _silent(_goal: str) -> Listener:
    return Listeners()


def _player(arguments: argparse.Namespace) -> Player:
    if arguments.oracle:
        choice, proposer = ModelChoice("oracle"), None
    else:
        choice = chosen_model(arguments)
        proposer = load_proposer(choice)
    browser = chosen_browser(arguments.browser, os.environ)
    return Player(proposer, choice, _silent, arguments.runs_folder, browser=browser)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.forms", description=__doc__
    )
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, metavar="N")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first task's seed")
    parser.add_argument("--oracle", action="store_true", help="no model: a player that knows")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--runs-folder", type=Path, metavar="DIR", help="where the reports go")
    add_browser(parser)
    add_model(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
