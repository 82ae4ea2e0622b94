"""Who keeps what a commit changes, so that it can be undone: exactly that, nothing beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.selection import Selection
from handrail.tasks.runs import RunFolder, restore_folder


@contextmanager
def keeper_of(folder: RunFolder, record: RehearsalRecord) -> Iterator[FileKeeper]:
    """Lend the keeper of what a rehearsal's commit may change. Raises RestoreError."""
    roots = tuple(row.layer.real for row in record.layers)
    with FileKeeper(restore_folder(folder.path.parent), roots, folder.name) as keeper:
        keeper.selection = Selection(_selected(record))
        yield keeper


def _selected(record: RehearsalRecord) -> Iterator[bytes]:
    """Yield the paths that were found, as the keeper writes them: without links above a folder.

    Further names of files among them come along: an undo makes them names of one file again.
    """
    roots = {
        bytes(real): bytes(real.parent.resolve() / real.name)
        for real in (row.layer.real for row in record.layers)
    }
    for name in (*(one.path for one in record.consequences.files), *record.beside):
        path = read(name)
        for shown, plain in roots.items():
            if path == shown or path.startswith(shown + b"/"):
                yield plain + path[len(shown) :]
