"""Play episodes to learn from: by the experts, or by a model itself.

What experts play is behaviour cloning's material. What a model plays itself is learned from where
the page gave it the full reward, and left where it did not: reward-ranked fine-tuning, or filtered
behaviour cloning (Zelikman and others, "STaR", 2022; Dong and others, "RAFT", 2023). Only tasks and
seeds that may be trained on are played.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handrail.agent.proposer import Proposer
from handrail.model.pocket import episodes
from handrail.tasks.errors import EpisodeLost, UsageError
from handrail.tasks.miniwob.catalogue import html_folder, load_catalogue, training_seed
from handrail.tasks.miniwob.experts.player import EXPERTS, expert
from handrail.tasks.miniwob.play import Casting, Rules, play
from handrail.tasks.miniwob.recording import Recording
from handrail.tasks.miniwob.stage import SCALE, Stage, stage
from handrail.tasks.proposers import proposers
from handrail.tasks.run_model import ModelChoice

Source = Literal["miniwob", "rollouts"]
SCALES = (SCALE, SCALE, SCALE, 1.5, 2.5, 3.0)
"""How large the pages are shown: most often as the evaluation shows them."""
_SHIFT = 24
"""Episodes that one browser shows, at one scale."""
_STEPS = {"miniwob": 40, "rollouts": 12}


@dataclass(frozen=True)
class Order:
    """Which episodes to have: ``count`` of the numbers from ``first`` on, drawn from ``seed``.

    Tasks take turns. A model's own are kept up to ``most`` a task: easy tasks, which it can do,
    would drown the others. Episodes lie in ``folder``.
    """

    source: Source
    count: int
    first: int
    seed: int
    folder: Path
    tasks: tuple[str, ...] = ()
    browser: Path | None = None
    model: str = ""
    most: int = 20


@dataclass(frozen=True)
class Episode:
    """One that is to be played: its number, and what follows from the number and the seed."""

    number: int
    task: str
    seed: int
    name: str


def record(order: Order, said: Callable[[str], None], casting: Casting | None = None) -> int:
    """Play what is not there yet, and keep what earned the full reward; return how many are new.

    Where nothing was earned an empty file says so, lest it is tried again. ``casting`` plays in the
    place of whom the order names. Raises UsageError,
    PackagesMissing, EnvironmentMissing, and ModelError.
    """
    todo = _todo(order)
    made = 0
    with ExitStack() as opened:
        player = casting or _player(order, opened)
        for start in range(0, len(todo), _SHIFT):
            shift = todo[start : start + _SHIFT]
            scale = random.Random(f"scales:{order.seed}:{shift[0].number // _SHIFT}").choice(SCALES)
            with stage(html_folder(), order.browser, scale) as shown:
                for one in shift:
                    if _enough(order, one.task):
                        continue
                    kept = _kept(shown, one, order, player)
                    made += kept
                    said(f"{one.name}: {'kept' if kept else 'nothing to keep'}")
    return made


def _todo(order: Order) -> list[Episode]:
    """Return the episodes that were not played yet. Raises UsageError, PackagesMissing."""
    tasks = load_catalogue().for_training(order.tasks, html_folder())
    if order.source == "miniwob":
        if lacking := [task for task in order.tasks if task not in EXPERTS]:
            raise UsageError(f"{', '.join(lacking)}: no expert; there are: {', '.join(EXPERTS)}")
        tasks = tuple(task for task in tasks if task in EXPERTS)
    numbers = range(order.first, order.first + order.count)
    drawn = [_drawn(order, tasks[number % len(tasks)], number) for number in numbers]
    return [one for one in drawn if not any(_files(order.folder, one.name))]


def _drawn(order: Order, task: str, number: int) -> Episode:
    rng = random.Random(f"episodes:{order.source}:{order.seed}:{number}")
    name = f"{order.source}-{order.seed}-{number:06d}-{task}"
    return Episode(number, task, training_seed(rng), name)


def _files(folder: Path, name: str) -> list[bool]:
    return [(folder / f"{name}{end}").is_file() for end in (".json", ".none")]


def _enough(order: Order, task: str) -> bool:
    """Tell whether there are as many episodes of a task as a model's own may be."""
    if order.source != "rollouts":
        return False
    found = Counter(file.stem.split("-", 3)[3] for file in order.folder.glob("rollouts-*.json"))
    return found[task] >= order.most


def _player(order: Order, opened: ExitStack) -> Casting:
    if order.source == "miniwob":
        return expert
    cast = opened.enter_context(proposers(ModelChoice(order.model), 1))

    def casting(stage: Stage, task: str, seed: int) -> Proposer:
        return cast()

    return casting


def _kept(shown: Stage, one: Episode, order: Order, casting: Casting) -> bool:
    """Play an episode, and keep it where it earned the full reward."""
    recording = Recording(order.source)
    rules = Rules(_STEPS[order.source], ModelChoice(order.source), listener=recording)
    try:
        played = play(shown, (one.task, one.seed), recording.casting(casting), rules)
    except EpisodeLost:
        return False  # what the expert does not know, or a page that gave out: another time
    if not played.success or not recording.pictures():
        order.folder.mkdir(parents=True, exist_ok=True)
        (order.folder / f"{one.name}.none").touch()
        return False
    told = recording.played(one.task, played.goal, one.name)
    episodes.write(order.folder, one.name, told, recording.pictures())
    return True
