"""Count the episodes that are there to learn from: ``python -m handrail.tasks.suites.episodes``.

Of each group: how many of those that were played were kept, and how many steps of the kept ones the
pocket model has words for; the others teach it at most to find things by their name. Writes
``episodes.json``.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.model.pocket.episodes import FOLDER, Played, read
from handrail.model.pocket.errors import EpisodeUnreadable
from handrail.tasks.cli_output import complain
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured, share

_SOURCES = {"miniwob": "experts", "rollouts": "the model itself"}


@dataclass(frozen=True)
class Count:
    """The episodes of one source: those that were kept, and the groups of those that were not."""

    kept: tuple[Played, ...]
    failed: tuple[str, ...]


def counted(folder: Path, source: str, seed: int) -> Count:
    """Count what was played of a source with one seed. Raises EpisodeUnreadable."""
    names = f"{source}-{seed}-*"
    kept = tuple(read(file) for file in sorted(folder.glob(f"{names}.json")))
    failed = tuple(file.stem.split("-", 3)[3] for file in sorted(folder.glob(f"{names}.none")))
    return Count(kept, failed)


def figures(count: Count) -> tuple[Figure, ...]:
    """Return the shares of all, then by group those of steps, with the episodes beside them."""
    groups = sorted({one.group for one in count.kept} | set(count.failed))
    return (
        share(
            "episodes kept of those played", len(count.kept), len(count.kept) + len(count.failed)
        ),
        share("steps that there are words for", *_said(count.kept)),
        *(_of_group(count, group) for group in groups),
    )


def _of_group(count: Count, group: str) -> Figure:
    kept = [one for one in count.kept if one.group == group]
    note = f"{len(kept)} of {len(kept) + count.failed.count(group)} episodes kept"
    if not kept:
        return share(f"kept: {group}", 0, count.failed.count(group), note=note)
    return share(f"steps with words: {group}", *_said(kept), note=note)


def _said(kept: Sequence[Played]) -> tuple[int, int]:
    steps = [step for one in kept for step in one.steps]
    return sum(step.move is not None for step in steps), len(steps)


def main(argv: Sequence[str] | None = None) -> int:
    """Count, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.episodes", description=__doc__
    )
    parser.add_argument("--source", choices=tuple(_SOURCES), default="miniwob")
    parser.add_argument("--seed", type=int, default=1, help="of the command that played them")
    parser.add_argument("--data", type=Path, default=Path("build/data"), metavar="DIR")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    arguments = parser.parse_args(argv)
    folder = arguments.data / FOLDER
    try:
        count = counted(folder, arguments.source, arguments.seed)
    except EpisodeUnreadable as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    if not count.kept:
        complain(f"{folder} holds no episodes of {arguments.source} with seed {arguments.seed}")
        return ExitCode.USAGE
    title = f"Episodes to learn from, played by {_SOURCES[arguments.source]}"
    command = f"python -m handrail.tasks.suites.episodes --source {arguments.source}"
    name = "episodes" if arguments.source == "miniwob" else "rollouts"
    publish(measured(name, title, command, arguments.seed, figures(count)), arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
