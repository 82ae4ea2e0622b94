"""Which tasks there are, which may be opened, and which are never trained on."""

import importlib.util
import random
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from handrail.tasks.errors import PackagesMissing, UsageError

Split = Literal["trainable", "never trained on", "examination"]
PACKAGE = "miniwob"
TRAINING_SEEDS = range(1_000, 10_000)
"""Episodes that may be trained on; those before are for evaluation, those behind for the end."""


_KEPT: dict[Split, str] = {
    "never trained on": "held out",
    "examination": "kept for the final examination",
}


class Published(BaseModel):
    """A published mean success (0..1) over a number of tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    success: float = Field(ge=0, le=1)
    tasks: int = Field(ge=1)


class Catalogue(BaseModel):
    """The development tasks, split; every other task is kept for examination."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainable: tuple[str, ...]
    held_out: tuple[str, ...]
    pocket_trained_on: tuple[str, ...]
    source: str
    published: tuple[Published, ...]

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        if len(set(self.development)) != len(self.development):
            raise ValueError("a task is named twice")
        if set(self.pocket_trained_on) - set(self.trainable):
            raise ValueError("only trainable tasks may be trained on")
        return self

    @property
    def development(self) -> tuple[str, ...]:
        """Return every development task, in the order of the alphabet."""
        return tuple(sorted((*self.trainable, *self.held_out)))

    def split(self, task: str) -> Split:
        """Return which part of the suite a task belongs to."""
        if task in self.trainable:
            return "trainable"
        return "never trained on" if task in self.held_out else "examination"

    def chosen(self, names: Sequence[str], examination: bool, html: Path) -> tuple[str, ...]:
        """Return the tasks to play: those named, by default all that may be opened.

        Raises UsageError for a task that may not be opened or that the package does not hold.
        """
        wanted = tuple(dict.fromkeys(names)) or self._all(examination, html)
        kept = [name for name in wanted if name not in self.development]
        if kept and not examination:
            raise UsageError(
                f"{', '.join(kept)}: not a development task. What is not one is kept for the final "
                f"examination. Development tasks: {', '.join(self.development)}"
            )
        absent = [name for name in wanted if name not in held(html)]
        if absent:
            raise UsageError(f"{', '.join(absent)}: there is no such task in {html}")
        return wanted

    def for_training(self, names: Sequence[str], html: Path) -> tuple[str, ...]:
        """Return the tasks to be trained on: those named, by default all that may be.

        Raises UsageError for any other, and for one that the package does not hold.
        """
        wanted = tuple(dict.fromkeys(names)) or self.trainable
        for name in wanted:
            if self.split(name) != "trainable":
                raise UsageError(
                    f"{name} may not be trained on: it is {_KEPT[self.split(name)]}. Trainable "
                    f"tasks: {', '.join(self.trainable)}"
                )
        return self.chosen(wanted, False, html)

    def _all(self, examination: bool, html: Path) -> tuple[str, ...]:
        if not examination:
            return self.development
        return tuple(sorted(held(html) - set(self.development)))


def load_catalogue() -> Catalogue:
    """Read the split that comes with Handrail."""
    text = files("handrail.tasks.miniwob").joinpath("tasks.toml").read_text("utf-8")
    return Catalogue.model_validate(tomllib.loads(text))


def html_folder(package: str = PACKAGE) -> Path:
    """Return the folder of pages in the installed package, without importing it.

    Raises PackagesMissing.
    """
    found = importlib.util.find_spec(package)
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / "html" / PACKAGE).is_dir():
            return Path(place) / "html"
    raise PackagesMissing(
        "the pages of MiniWoB++ are not installed: pip install 'handrail[miniwob]'"
    )


def training_seed(rng: random.Random) -> int:
    """Draw an episode that may be trained on: the one place that chooses such seeds."""
    return rng.choice(TRAINING_SEEDS)


def held(html: Path) -> frozenset[str]:
    """Return the names of the tasks that a folder of pages holds, without opening one."""
    return frozenset(page.stem for page in (html / PACKAGE).glob("*.html"))
