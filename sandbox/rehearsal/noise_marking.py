"""Marking noise in what was found.

Promises
- What is not noise can be carried out alone: a folder that must be made for it, or must go with it,
  is not noise either, and neither is anything in a folder that goes.

Does not promise
- That noise can be carried out without the rest.
"""

from collections.abc import Mapping

from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.noise import FOLDER_TIME, Noise, noise_of
from handrail.sandbox.rehearsal.tree import split


def marked(found: Mapping[bytes, FileConsequence]) -> list[FileConsequence]:
    """Return what was found, noise marked; the paths are below the layer's real folder."""
    noise = {path for path, one in found.items() if reason_for(written(path), one)}
    filled: dict[bytes, bool] = {}  # folders with something in them: whether all of it is noise
    for path in sorted(found, reverse=True):  # what is in a folder comes before it
        one = found[path]
        if path in filled and _whole_folder(one):
            made_for_noise = one.change == "created" and filled[path]
            if made_for_noise:
                noise.add(path)
            elif not filled[path]:
                noise.discard(path)
        above = split(path)[0]
        filled[above] = filled.get(above, True) and path in noise
    going: set[bytes] = set()
    for path in sorted(found):
        if split(path)[0] in going:
            noise.discard(path)
            going.add(path)
        elif path not in noise and _goes(found[path]):
            going.add(path)
    return [one.model_copy(update={"noise": path in noise}) for path, one in found.items()]


def reason_for(path: str, one: FileConsequence) -> Noise | None:
    """Return why something that was found is noise by itself; ``path`` is below the folder."""
    if one.was is not None and one.becomes is not None and one.entry == "folder":
        later = one.was.model_copy(update={"mtime_ns": one.becomes.mtime_ns})
        if later == one.becomes:
            return FOLDER_TIME
    return noise_of(path)


def _whole_folder(one: FileConsequence) -> bool:
    """Tell whether a folder comes or goes with what is in it."""
    return "folder" in (_entry(one.was), _entry(one.becomes)) and not one.metadata


def _goes(one: FileConsequence) -> bool:
    """Tell whether a folder would no longer be there."""
    return _entry(one.was) == "folder" != _entry(one.becomes)


def _entry(state: EntryState | None) -> str:
    return "" if state is None else state.entry
