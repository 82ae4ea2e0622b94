"""Who keeps what during a run, and the same keepers again when it is to be undone."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_part import StoragePart
from handrail.actuators.clipboard_part import ClipboardPart
from handrail.actuators.desktop_screen import Desktop
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.primitives import Guarded
from handrail.sandbox import file_names
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.journal import Journal, JournalReading
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.records import Intent, Note
from handrail.sandbox.restore import Compensation, Restore
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.keeper import Keeper
from handrail.sandbox.snapshot.part import PartKeeper
from handrail.sandbox.snapshot.texts import KeptTexts
from handrail.tasks.home import home_folder
from handrail.tasks.run_target import BrowserTarget, Target
from handrail.tasks.runs import RunFolder, restore_folder, texts_folder

_TOPIC = "restore"


class BrowserPlace(BaseModel):
    """Where a browser's storage is found again: a profile's folder, or a browser that runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: str = ""
    attach: str = ""


class KeptParts(BaseModel):
    """What a run keeps, as its journal tells: where each part is, to find it again.

    ``files``: whole paths, as ``file_names.written`` returns them. ``display``: whose clipboard.
    ``unkept``: why a part that the policy names was not kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[str, ...] = ()
    display: str = ""
    browser: BrowserPlace | None = None
    unkept: Mapping[str, str] = {}
    compensation: tuple[Compensation, ...] = ()

    @classmethod
    def asked(cls, restore: Restore, target: Target, screen: Guarded) -> "KeptParts":
        """Return what a policy wants kept of a run. Raises RunFolderError: no home folder."""
        unkept: dict[str, str] = {}
        display, browser = "", None
        if restore.clipboard:
            display, unkept["clipboard"] = _display(screen)
        if restore.storage:
            browser, unkept["storage"] = _browser(target)
        return cls(
            files=tuple(file_names.written(bytes(_whole(one))) for one in restore.files),
            display=display,
            browser=browser,
            unkept={name: why for name, why in unkept.items() if why},
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
def kept_during(
    restore: Restore, target: Target, screen: Guarded, folder: RunFolder, journal: Journal
) -> Iterator[Keeping]:
    """Keep what a policy wants kept while a run acts, and what is there when it ends.

    Raises RestoreError, JournalError.
    """
    if restore == Restore():
        yield Keeping()
        return
    parts = KeptParts.asked(restore, target, screen)
    journal.append(Note(topic=_TOPIC, data={"parts": parts.model_dump_json()}))
    with ExitStack() as opened:
        keepers = _common(parts, folder, opened)
        if parts.browser is not None and isinstance(screen, Browser):
            keepers.append(PartKeeper(StoragePart(screen), _texts(folder)))
        keeping = Keeping(keepers)
        try:
            yield keeping
        finally:
            _end(keeping, journal)


@contextmanager
def found_keepers(
    parts: KeptParts,
    folder: RunFolder,
    without: Collection[str] = (),
    browser: Path | None = None,
) -> Iterator[Found]:
    """Lend the keepers of a run's parts again, but those that are to be left out.

    ``browser`` is the program that opens a profile: a journal names none that would be started.
    Raises RestoreError where one is out of reach for now.
    """
    left = {
        "files": () if "files" in without else parts.files,
        "display": "" if "clipboard" in without else parts.display,
        "browser": None if "storage" in without else parts.browser,
    }
    wanted = parts.model_copy(update=left)
    with ExitStack() as opened:
        keepers = _common(wanted, folder, opened)
        if wanted.browser is not None:
            part = _reopened(wanted.browser, browser, opened)
            keepers.append(PartKeeper(part, _texts(folder)))
        absent = dict.fromkeys(without, "left as it is, as you asked")
        yield Found({keeper.name: keeper for keeper in keepers}, absent)


def _common(parts: KeptParts, folder: RunFolder, opened: ExitStack) -> list[Keeper]:
    """Open the keepers that are the same during a run and after it."""
    keepers: list[Keeper] = []
    if parts.files:
        roots = tuple(Path(_path(name)) for name in parts.files)
        store = restore_folder(folder.path.parent)
        keepers.append(opened.enter_context(FileKeeper(store, roots, folder.name)))
    if parts.display:
        from handrail.actuators.x11_clipboard import X11Clipboard  # python-xlib is for X11 alone

        with _within_reach("clipboard"):
            clipboard = opened.enter_context(closing(X11Clipboard(parts.display)))
        keepers.append(PartKeeper(ClipboardPart(clipboard), _texts(folder)))
    return keepers


def _reopened(place: BrowserPlace, program: Path | None, opened: ExitStack) -> StoragePart:
    config = BrowserConfig(
        executable=None if place.attach else program,
        profile_dir=Path(place.profile) if place.profile else None,
        attach=place.attach or None,
    )
    with _within_reach("storage"):
        browser = opened.enter_context(Browser.open(config, PermitOffice()))
    return StoragePart(browser, anew=not place.attach)


@contextmanager
def _within_reach(name: str) -> Iterator[None]:
    try:
        yield
    except EnvironmentMissing as error:
        raise RestoreError(
            f"{name}: out of reach: {error}; or leave it as it is with --without {name}"
        ) from error


def _display(screen: Guarded) -> tuple[str, str]:
    """Return the display whose clipboard is kept, or why none is."""
    if not isinstance(screen, Desktop):
        return "", "only a desktop's clipboard is kept"
    name, owned = screen.display
    if not name.count(":"):
        return "", "only the clipboard of an X11 desktop is kept"
    return ("", "the display was the run's own and ended with it") if owned else (name, "")


def _browser(target: Target) -> tuple[BrowserPlace | None, str]:
    """Return where a browser's storage is found again, or why it is not kept."""
    if not isinstance(target, BrowserTarget):
        return None, "the run was in no browser of Handrail's"
    config = target.config
    if config.attach:
        if config.attach.startswith("wss:"):
            return None, "the browser ran elsewhere, and its address may hold a password"
        return BrowserPlace(attach=config.attach), ""
    if config.profile_dir is None:
        return None, "the browser had no lasting profile: its storage ended with it"
    return BrowserPlace(profile=str(config.profile_dir.absolute())), ""


def _texts(folder: RunFolder) -> KeptTexts:
    return KeptTexts(texts_folder(folder.path.parent, folder.name))


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
