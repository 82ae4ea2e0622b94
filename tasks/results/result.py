"""One measurement: what was run, on what, when, and the figures that came out."""

import datetime
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handrail.tasks.results.errors import ResultUnreadable
from handrail.tasks.results.machine import Hardware, commit, hardware, versions


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Frozen):
    """One number with its name.

    ``unit`` is "share" for 0..1 (shown in per cent), else what is written behind the number.
    ``chance`` is what guessing gets, in the same unit; ``low`` and ``high`` are the 95 % interval;
    ``count`` is the number of cases behind the value.
    """

    name: str = Field(min_length=1)
    value: float = Field(allow_inf_nan=False)
    unit: str = ""
    count: int | None = Field(default=None, ge=0)
    chance: float | None = Field(default=None, allow_inf_nan=False)
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)
    note: str = ""

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        for value in (self.value, self.chance, self.low, self.high):
            if self.unit == "share" and value is not None and not 0.0 <= value <= 1.0:
                raise ValueError(f"{self.name}: a share lies in 0..1, not {value}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: an interval has both ends or none")
        return self


class Result(_Frozen):
    """One file under results/."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    command: str = Field(min_length=1)
    commit: str = Field(pattern=r"^([0-9a-f]{40}(\+changes)?|unknown)$")
    seed: int | None
    date: datetime.datetime
    versions: dict[str, str]
    hardware: Hardware
    figures: tuple[Figure, ...] = Field(min_length=1)


def share(name: str, hits: int, count: int, chance: float | None = None, note: str = "") -> Figure:
    """Return ``hits`` of ``count`` as a share with its 95 % Wilson interval (Wilson 1927)."""
    if not 0 <= hits <= count or count == 0:
        raise ValueError(f"{name}: {hits} of {count} is not a share")
    z, p = 1.96, hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + (z / (2 * count)) ** 2)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Figure(
        name=name, value=round(p, 4), unit="share", count=count, chance=chance,
        low=round(low, 4), high=round(high, 4), note=note,
    )  # fmt: skip


def measured(
    name: str, title: str, command: str, seed: int | None, figures: Sequence[Figure]
) -> Result:
    """Return a result of this moment, this commit and this machine."""
    return Result(
        name=name,
        title=title,
        command=command,
        commit=commit(Path(__file__).resolve().parents[2]),
        seed=seed,
        date=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
        versions=versions(),
        hardware=hardware(),
        figures=tuple(figures),
    )


def write_result(result: Result, folder: Path) -> Path:
    """Write the result as ``folder/NAME.json``, in place of an earlier one, and return the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    text = json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def read_result(path: Path) -> Result:
    """Read one file. Raises ResultUnreadable."""
    try:
        result = Result.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ResultUnreadable(
            f"{path} is not a result: {error}; write it again with its own command"
        ) from error
    if path.stem != result.name:
        raise ResultUnreadable(f"{path} holds the result {result.name!r}: rename one of them")
    return result


def read_results(folder: Path) -> dict[str, Result]:
    """Read every ``*.json`` of a folder, by name. Raises ResultUnreadable."""
    return {r.name: r for r in map(read_result, sorted(folder.glob("*.json")))}
