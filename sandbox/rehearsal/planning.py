"""The plan of a commit: which steps, in which order.

Promises
- Every consequence is carried out by exactly one step, or by the step of a folder around it: a
  folder that comes or goes does so in one step, with everything in it.
- First what goes, then what comes, then what is replaced; metadata last, the deepest first.

Does not promise
- That a step can be done.
"""

import os
from collections.abc import Container, Iterator, Sequence

from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.commit_record import FolderTime, Operation, StepKind
from handrail.sandbox.rehearsal.conflicts import Marks
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.items import Items, Place
from handrail.sandbox.rehearsal.tree import Tree, split

_ORDER: tuple[StepKind, ...] = ("take", "put", "swap", "dress")


def operations(trees: Sequence[Tree], wanted: Items, marks: Marks) -> list[Operation]:
    """Return the steps in their order."""
    steps = []
    for number, place in enumerate(tops(wanted)):
        one = wanted[place]
        for kind in kinds(one, _names(trees, place)):
            steps.append(
                Operation(
                    kind=kind,
                    layer=place.layer,
                    path=written(place.path),
                    number=number,
                    was=one.was,
                    becomes=one.becomes,
                    then=marks.get(place),
                )
            )
    return sorted(steps, key=lambda step: (_ORDER.index(step.kind), -step.path.count("/")))


def tops(wanted: Items) -> Iterator[Place]:
    """Yield every place that no folder around it carries along."""
    top: Place | None = None
    for place, one in wanted.items():
        if top is None or not top.holds(place):
            yield place
            if _folder(one.was) != _folder(one.becomes):
                top = place


def kinds(one: FileConsequence, names: int) -> tuple[StepKind, ...]:
    """Return the kinds of step that a consequence takes; ``names``: how many the file has now."""
    if one.becomes is None:
        return ("take",)
    if one.was is None:
        return ("put",)
    if _folder(one.was) != _folder(one.becomes):
        return ("take", "put")
    # Dressed in place, a file would be dressed under its other names too.
    alone = names == 1 or _folder(one.becomes)
    return ("dress",) if one.metadata and not one.linked and alone else ("swap",)


def times(trees: Sequence[Tree], wanted: Items, moving: Container[Place]) -> Iterator[FolderTime]:
    """Yield every folder in which an entry is placed or removed, with its times.

    ``moving``: the folders whose time the rehearsal changed. All others keep theirs. Raises OSError
    where one of them has gone.
    """
    above = {Place(place.layer, split(place.path)[0]) for place in tops(wanted)}
    above |= {Place(layer, b"") for layer in range(len(trees))}  # the stage comes and goes there
    for place in sorted(above, reverse=True):
        then = os.fstat(trees[place.layer].folder(place.path)).st_mtime_ns
        state = wanted[place].becomes if place in wanted else None
        dressed = None if state is None else state.mtime_ns
        yield FolderTime(
            layer=place.layer,
            path=written(place.path),
            then=then,
            wanted=dressed if place in wanted else None if place in moving else then,
        )


def _folder(state: EntryState | None) -> bool:
    return state is not None and state.entry == "folder"


def _names(trees: Sequence[Tree], place: Place) -> int:
    seen = trees[place.layer].stat(place.path)
    return 1 if seen is None else seen.st_nlink
