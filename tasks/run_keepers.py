"""Who keeps what during a run, and the same keepers again when it is to be undone."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox import file_names
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.journal import Journal, JournalReading
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.records import Intent, Note
from handrail.sandbox.restore import Compensation, Restore
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.keeper import Keeper
from handrail.tasks.home import home_folder
from handrail.tasks.runs import RunFolder, restore_folder

_TOPIC = "restore"


class KeptParts(BaseModel):
    """What a run keeps, as its journal tells: where each part is, to find it again.

    ``files``: whole paths, as ``file_names.written`` returns them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[str, ...] = ()
    compensation: tuple[Compensation, ...] = ()

    @classmethod
    def asked(cls, restore: Restore) -> "KeptParts":
        """Return what a policy wants kept. Raises RunFolderError for a user without a home."""
        return cls(
            files=tuple(file_names.written(bytes(_whole(one))) for one in restore.files),
            compensation=restore.compensation,
        )

    @classmethod
    def told(cls, reading: JournalReading) -> "KeptParts":
        """Return what the journal of a run says was kept. Raises RestoreError."""
        for entry in reading.entries:
            record = entry.record
            if isinstance(record, Note) and record.topic == _TOPIC and "parts" in record.data:
                try:
                    return cls.model_validate_json(str(record.data["parts"]))
                except ValidationError as error:
                    raise RestoreError(
                        f"{reading.path}: record {entry.seq} was written by another version of "
                        "Handrail: undo the run with that one"
                    ) from error
        return cls()

    @property
    def remedies(self) -> Restore:
        """Return what tells a person what to do by hand."""
        return Restore(compensation=self.compensation)


@dataclass
class Found:
    """The keepers of a run that can be had now, by their names, and why the others cannot."""

    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def kept_during(restore: Restore, folder: RunFolder, journal: Journal) -> Iterator[Keeping]:
    """Keep what a policy wants kept while a run acts, and what is there when it ends.

    Raises RestoreError, JournalError.
    """
    if restore == Restore():
        yield Keeping()
        return
    parts = KeptParts.asked(restore)
    journal.append(Note(topic=_TOPIC, data={"parts": parts.model_dump_json()}))
    with found_keepers(parts, folder) as found:
        keeping = Keeping(tuple(found.keepers.values()))
        try:
            yield keeping
        finally:
            _end(keeping, journal)


@contextmanager
def found_keepers(parts: KeptParts, folder: RunFolder) -> Iterator[Found]:
    """Lend the keepers of a run's parts."""
    with ExitStack() as opened:
        keepers: dict[str, Keeper] = {}
        if parts.files:
            roots = tuple(Path(_path(name)) for name in parts.files)
            store = restore_folder(folder.path.parent)
            keepers["files"] = opened.enter_context(FileKeeper(store, roots, folder.name))
        yield Found(keepers)


def _end(keeping: Keeping, journal: Journal) -> None:
    """Keep what is there at the end; that it cannot be kept must not hide how the run ended."""
    try:
        keeping.ended(journal)
    except RestoreError as error:
        journal.append(Note(topic=_TOPIC, data={"problem": str(error)[:1_000]}))


def remedy(parts: KeptParts, intent: Intent) -> Iterator[str]:
    """Yield what a person can do by hand about an action, as the run's policy said."""
    return (f"by hand: {text}" for text in parts.remedies.told(intent.place.url))


def _whole(folder: str) -> Path:
    if folder.startswith("~/"):
        return home_folder("in [restore] whole paths instead of ~") / folder[2:]
    return Path(folder)


def _path(written: str) -> str:
    return file_names.read(written).decode("utf-8", "surrogateescape")
