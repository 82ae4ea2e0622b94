"""The origins that former runs of this user acted on, kept beside the runs."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox.addresses import clear_origin
from handrail.sandbox.disk import OsDisk, make_folder, replace_file
from handrail.sandbox.errors import JournalError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.records import Intent
from handrail.tasks.errors import RunFolderError
from handrail.tasks.runs import list_runs

_LOG = logging.getLogger("handrail.alerts")
_MOST_RUNS = 200


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    origins: tuple[str, ...] = ()


def origins_path(root: Path) -> Path:
    """Return the place of the list: beside the runs, so that it outlives their folders."""
    return root.with_name(f"{root.name}.origins.json")


def known_origins(root: Path) -> frozenset[str]:
    """Return the origins that are kept; where none are, those of the journals that are there.

    A list that cannot be read is told and counts as empty: then more is new than is.
    """
    place = origins_path(root)
    try:
        return frozenset(_Kept.model_validate_json(place.read_bytes()).origins)
    except FileNotFoundError:
        return _acted_on(root)
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no list of origins"
        _LOG.warning("%s: %s; every origin counts as new", place, why)
        return frozenset()


def keep_origins(root: Path, met: Iterable[str]) -> None:
    """Add origins to the list; what cannot be kept is told, and is new to the next run again."""
    place, disk = origins_path(root), OsDisk()
    known = known_origins(root)
    if place.exists() and known.issuperset(met):
        return
    kept = _Kept(origins=tuple(sorted(known.union(met))))
    try:
        make_folder(place.parent, disk)
        replace_file(place, kept.model_dump_json(indent=1).encode(), disk)
    except OSError as error:
        _LOG.warning("%s: the origins of this run cannot be kept: %s", place, error.strerror)


def _acted_on(root: Path) -> frozenset[str]:
    """Return the origins in the latest journals, as far as they can be read."""
    found = set[str]()
    try:
        folders = list_runs(root)[-_MOST_RUNS:]
    except RunFolderError:
        return frozenset()
    for folder in folders:
        try:
            entries = read_journal(folder.journal).entries
        except JournalError:
            continue
        records = (entry.record for entry in entries)
        found.update(clear_origin(r.place.url) for r in records if isinstance(r, Intent))
    return frozenset(found - {""})
