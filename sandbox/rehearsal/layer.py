"""Layers: a real folder, and beside it what a rehearsal made of it.

Promises
- It says all that is needed to tell what changed: the real folder, where the changes lie, and in
  which form they lie there.

Does not promise
- That the real folder is still as it was when the rehearsal began.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Form = Literal["overlay", "copy"]
Marks = Literal["trusted", "user", "names"]


@dataclass(frozen=True)
class Layer:
    """A real folder and what lies over it.

    ``overlay``: ``changed`` is an overlay's upper folder and holds only what changed. A deleted
    name is a character device 0:0; a folder that replaces the one below bears the extended
    attribute ``trusted.overlay.opaque`` or, mounted with ``userxattr``, ``user.overlay.opaque``
    with the value ``y``. ``marks`` says which, so that a program in the copy cannot write such a
    mark itself; ``names`` is what ``fuse-overlayfs`` writes: ``.wh.NAME`` and ``.wh..wh..opq``
    beside the others. No folder is redirected and no file holds metadata alone: the overlay is
    mounted with ``redirect_dir``, ``metacopy`` and ``index`` off.

    ``copy``: ``changed`` is a whole second folder; what differs from ``real`` changed, but for
    ``left_out``: paths in ``real`` that were not copied, with all that lies below them.
    """

    real: Path
    changed: Path
    form: Form
    marks: Marks = "trusted"
    left_out: tuple[Path, ...] = ()
