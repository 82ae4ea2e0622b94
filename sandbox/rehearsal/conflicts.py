"""Conflicts: what is in the real folders not as it was when the rehearsal looked.

Promises
- An entry that would be changed or deleted must be as it was, in kind, content and metadata; where
  one would be created nothing may be; in a folder that would go there may be nothing new.
- Reading changes nothing.

Does not promise
- That it stays so: each entry is looked at again when its turn comes (``commit_steps.py``).
"""

from collections.abc import Sequence

from handrail.sandbox.rehearsal.commit_record import Mark
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.items import Items, Place, lead_of
from handrail.sandbox.rehearsal.tree import Tree, join, kind_of, split

Marks = dict[Place, Mark]


def mark(tree: Tree, path: bytes) -> Mark | None:
    """Return the inode, size and time of an entry, None where it is absent.

    Of a folder only the inode: its size and time follow what is in it.
    """
    seen = tree.stat(path)
    if seen is None:
        return None
    whole = kind_of(seen) != "folder"
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns) if whole else (seen.st_ino, 0, 0)


def conflicts(trees: Sequence[Tree], wanted: Items, left_out: Items) -> tuple[list[Place], Marks]:
    """Return what is not as it was, and the marks of all that is. Raises RehearsalError."""
    wrong: list[Place] = []
    marks: Marks = {}
    for place, one in wanted.items():
        tree = trees[place.layer]
        before = mark(tree, place.path)
        if not same(tree.state(place.path), one.was) or mark(tree, place.path) != before:
            wrong.append(place)
        elif before is not None:
            marks[place] = before
            if _goes(one):
                wrong += _unknown(tree, place, wanted)
        elif not _has_a_folder(tree, place, wanted):
            wrong.append(place)
        if one.linked:
            lead = lead_of(tree, place, one)
            unchanged = lead not in wanted and lead not in left_out
            if unchanged and not same(tree.state(lead.path), one.becomes):
                wrong.append(lead)
    return wrong, marks


def same(now: EntryState | None, then: EntryState | None) -> bool:
    """Tell whether an entry is as it was; a folder's time follows what happens in it."""
    if now is not None and then is not None and now.entry == then.entry == "folder":
        return now.model_copy(update={"mtime_ns": then.mtime_ns}) == then
    return now == then


def _goes(one: FileConsequence) -> bool:
    was, becomes = one.was, one.becomes
    return was is not None and was.entry == "folder" and _kind(becomes) != "folder"


def _kind(state: EntryState | None) -> str:
    return "" if state is None else state.entry


def _unknown(tree: Tree, place: Place, wanted: Items) -> list[Place]:
    below = [Place(place.layer, join(place.path, name)) for name in tree.names(place.path)]
    return [one for one in below if one not in wanted]


def _has_a_folder(tree: Tree, place: Place, wanted: Items) -> bool:
    above = Place(place.layer, split(place.path)[0])
    if above in wanted and _kind(wanted[above].becomes) == "folder":
        return True
    seen = tree.stat(above.path)
    return seen is not None and kind_of(seen) == "folder"
