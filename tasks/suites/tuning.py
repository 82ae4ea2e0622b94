"""Tune the pocket model for one application, and measure it before and after:
``python -m handrail.tasks.suites.tuning``.

A scripted expert does tasks on decks (``sites/deck.py``), of which the model knows nothing; its
runs are recorded as any run is, and the model is tuned on them. Then whole tasks on decks of other
seeds are tried by the model before and after, and questions on screens of the general examination
tell what it cost. Writes ``tuning.json``.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.errors import ActuatorError
from handrail.agent.proposer import Proposer
from handrail.model.errors import ModelError
from handrail.model.pocket import suite
from handrail.model.pocket.errors import PocketError
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.policy import load_policy
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.check_grammar import read_check
from handrail.tasks.cli_output import complain, tell
from handrail.tasks.demo_runs import BUDGET
from handrail.tasks.errors import PackagesMissing, TaskError, exit_code
from handrail.tasks.evaluate import publish
from handrail.tasks.evaluate_score import locator_on
from handrail.tasks.results.result import Figure, measured, share
from handrail.tasks.run import Crew, RunEnd, run
from handrail.tasks.run_model import POCKET, ModelChoice, load_proposer
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_target import BrowserTarget
from handrail.tasks.runs import list_runs
from handrail.tasks.sites.deck import HEIGHT, WIDTH, Deck, DeckExpert, deck
from handrail.tasks.sites.files import files_served
from handrail.tasks.suites.renders import answer_all
from handrail.tasks.tuning.command import Bar, show
from handrail.tasks.tuning.examination import Answer, change
from handrail.tasks.tuning.tune import Tuned, TuningRequest, tune

_FIRST_HELD_OUT = 10_001
"""Seeds from here on are never recorded."""


@dataclass(frozen=True)
class Sizes:
    """How many runs are recorded, tasks tried and general questions asked; steps of learning."""

    runs: int
    tasks: int
    questions: int
    steps: int
    seed: int


@dataclass(frozen=True)
class Stage:
    """Where decks are played: the browser, and the folder of the runs."""

    browser: Path | None
    runs: Path

    def play(self, plan: Deck, proposer: Proposer, name: str) -> RunEnd:
        """Do one deck's task."""
        with (
            tempfile.TemporaryDirectory() as folder,
            as_file(files("handrail.tasks.sites") / "policy.toml") as policy,
        ):
            (Path(folder) / plan.file).write_text(plan.html(), "utf-8")
            with files_served(Path(folder)) as root:
                url = f"{root}/{plan.file}"
                config = BrowserConfig(executable=self.browser, width=WIDTH, height=HEIGHT)
                request = RunRequest(
                    goal=plan.goal,
                    target=BrowserTarget(url, config),
                    model=ModelChoice(name, screenshots=1),
                    policy=PolicyChoice(grants=load_policy(policy)),
                    budget=BUDGET,
                    runs_folder=self.runs,
                    expect=(read_check(f"url is '{url}{plan.end}'"),),
                )
                return run(request, Crew(proposer))


def tried(stage: Stage, model: str, sizes: Sizes) -> tuple[Answer, ...]:
    """Let a model try the tasks of the held-out seeds."""
    proposer, answers = load_proposer(ModelChoice(model)), list[Answer]()
    for seed in range(_FIRST_HELD_OUT, _FIRST_HELD_OUT + sizes.tasks):
        plan = deck(seed)
        end = stage.play(plan, proposer, model)
        good = end.result.kind == "success"
        tell(f"seed {seed}: {'done' if good else 'NOT done'}: {plan.goal} ({end.result.reason})")
        answers.append(Answer(where=f"seed {seed}", kind="action", right=good))
    return tuple(answers)


def general(model: str, count: int) -> tuple[Answer, ...]:
    """Ask a model the first questions of the general examination of grounding."""
    locator = locator_on(load_proposer(ModelChoice(model)))
    try:
        answered = answer_all(locator, suite.items(count))
    except PocketError as error:
        raise PackagesMissing(str(error)) from error
    return tuple(
        Answer(where=str(number), kind="grounding", right=one.hit)
        for number, one in enumerate(answered)
    )


def measure(stage: Stage, folder: Path, sizes: Sizes) -> tuple[Figure, ...]:
    """Record, tune, and try; return the figures."""
    there = len(list_runs(stage.runs))  # of a try that was cut off
    for seed in range(there + 1, sizes.runs + 1):
        plan = deck(seed)
        end = stage.play(plan, DeckExpert(plan), "expert")
        tell(f"recorded {seed} of {sizes.runs}: {end.result.kind}")
    tuned_model = folder / "tuned"
    began = time.monotonic()
    with Bar() as bar:
        request = TuningRequest(
            (str(stage.runs),), POCKET, tuned_model, stage.runs, sizes.steps, sizes.seed
        )
        tuned = tune(request, bar)
    minutes = (time.monotonic() - began) / 60
    show(tuned)
    tried_on = Stage(stage.browser, folder / "tried")
    models = (POCKET, str(tuned_model))
    tasks = [tried(tried_on, model, sizes) for model in models]
    asked = [general(model, sizes.questions) for model in models] if sizes.questions else []
    return (
        *_pair("task done on decks of other seeds", tasks[0], tasks[1]),
        *_held_out(tuned),
        *(_pair("general grounding, point in box", asked[0], asked[1]) if asked else ()),
        Figure(name="minutes of tuning, examinations included", value=round(minutes, 1)),
    )


def _held_out(tuned: Tuned) -> tuple[Figure, ...]:
    found = []
    for when, figures in (("before", tuned.before), ("after", tuned.after)):
        for figure in figures:
            name = f"held-out steps, {figure.name}, {when}"
            found.append(figure.model_copy(update={"name": name}))
    if tuned.changed is not None:
        note = f"{tuned.changed.words}, p = {tuned.changed.chance:g}"
        found[-1] = found[-1].model_copy(update={"note": note})
    return tuple(found)


def _pair(name: str, before: Sequence[Answer], after: Sequence[Answer]) -> tuple[Figure, Figure]:
    changed = change(before, after)
    note = f"{changed.words}, p = {changed.chance:g}"
    return (
        share(f"{name}, before", sum(a.right for a in before), len(before)),
        share(f"{name}, after", sum(a.right for a in after), len(after), note=note),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write the result, and return the exit code."""
    arguments = _parser().parse_args(argv)
    sizes = Sizes(
        arguments.runs, arguments.tasks, arguments.questions, arguments.steps, arguments.seed
    )
    browser = chosen_browser(arguments.browser, os.environ)
    try:
        with tempfile.TemporaryDirectory(prefix="handrail-tuning-") as name:
            folder = arguments.folder or Path(name)
            found = measure(Stage(browser, folder / "runs"), folder, sizes)
    except (TaskError, ActuatorError, ModelError, SandboxError) as error:
        complain(str(error))
        return exit_code(error)
    title = "Tuning the pocket model for one application: a deck of signs without words"
    command = (
        f"python -m handrail.tasks.suites.tuning --runs {sizes.runs} --tasks {sizes.tasks} "
        f"--questions {sizes.questions} --steps {sizes.steps}"
    )
    publish(measured("tuning", title, command, sizes.seed, found), arguments.results)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.tuning", description=__doc__
    )
    parser.add_argument("--runs", type=int, default=24, metavar="N", help="recorded of the expert")
    parser.add_argument("--tasks", type=int, default=12, metavar="N", help="tried before and after")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="general ones")
    parser.add_argument("--steps", type=int, default=150, metavar="N", help="of learning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep runs and model there")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_browser(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
