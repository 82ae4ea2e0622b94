"""``handrail eval miniwob``: play MiniWoB++ from pixels alone, and count what succeeds."""

import argparse
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import say
from handrail.tasks.errors import UsageError
from handrail.tasks.evaluate import add_model, add_parallel, chosen_model, print_table
from handrail.tasks.side_by_side import side_by_side

if TYPE_CHECKING:  # what a command does not use, it does not load
    from handrail.tasks.miniwob.catalogue import Catalogue
    from handrail.tasks.miniwob.play import Casting, Played
    from handrail.tasks.miniwob.stage import Stage
    from handrail.tasks.miniwob.tally import Tally
    from handrail.tasks.results.result import Figure
    from handrail.tasks.run_model import ModelChoice

STEPS = 20
FLOOR = "miniwob-floor"
_RANDOM = "random clicks"
_DESCRIPTION = """Play tasks of MiniWoB++ through the loop and the gate of `handrail run`, from
screenshots alone. Episode i of a task uses seed S+i; there is no time limit but a limit of steps.
An episode succeeds where the page gives a reward above 0.9. Only the development tasks are open."""


@dataclass(frozen=True)
class Player:
    """Who plays: its name in tables, how it is put on the stage, what the records call it."""

    name: str
    casting: "Casting"
    choice: "ModelChoice"


@dataclass(frozen=True)
class Counted:
    """What came of every player's episodes, what it was trained on, and the floor under it."""

    found: "dict[str, tuple[Tally, ...]]"
    trained_on: tuple[str, ...]
    chances: dict[str, float]

    def figures(self) -> "dict[str, tuple[Figure, ...]]":
        """Return every player's figures."""
        from handrail.tasks.miniwob.tally import figures

        return {
            player: figures(members, self.trained_on, self.chances)
            for player, members in self.found.items()
        }


