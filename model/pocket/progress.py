"""Tell how a stage goes: rows in its log, and a bar on a terminal or plain lines elsewhere."""

import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from handrail.model.pocket.course import Course, Reached
from handrail.model.pocket.quiz import Marks

_TOLD = ("word_hit", "near", "plan_hit")
"""What learning itself tells, while nothing has been examined yet."""
_EXAMINED = ("named", "phrased", "planned", "read")
"""The first of these that were examined stay in sight, as many as a bar has room for."""
_ROOM, _BAR = 3, 12


class Log:
    """The rows of a stage, one JSON object a line, in a file that curves are drawn from."""

    def __init__(self, file: Path, reached: Reached) -> None:
        """Open it; rows of steps that a stopped sitting took and did not keep are dropped."""
        last = reached.step(0)
        kept = [row for row in rows(file) if last and number(row, "step") <= last]
        part = file.with_suffix(".log.part")
        part.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
        part.replace(file)
        self._file = file.open("a", encoding="utf-8")

    def write(self, row: Mapping[str, object]) -> None:
        """Add a row."""
        print(json.dumps(row), file=self._file, flush=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def rows(file: Path) -> list[dict[str, object]]:
    """Return a log's rows, none where it is not there; a line that a kill cut short is left out."""
    if not file.is_file():
        return []
    out = []
    for line in file.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "step" in row:
            out.append(row)
    return out


def number(row: Mapping[str, object], name: str) -> float:
    """Return a row's figure, 0 where it has none."""
    found = row.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


class Told:
    """What a person sees of a stage while it goes on."""

    def __init__(self, course: Course, reached: Reached, console: Console | None = None) -> None:
        self._course, self._begun, self._newest = course, reached, ""
        self._console = console or Console(highlight=False, markup=False, soft_wrap=True)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if self._console.is_terminal:
            columns = (TextColumn(course.stage), BarColumn(_BAR), TextColumn("{task.fields[told]}"))
            # without a thread that redraws: the cores are for learning
            self._bar = Progress(*columns, console=self._console, auto_refresh=False)
            self._task = self._bar.add_task(course.stage, total=1.0, told="")
            self._bar.start()

    def step(self, at: Reached, scores: Mapping[str, float], line: bool) -> None:
        """Tell of a step: the bar goes on; without one a line is written where it is time to."""
        if self._bar is None and not line:
            return
        newest = self._newest or "  ".join(
            f"{name} {scores[name]:.0%}" for name in _TOLD if name in scores
        )
        told = f"{self._place(at)}  {newest}"
        if self._bar is None:
            self._console.print(f"{self._course.stage}: {told}")
            return
        done = self._course.share(at.step(0), at.minutes)
        self._bar.update(self._task, completed=min(1.0, done), told=told, refresh=True)

    def examined(self, marks: Marks, at: Reached, seconds: float) -> None:
        """Tell of an examination, and keep its figures in sight."""
        shares = {name: tally.right / tally.of for name, tally in marks.items()}
        kept = [name for name in _EXAMINED if name in shares][:_ROOM]
        self._newest = "  ".join(f"{name} {shares[name]:.0%}" for name in kept)
        place = f"{at.minutes:.1f} min, step {at.step(0)} ({seconds:.1f} s)"
        told = "  ".join(f"{name} {share:.1%}" for name, share in shares.items())
        self.say(f"{self._course.stage}: examined at {place}: {told}")

    def say(self, text: str) -> None:
        """Write a line, above the bar where there is one."""
        self._console.print(text)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def _place(self, at: Reached) -> str:
        """Say where the course stands, and how fast it goes."""
        step, course = at.step(0), self._course
        spent, taken = at.minutes - self._begun.minutes, step - self._begun.step(0)
        speed = f"{taken / spent:.0f} steps/min" if spent > 0 else ""
        if course.steps is not None:
            return f"step {step} of {course.steps}, {at.minutes:.1f} min, {speed}"
        return f"{at.minutes:.1f} of {course.minutes:g} min, step {step}, {speed}"
