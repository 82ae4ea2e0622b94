"""Count episodes: success rates by task and by part of the suite, as figures and as JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handrail.tasks.miniwob.catalogue import Catalogue, Split
from handrail.tasks.miniwob.play import Played
from handrail.tasks.results.result import Figure, share

MEAN = "mean success"
_WORDS: dict[Split, str] = {
    "trainable": "may be trained on",
    "never trained on": "never trained on",
    "examination": "kept for examination",
}


@dataclass(frozen=True)
class Tally:
    """The episodes of one task, of which there is at least one."""

    task: str
    split: Split
    played: tuple[Played, ...]

    @property
    def successes(self) -> int:
        """Return how many episodes earned a full reward."""
        return sum(episode.success for episode in self.played)

    @property
    def rate(self) -> float:
        """Return the share of successes."""
        return self.successes / len(self.played)

    @property
    def mean_reward(self) -> float:
        """Return the mean reward (-1..1); an episode that did not end counts 0."""
        return statistics.fmean(episode.reward for episode in self.played)

    @property
    def mean_steps(self) -> float:
        """Return how many steps an episode took."""
        return statistics.fmean(episode.steps for episode in self.played)


def tallies(played: Sequence[Played], catalogue: Catalogue) -> tuple[Tally, ...]:
    """Return the episodes by task, in the order in which the tasks were played first."""
    names = dict.fromkeys(episode.task for episode in played)
    return tuple(
        Tally(name, catalogue.split(name), tuple(e for e in played if e.task == name))
        for name in names
    )


def mean_success(found: Sequence[Tally]) -> float:
    """Return the mean of the tasks' rates: every task counts the same."""
    return statistics.fmean(tally.rate for tally in found)


def figures(
    found: Sequence[Tally], trained_on: Sequence[str], chances: Mapping[str, float]
) -> tuple[Figure, ...]:
    """Return a figure for all tasks, one for each part of the suite, and one a task.

    ``chances``: what guessing gets, by the name of the figure. All tasks must have been played
    equally often: a share of episodes is then the mean over tasks.
    """
    parts: dict[str, list[Tally]] = {MEAN: [*found]}
    for tally in found:
        parts.setdefault(f"{MEAN}, tasks trained on", []).extend(_if(tally, trained_on))
        parts.setdefault(f"{MEAN}, {_WORDS[tally.split]}", []).append(tally)
    whole = [_share(name, members, chances) for name, members in parts.items() if members]
    return (
        *whole,
        *(_share(t.task, [t], chances, _note(t, trained_on)) for t in found),
    )


def as_json(
    found: Mapping[str, Sequence[Tally]], seed: int, trained_on: Sequence[str], fresh: bool
) -> str:
    """Return one JSON object: ``mean_success`` and what came of every task.

    ``fresh``: whether training cannot have played these episodes. Of several players the first
    one's figures are at the top, the others' under ``others``.
    """
    objects = [
        {"player": name, "mean_success": round(mean_success(members), 4), "seed": seed}
        | {"seeds_kept_from_training": fresh}
        | {"tasks": {tally.task: _task_object(tally, trained_on) for tally in members}}
        for name, members in found.items()
    ]
    return json.dumps(objects[0] | ({"others": objects[1:]} if objects[1:] else {}), indent=1)


def _task_object(tally: Tally, trained_on: Sequence[str]) -> dict[str, object]:
    return {
        "success_rate": round(tally.rate, 4),
        "successes": tally.successes,
        "reward_above_0": sum(episode.positive for episode in tally.played),
        "episodes": len(tally.played),
        "mean_reward": round(tally.mean_reward, 4),
        "mean_steps": round(tally.mean_steps, 2),
        "split": tally.split,
        "trained_on": tally.task in trained_on,
    }


def _if(tally: Tally, trained_on: Sequence[str]) -> list[Tally]:
    return [tally] if tally.task in trained_on else []


def _note(tally: Tally, trained_on: Sequence[str]) -> str:
    return "trained on" if tally.task in trained_on else _WORDS[tally.split]


def _share(
    name: str, members: Sequence[Tally], chances: Mapping[str, float], note: str = ""
) -> Figure:
    count = sum(len(tally.played) for tally in members)
    hits = sum(tally.successes for tally in members)
    return share(name, hits, count, chances.get(name), note)
