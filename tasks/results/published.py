"""Our counts beside the best published ones: ``results/published.toml`` and ``faults.json``."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.tasks.results.errors import ResultUnreadable
from handrail.tasks.results.result import Figure, Result

NAME = "published"
_FAULTS = "faults"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Published(_Frozen):
    """The best published figure beside one promise; ``checked``: read at its source."""

    promise: str = Field(pattern=r"^P\d+$")
    says: str = Field(min_length=1)
    best: str = Field(min_length=1)
    source: str = ""
    checked: bool = False


class Comparison(_Frozen):
    """All rows, and what none of our counts speaks of."""

    row: tuple[Published, ...] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)


def made_tables(folder: Path, results: Mapping[str, Result]) -> dict[str, str]:
    """Return the tables that are made of more than one file, by name.

    Raises ResultUnreadable.
    """
    path = folder / f"{NAME}.toml"
    if not path.exists():
        return {}
    try:
        told = Comparison.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ResultUnreadable(f"{path} is no comparison: {error}; correct it") from error
    figures = results[_FAULTS].figures if _FAULTS in results else ()
    return {NAME: comparison(told, figures)}


def comparison(told: Comparison, figures: tuple[Figure, ...]) -> str:
    """Return the comparison as Markdown, with the limits below it."""
    rows = ["| Promise | Ours | Best published | Source |", "| --- | --- | --- | --- |"]
    for one in told.row:
        source = one.source or "-"
        if one.source and not one.checked:
            source += " (not checked)"
        cells = (f"{one.promise} {one.says}", _ours(one.promise, figures), one.best, source)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    limits = [f"- {limit}" for limit in told.limits]
    return "\n".join([*rows, "", "What these counts say nothing of:", "", *limits])


def _ours(promise: str, figures: tuple[Figure, ...]) -> str:
    """Return how many cases of a promise failed, of how many."""
    mine = [f for f in figures if promise in re.split(r"[ +.]", f.name.partition(".")[0])]
    if not mine:
        return "not counted yet"
    failed, cases = sum(f.value for f in mine), sum(f.count or 0 for f in mine)
    return f"{failed:,.0f} of {cases:,} failed"