def register(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = kinds.add_parser(
        "miniwob", help="does it get small web tasks done", description=_DESCRIPTION
    )
    parser.set_defaults(handler=handle)
    parser.add_argument("--tasks", default="", metavar="A,B", help="default: all that are open")
    parser.add_argument(
        "--episodes", type=int, default=10, metavar="N", help="of each task (default: 10)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first (default: 0)")
    parser.add_argument("--max-steps", type=int, default=STEPS, metavar="N")
    parser.add_argument("--scale", type=float, metavar="X", help="screenshot pixels a CSS pixel")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--results", type=Path, metavar="DIR", help="write the result there")
    parser.add_argument("--runs-folder", type=Path, metavar="DIR", help="keep the runs' records")
    parser.add_argument(
        "--examination", action="store_true", help="for the final examination only: other tasks"
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--floor", action="store_true", help="no model: random clicks, then clicks at the centre"
    )
    who.add_argument(
        "--expert", action="store_true", help="no model: scripts that read the page, where written"
    )
    add_parallel(parser, "episodes")
    add_browser(parser)
    add_model(parser)


def handle(arguments: argparse.Namespace) -> int:
    """Play, print, and return the exit code. Raises UsageError, PackagesMissing."""
    _check(arguments)
    from handrail.tasks.miniwob.catalogue import html_folder, load_catalogue
    from handrail.tasks.miniwob.stage import SCALE, stage
    from handrail.tasks.miniwob.tally import as_json, tallies

    catalogue, html = load_catalogue(), html_folder()
    tasks = catalogue.chosen(_named(arguments), arguments.examination, html)
    browser = chosen_browser(arguments.browser, os.environ)
    with ExitStack() as opened:
        players = _players(arguments, opened)
        stages = [
            opened.enter_context(stage(html, browser, arguments.scale or SCALE))
            for _ in range(arguments.parallel)
        ]
        found = {
            player.name: tallies(tuple(_played(stages, tasks, player, arguments)), catalogue)
            for player in players
        }
    counted = Counted(found, _trained_on(arguments, catalogue), _floor_under(arguments))
    fresh = _fresh(arguments, set(tasks) & set(counted.trained_on))
    if arguments.json:
        print(as_json(found, arguments.seed, counted.trained_on, fresh))
    else:
        _print(counted, catalogue)
    if arguments.results is not None:
        _write(counted, arguments)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for option in ("episodes", "max_steps"):
        if getattr(arguments, option) < 1:
            raise UsageError(f"--{option.replace('_', '-')} must be at least 1")
    if arguments.scale is not None and not 0 < arguments.scale <= 8:
        raise UsageError("--scale must be above 0 and at most 8")


def _named(arguments: argparse.Namespace) -> list[str]:
    """Return the tasks that are asked for; of experts all those that there is one for."""
    names = [name for name in arguments.tasks.split(",") if name]
    if arguments.expert:
        from handrail.tasks.miniwob.experts.player import EXPERTS

        without = [name for name in names if name not in EXPERTS]
        if without:
            raise UsageError(f"{', '.join(without)}: no expert; there are: {', '.join(EXPERTS)}")
        return names or [*EXPERTS]
    return names


def _players(arguments: argparse.Namespace, opened: ExitStack) -> tuple[Player, ...]:
    from handrail.tasks.miniwob.floor import centre_clicks, random_clicks
    from handrail.tasks.proposers import proposers
    from handrail.tasks.run_model import ModelChoice

    if arguments.floor:
        return (
            Player(_RANDOM, random_clicks, ModelChoice(_RANDOM)),
            Player("clicks at the centre", centre_clicks, ModelChoice("clicks at the centre")),
        )
    if arguments.expert:
        from handrail.tasks.miniwob.experts.player import expert

        return (Player("expert", expert, ModelChoice("expert")),)
    choice = chosen_model(arguments)
    cast = opened.enter_context(proposers(choice, arguments.parallel))
    return (Player(choice.shown, lambda stage, task, seed: cast(), choice),)


def _played(
    stages: "Sequence[Stage]", tasks: Sequence[str], player: Player, arguments: argparse.Namespace
) -> "Iterator[Played]":
    from handrail.actuators.base import sanitise
    from handrail.tasks.miniwob.play import Rules, play

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    with tempfile.TemporaryDirectory(prefix="handrail-miniwob-stop-") as folder:
        stop = Path(folder) / "stop"
        rules = Rules(arguments.max_steps, player.choice, arguments.runs_folder, stop)

        def episode(stage: "Stage", which: tuple[str, int]) -> "Played":
            return play(stage, which, player.casting, rules)

        episodes = [(task, seed) for task in tasks for seed in seeds]
        for one in side_by_side(stages, episodes, episode, stop.touch):
            verdict = f"reward {one.reward:.2f}" if one.done else f"not done ({one.reason})"
            line = f"{player.name}: {one.task}, seed {one.seed}: {verdict}, {one.steps} steps"
            line += f": {one.goal}"
            print(sanitise(line, 500), file=sys.stderr, flush=True)
            yield one


def _trained_on(arguments: argparse.Namespace, catalogue: "Catalogue") -> tuple[str, ...]:
    pocket = arguments.model == "pocket" and not arguments.remote
    learnt = pocket and not (arguments.floor or arguments.expert)
    return catalogue.pocket_trained_on if learnt else ()


def _fresh(arguments: argparse.Namespace, learnt: Collection[str]) -> bool:
    """Tell whether training cannot have played these episodes; say so where it can."""
    from handrail.tasks.miniwob.catalogue import TRAINING_SEEDS

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    if not learnt or seeds[-1] < TRAINING_SEEDS.start or seeds[0] >= TRAINING_SEEDS.stop:
        return True
    told = f"seeds {TRAINING_SEEDS.start} to {TRAINING_SEEDS[-1]} are for training: the model may "
    told += f"have learned from some of these episodes, of {', '.join(sorted(learnt))}"
    print(told, file=sys.stderr)
    return False


def _floor_under(arguments: argparse.Namespace) -> dict[str, float]:
    """Return what random clicks reached, where that was measured into the same folder."""
    from handrail.tasks.results.result import read_result

    path = Path() if arguments.results is None else arguments.results / f"{FLOOR}.json"
    if arguments.floor or not path.is_file():
        return {}
    head = f"{_RANDOM}: "
    figures = read_result(path).figures
    return {f.name.removeprefix(head): f.value for f in figures if f.name.startswith(head)}


def _print(counted: Counted, catalogue: "Catalogue") -> None:
    for name, figures in counted.figures().items():
        print_table(f"MiniWoB++: {name}", figures)
    say(f"published, from pixels alone, each over tasks of its own ({catalogue.source}):")
    for other in catalogue.published:
        say(f"  {100 * other.success:.1f} % of {other.tasks} tasks: {other.name}")


def _write(counted: Counted, arguments: argparse.Namespace) -> None:
    from handrail.tasks.results.result import measured, write_result

    command = f"handrail eval miniwob --episodes {arguments.episodes}"
    command += f" --max-steps {arguments.max_steps}"
    command += " --floor" if arguments.floor else " --expert" if arguments.expert else ""
    command += f" --tasks {arguments.tasks}" if arguments.tasks else ""
    who = "by experts that read the page" if arguments.expert else "from pixels"
    title = f"MiniWoB++ {who}, development tasks, at most {arguments.max_steps} steps"
    several = len(counted.found) > 1
    figures = [
        figure.model_copy(update={"name": f"{player}: {figure.name}"}) if several else figure
        for player, made in counted.figures().items()
        for figure in made
    ]
    name = FLOOR if arguments.floor else "miniwob-experts" if arguments.expert else "miniwob"
    result = measured(name, title, command, arguments.seed, figures)
    print(f"written: {write_result(result, arguments.results)}", file=sys.stderr)
