"""Draw learning curves from the logs of trainings, and compare two of them figure by figure.

``python -m handrail.model.pocket.curves FOLDER [FOLDER]`` draws what was examined while the network
learned, the parts of the loss and what learning says of itself against minutes or steps, as one
picture. With two folders a table says how far the second stays from the first, in points, wherever
it was examined; between two examinations of the first a straight line is taken.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from rich.console import Console
from rich.table import Table

from handrail.model.pocket.errors import NoCurves
from handrail.model.pocket.progress import number, rows
from handrail.model.pocket.quiz import FIGURES

By = Literal["minutes", "steps"]
_LOSSES = ("char", "word", "place", "own", "aim", "point", "coordinate", "plan")
_SHARES = ("char_hit", "word_hit", "aim_hit", "near", "found", "refused", "plan_hit", "choice_hit")
_STYLES = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dashes and dots"}


@dataclass(frozen=True)
class Points:
    """One figure of a run: where in the course it was read, and its values."""

    at: list[float]
    values: list[float]


@dataclass(frozen=True)
class StageCurves:
    """A stage's curves by name, in a run where it began at ``begun``.

    ``examined`` are per cent of so many questions (``counts``), ``learning`` what each step tells.
    """

    name: str
    begun: float
    examined: dict[str, Points] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    learning: dict[str, Points] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run's stages, one behind the other."""

    name: str
    stages: list[StageCurves]


def read(folder: Path, by: By) -> Run:
    """Read a folder's logs in the order of their names, or one log. Raises NoCurves."""
    out, begun = Run(str(folder), []), 0.0
    for file in sorted(folder.glob("*.log")) if folder.is_dir() else [folder]:
        found, last = rows(file), 0.0
        stage = StageCurves(file.stem, begun)
        for row in found:
            last = number(row, "minutes" if by == "minutes" else "step")
            _take(stage, row, last)
        if found:
            out.stages.append(stage)
        begun += last
    if not out.stages:
        raise NoCurves(f"{folder}: there is no log of a training: name the recipe's --folder")
    return out


def _take(out: StageCurves, row: dict[str, object], at: float) -> None:
    examined = row.get("examined")
    if isinstance(examined, dict):
        for name, (right, of) in examined.items():
            _add(out.examined, name, at, 100 * right / of)
            out.counts[name] = of
        return
    for name in (*_LOSSES, *_SHARES):
        if name in row:
            _add(out.learning, name, at, number(row, name) * (1 if name in _LOSSES else 100))


def _add(points: dict[str, Points], name: str, at: float, value: float) -> None:
    found = points.setdefault(name, Points([], []))
    found.at.append(at)
    found.values.append(value)


def draw(runs: Sequence[Run], by: By, out: Path) -> None:
    """Draw all runs into one picture; its kind follows from the name of the file."""
    figure = Figure(figsize=(11, 13), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    titles = (
        ("examined while learning: right of 100 questions", FIGURES),
        ("what learning says of itself: right of 100 (running average)", _SHARES),
        ("parts of the loss (running average)", _LOSSES),
    )
    for panel, (title, names) in zip(panels, titles, strict=True):
        for style, run in zip(_STYLES, runs, strict=False):
            _panel(panel, run, names, style)
        panel.set_title(title, loc="left", fontsize=11, pad=14)
        panel.grid(alpha=0.3)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        for stage in runs[0].stages:
            panel.axvline(stage.begun, color="grey", linewidth=0.8, alpha=0.6)
            top = {"xycoords": ("data", "axes fraction"), "fontsize": 8, "color": "grey"}
            panel.annotate(stage.name, (stage.begun, 1.01), **top)
    figure.suptitle(
        "\n".join(f"{s}: {r.name}" for s, r in zip(_STYLES.values(), runs, strict=False))
    )
    panels[2].set_yscale("log")
    panels[2].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels[2].yaxis.set_major_formatter("{x:g}")
    panels[2].yaxis.set_minor_formatter("")
    panels[2].set_xlabel("minutes of training" if by == "minutes" else "steps of the first process")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)


