"""The demo: ``python -m handrail.tasks.demo``.

The pocket model signs in on a bundled page, changes settings on the next one, and writes and saves
a file in mousepad. Whether it did is read from the pages and from the file, not from its word. The
exit code is 0 only if all of that holds.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.agent.errors import AgentError
from handrail.agent.stop import StopSwitch
from handrail.model.errors import ModelError
from handrail.sandbox.errors import SandboxError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, encode_what_can_be, say
from handrail.tasks.demo_runs import BUDGET, Checked, Player, Round, play_note, play_page
from handrail.tasks.errors import ExitCode, TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model
from handrail.tasks.run_model import ModelChoice, load_proposer
from handrail.tasks.sites.goals import note_goal, settings_goal, signin_goal
from handrail.tasks.sites.server import Site
from handrail.tasks.stop_signals import stopping_on_ctrl_c

DEFAULT_SEED = 1


def play(player: Player, seed: int) -> Round:
    """Do one seed's goals in turn. Raises EnvironmentMissing, Stopped."""
    signin, settings, note = signin_goal(seed), settings_goal(seed), note_goal(seed)
    with Site() as site:
        following = site.add(settings)
        start = site.add(signin, leads_to=settings.plan.name, locked=True)
        first = play_page(player, site, signin, start)
        tell(first)
        second = play_page(player, site, settings, following)
        tell(second)
    third = play_note(player, note)
    tell(third)
    return Round(seed, (first, second, third))


def tell(checked: Checked) -> None:
    """Print what became of one goal, and where its report is."""
    say(f"{'reached' if checked.good else 'NOT reached'}: {checked.name} (by its state)")
    for problem in checked.problems:
        say(f"  {problem}")
    say(f"  report: {checked.end.folder.report}")


def main(argv: Sequence[str] | None = None) -> int:
    """Play the seeds, print what came of them, and return the exit code."""
    encode_what_can_be(sys.stdout, sys.stderr)
    arguments = _parser().parse_args(argv)
    stop = StopSwitch()
    try:
        with stopping_on_ctrl_c(stop):
            rounds = _rounds(arguments, stop)
    except KeyboardInterrupt:
        return ExitCode.STOPPED
    except (TaskError, ActuatorError, ModelError, SandboxError, AgentError) as error:
        complain(str(error))
        return exit_code(error)
    good = sum(round_.good for round_ in rounds)
    say(f"{good} of {len(rounds)} seeds: all goals reached")
    if arguments.seeds and not arguments.oracle:
        from handrail.tasks.demo_result import write_demo_result

        try:
            say(f"written: {write_demo_result(rounds, arguments.results)}")
        except OSError as error:
            complain(f"the figures cannot be written to {arguments.results}: {error.strerror}")
            return ExitCode.ENVIRONMENT
    return 0 if good == len(rounds) else 1


def _rounds(arguments: argparse.Namespace, stop: StopSwitch) -> list[Round]:
    player = _player(arguments, stop)
    rounds = []
    for seed in arguments.seeds or [arguments.seed]:
        say(f"seed {seed}")
        rounds.append(play(player, seed))
    return rounds


def _player(arguments: argparse.Namespace, stop: StopSwitch) -> Player:
    from handrail.tasks.live import Hearing, LiveView

    console = Hearing(highlight=False)

    def view(goal: str) -> LiveView:
        return LiveView(console, goal, BUDGET)

    if arguments.oracle:
        choice, proposer = ModelChoice("oracle"), None
    else:
        choice = chosen_model(arguments)
        say(f"loading the model {choice.model}")
        with stop.interruptible():
            proposer = load_proposer(choice)
    browser = chosen_browser(arguments.browser, os.environ)
    return Player(proposer, choice, view, arguments.runs_folder, browser=browser, stop=stop)


def _seeds(text: str) -> list[int]:
    first, dots, last = text.partition("..")
    if not dots or not first.isdecimal() or not last.isdecimal() or int(first) > int(last):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range such as 1..10")
    return list(range(int(first), int(last) + 1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.demo", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N")
    which.add_argument(
        "--seeds",
        type=_seeds,
        metavar="A..B",
        help="play several seeds and write results/demo.json",
    )
    parser.add_argument(
        "--oracle", action="store_true", help="let a player that knows the answers do it, no model"
    )
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--runs-folder", type=Path, metavar="DIR", help="where the reports go")
    add_browser(parser)
    add_model(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
