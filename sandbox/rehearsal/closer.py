"""A closer look at what was found: for each file, what can be shown of the change in it.

Promises
- Contents are shown only where they are the ones that were told: each is compared with its hash.
- How much is read is bounded, however much was found.

Does not promise
- A closer look once the copy is gone: then only what was told is left.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.consequences import FileConsequence
from handrail.sandbox.rehearsal.items import Place, place_of
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.text_difference import (
    LARGEST,
    ShownLine,
    decoded,
    sizes,
    text_difference,
)
from handrail.sandbox.rehearsal.tree import Tree

_MOST_FILES = 60
_LARGEST_PICTURE = 16 << 20
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")


@dataclass(frozen=True)
class Closer:
    """One file: ``lines`` of text, or the bytes of two pictures, or neither; ``note`` in words.

    A picture is whatever begins like one: who draws it must expect anything.
    """

    one: FileConsequence
    lines: tuple[ShownLine, ...] = ()
    before: bytes | None = None
    after: bytes | None = None
    note: str = ""


def closer(record: RehearsalRecord) -> Iterator[Closer]:
    """Yield a closer look at every file that is not noise, in order."""
    with ExitStack() as stack:
        trees = _trees(stack, record)
        left = _MOST_FILES
        for one in record.consequences.files:
            if one.noise:
                continue
            if one.entry != "file" or one.metadata or trees is None:
                yield Closer(one, note=_metadata(one))
            elif left:
                left -= 1
                yield _look(one, trees, place_of(record, one.path))
            else:
                yield Closer(one, note=f"only the first {_MOST_FILES} files are shown closely")


def _trees(stack: ExitStack, record: RehearsalRecord) -> tuple[list[Tree], list[Tree]] | None:
    layers = [row.layer for row in record.layers]
    try:
        real = [stack.enter_context(Tree(layer.real)) for layer in layers]
        return real, [stack.enter_context(Tree(layer.changed)) for layer in layers]
    except RehearsalError:
        return None


def _look(one: FileConsequence, trees: tuple[Sequence[Tree], Sequence[Tree]], at: Place) -> Closer:
    real, over = trees
    was, becomes = one.was, one.becomes
    old = _content(real[at.layer], at.path, one.before) if was and was.entry == "file" else b""
    new = _content(over[at.layer], at.path, one.after) if becomes else b""
    size = ", ".join(sizes(was.size if was else None, becomes.size if becomes else None))
    if old is None or new is None:
        return Closer(one, note=f"{size}; too large to show, or no longer there")
    if _picture(old or new) and _picture(new or old):
        return Closer(one, before=old or None, after=new or None, note=size)
    before, after = decoded(old), decoded(new)
    if before is None or after is None or max(len(old), len(new)) > LARGEST:
        hashes = f"SHA-256 {one.before[:12] or '-'} to {one.after[:12] or '-'}"
        return Closer(one, note=f"{size}; {hashes}")
    if old == new:
        return Closer(one, note=size)
    return Closer(one, lines=text_difference(before, after), note=size)


def _content(tree: Tree, path: bytes, digest: str) -> bytes | None:
    """Return the content that has this hash, None where it is not there or too large."""
    try:
        with tree.opened(path) as descriptor:
            if os.fstat(descriptor).st_size > _LARGEST_PICTURE:
                return None
            with os.fdopen(os.dup(descriptor), "rb") as file:
                content = file.read(_LARGEST_PICTURE + 1)
    except (OSError, RehearsalError):
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def _picture(content: bytes) -> bool:
    return content.startswith(_PICTURES)


def _metadata(one: FileConsequence) -> str:
    """Say what changes beside the content."""
    was, becomes = one.was, one.becomes
    if was is None or becomes is None:
        return ""
    found = []
    if was.entry != becomes.entry:
        found.append(f"a {was.entry} becomes a {becomes.entry}")
    if was.mode != becomes.mode:
        found.append(f"mode {was.mode:04o} to {becomes.mode:04o}")
    if (was.owner, was.group) != (becomes.owner, becomes.group):
        found.append(f"owner {was.owner}:{was.group} to {becomes.owner}:{becomes.group}")
    if was.attributes != becomes.attributes:
        names = {name for name, _value in {*was.attributes} ^ {*becomes.attributes}}
        found.append(f"attributes {', '.join(sorted(names))}")
    if was.mtime_ns != becomes.mtime_ns and one.metadata:
        found.append("time")
    if one.linked:
        found.append(f"another name of {one.linked}")
    return "; ".join(found)