def _panel(panel: Axes, run: Run, names: Sequence[str], style: str) -> None:
    """Draw a run's curves of these names, each stage's apart, each name in one colour."""
    labelled = set() if style == "-" else set(names)
    for stage in run.stages:
        curves = stage.examined if names is FIGURES else stage.learning
        for place, name in enumerate(names):
            if name not in curves:
                continue
            at = [stage.begun + at for at in curves[name].at]
            label = None if name in labelled else name
            labelled.add(name)
            (line,) = panel.plot(at, curves[name].values, style, color=f"C{place}", label=label)
            line.set(linewidth=1.3, marker="o" if names is FIGURES else "", markersize=3)


@dataclass(frozen=True)
class Difference:
    """How far a figure of a second run is from the first's, in points, where both were examined."""

    name: str
    count: int
    ends: tuple[float, float]
    mean: float
    largest: float

    @property
    def chance(self) -> float:
        """Return how far two ends may be apart by chance in 19 cases of 20, at most.

        The bound is for runs that err independently; on the same questions it is less.
        """
        share = sum(self.ends) / 200
        return 196 * math.sqrt(2 * share * (1 - share) / self.count)


def compare(first: Run, second: Run) -> list[Difference]:
    """Compare what was examined in the same stages. Raises NoCurves where that is nothing."""
    out = []
    known = {stage.name: stage for stage in first.stages}
    for stage in second.stages:
        other = known.get(stage.name, StageCurves("", 0.0))
        for name in [name for name in stage.examined if name in other.examined]:
            asked = other.counts[name], stage.counts[name]
            if asked[0] != asked[1]:
                raise NoCurves(
                    f"{second.name}: {name} was asked {asked[1]} times, in {first.name} "
                    f"{asked[0]} times: train both with the same --quiz-tiles"
                )
            curves = other.examined[name], stage.examined[name]
            out.append(_difference(f"{stage.name}: {name}", asked[0], *curves))
    if not out:
        raise NoCurves(f"{first.name} and {second.name}: nothing was examined in both")
    return out


def _difference(name: str, asked: int, before: Points, points: Points) -> Difference:
    there = np.interp(points.at, before.at, before.values)
    apart = [float(a - b) for a, b in zip(points.values, there, strict=True)]
    ends = (before.values[-1], points.values[-1])
    return Difference(name, asked, ends, sum(apart) / len(apart), max(apart, key=abs))


def tell(found: Sequence[Difference], within: float, console: Console) -> bool:
    """Print the differences as a table, and whether the second stays within so many points."""
    table = Table("examined", "questions", "first", "second", "mean", "largest", "by chance")
    for one in found:
        table.add_row(
            one.name,
            str(one.count),
            *(f"{end:.1f} %" for end in one.ends),
            *(f"{points:+.1f}" for points in (one.mean, one.largest)),
            f"± {one.chance:.1f}",
        )
    console.print(table)
    outside = [one for one in found if abs(one.largest) > within]
    told = ", ".join(f"{one.name} ({one.largest:+.1f})" for one in outside) or "all figures"
    console.print(f"{'not ' if outside else ''}within {within:g} points: {told}")
    if few := [one.name for one in found if one.chance > within]:
        console.print(f"too few questions to be sure of {within:g} points: {', '.join(few)}")
    return not outside


def main(arguments: Iterable[str] | None = None) -> int:
    """Draw and compare from the command line; return the exit code, 1 for runs that are apart."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.model.pocket.curves", description=__doc__
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="FOLDER", help="or a single log")
    parser.add_argument("--out", type=Path, default=Path("curves.png"), help="a .png or an .svg")
    parser.add_argument("--by", choices=("minutes", "steps"), default="minutes")
    parser.add_argument("--within", type=float, default=2.0, metavar="POINTS")
    args = parser.parse_args(None if arguments is None else list(arguments))
    console, close = Console(highlight=False, soft_wrap=True), True
    try:
        runs = [read(folder, args.by) for folder in args.runs]
        draw(runs, args.by, args.out)
        console.print(f"drawn: {args.out}")
        for second in runs[1:]:
            console.print(f"{second.name} beside {runs[0].name}, in points of 100:")
            close = tell(compare(runs[0], second), args.within, console) and close
    except NoCurves as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if close else 1


if __name__ == "__main__":
    sys.exit(main())
