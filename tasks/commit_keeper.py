"""Who keeps what a commit changes, and puts it back."""

from collections.abc import Iterator
from contextlib import contextmanager

from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.tasks.runs import RunFolder, restore_folder


@contextmanager
def keeper_of(folder: RunFolder, record: RehearsalRecord) -> Iterator[FileKeeper]:
    """Lend the keeper of the folders that were rehearsed on. Raises RestoreError."""
    roots = tuple(row.layer.real for row in record.layers)
    with FileKeeper(restore_folder(folder.path.parent), roots, folder.name) as keeper:
        yield keeper
