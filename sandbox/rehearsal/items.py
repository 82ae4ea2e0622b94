"""What is to be committed: each consequence with its layer, and its path below that layer.

Promises
- Every consequence lies below the real folder of exactly one layer, or it is refused.

Does not promise
- That it can be carried out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.consequences import FileConsequence
from handrail.sandbox.rehearsal.record import RehearsalRecord


@dataclass(frozen=True, order=True)
class Place:
    """A layer's number and a path below its real folder."""

    layer: int
    path: bytes


Items = dict[Place, FileConsequence]


def items(record: RehearsalRecord, noise: bool) -> Items:
    """Return what is to be committed in the order of the places. Raises RehearsalError."""
    found = (one for one in record.consequences.files if noise or not one.noise)
    return dict(sorted(((place_of(record, one.path), one) for one in found), key=lambda e: e[0]))


def place_of(record: RehearsalRecord, path: str) -> Place:
    """Return where an absolute written path lies. Raises RehearsalError."""
    places = list(_places(record, read(path)))
    if not places:
        raise RehearsalError(f"{path} lies in none of the folders that were rehearsed on")
    return min(places, key=lambda place: len(place.path))  # of folders in folders: the inner one


def lead_of(record: RehearsalRecord, place: Place, one: FileConsequence) -> Place:
    """Return the place of the file whose further name something becomes. Raises RehearsalError."""
    lead = place_of(record, one.linked)
    if lead.layer != place.layer:
        raise RehearsalError(f"{one.path} and {one.linked} lie in different folders")
    return lead


def _places(record: RehearsalRecord, path: bytes) -> Iterable[Place]:
    for number, row in enumerate(record.layers):
        root = read(row.real).rstrip(b"/")
        if path == (root or b"/") or path.startswith(root + b"/"):
            below = path[len(root) + 1 :]
            if {b"", b".", b".."} & set(below.split(b"/")) and below:
                raise RehearsalError(f"{path!a} is not a plain path")
            yield Place(number, below)
