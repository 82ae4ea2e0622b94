"""The anchor: how far a journal had come and what its last hash was, kept outside the journal.

Promises
- A journal that was cut, written anew or, once its run had ended, added to, does not fit its
  anchor: ``check_anchor`` raises ``JournalCorrupt``.
- With a key, an anchor that was made or changed without that key does not pass either. A key may
  evolve after a seal: who finds the later one cannot make an earlier seal, and who has the first
  one, kept elsewhere, can check them all (forward-secure seals, Bellare and Yee 1997).
- An anchor is replaced in one go: a reader, also after a crash, finds the old one or the new one.
- An anchor that announces a record fits its journal before and after that one record was added, so
  that something can be added to an ended run and a crash at any moment leaves a journal that fits.

Does not promise
- Anything against someone who may write the journal and the anchor, where no key is used, or who
  has the key: keep it, or a copy of the head, where that person cannot write.
- To know what a run that was cut off did after its first records: only an ended run has a final
  anchor. Its records are chained all the same.

Form: JSON, one object, without what is absent; ``seal`` is the HMAC-SHA-256 (RFC 2104) of the
object without ``seal`` in the journal's canonical form.
"""

import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.sandbox.disk import Disk, OsDisk, make_folder, replace_file
from handrail.sandbox.errors import JournalCorrupt, JournalError
from handrail.sandbox.journal_reading import JournalReading, canonical

SHORTEST_KEY = 16
MOST_EVOLVED = 1_000  # steps of a key that are tried before a seal counts as another key's
_NEXT = b"handrail: the key after this one"


class Anchor(BaseModel):
    """What is kept: ``records`` were there, the last with the hash ``head``; ``time`` in seconds.

    ``final``: the run had ended, nothing may follow but a record with the hash ``announced``.
    ``seal`` is empty where no key was used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    run: str = Field(min_length=1)
    records: int = Field(ge=1)
    head: str = Field(pattern=r"^[0-9a-f]{64}$")
    final: bool
    time: float
    announced: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    seal: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def sealed(self, key: bytes) -> "Anchor":
        """Return this anchor with its seal by a key of at least 16 bytes."""
        return self.model_copy(update={"seal": _seal(key, self._text)})

    def holds(self, key: bytes) -> bool:
        """Tell whether the seal was made with this key, or with one that it evolved to."""
        text = self._text
        for _ in range(MOST_EVOLVED):
            if hmac.compare_digest(self.seal, _seal(key, text)):
                return True
            key = evolved(key)
        return False

    @property
    def _text(self) -> bytes:
        return canonical(self.model_dump(exclude={"seal"}, exclude_none=True))


def _seal(key: bytes, text: bytes) -> str:
    if len(key) < SHORTEST_KEY:
        raise JournalError(f"the key has {len(key)} bytes; it needs at least {SHORTEST_KEY}")
    return hmac.digest(key, text, "sha256").hex()


def evolved(key: bytes) -> bytes:
    """Return the key after this one, from which this one cannot be found."""
    return hmac.digest(key, _NEXT, "sha256")


def anchor_of(
    reading: JournalReading, final: bool, clock: Callable[[], float] = time.time
) -> Anchor:
    """Return the anchor of a journal as it was read; it must be intact and hold a record."""
    if reading.problem or not reading.entries:
        raise JournalCorrupt(
            f"{reading.path}: {reading.problem or 'holds no whole record'}; "
            "what does not hold is not anchored"
        )
    return Anchor(
        run=reading.run,
        records=len(reading.entries),
        head=reading.head,
        final=final,
        time=clock(),
    )


def check_anchor(reading: JournalReading, anchor: Anchor, key: bytes | None = None) -> None:
    """Insist that an intact journal fits its anchor. Raises JournalCorrupt."""
    where = f"{reading.path}: does not fit its anchor: "
    if key is not None and not anchor.holds(key):
        raise JournalCorrupt(f"{where}the anchor was not sealed with this key")
    if reading.run != anchor.run:
        raise JournalCorrupt(f"{where}it is the journal of another run")
    if len(reading.entries) < anchor.records:
        there = len(reading.entries)
        raise JournalCorrupt(f"{where}{there} of {anchor.records} records are there: it was cut")
    if reading.entries[anchor.records - 1].hash != anchor.head:
        raise JournalCorrupt(f"{where}record {anchor.records} is another: it was written anew")
    added = len(reading.entries) - anchor.records
    if not anchor.final or (added == 0 and (anchor.announced or not reading.torn)):
        return
    if added != 1 or reading.torn or reading.head != anchor.announced:
        raise JournalCorrupt(f"{where}something was added after the run had ended")


def keep_anchor(anchor: Anchor, path: Path, disk: Disk | None = None) -> None:
    """Put the anchor in the place of an earlier one, on the disk when this returns.

    Raises JournalError; the earlier anchor is then still there, or the new one is, whole.
    """
    used = OsDisk() if disk is None else disk
    try:
        make_folder(path.parent, used)
        replace_file(path, canonical(anchor.model_dump(exclude_none=True)) + b"\n", used)
    except OSError as error:
        reason = error.strerror or error
        raise JournalError(f"{path}: the anchor cannot be kept: {reason}") from error


def read_anchor(path: Path) -> Anchor:
    """Read an anchor. Raises JournalError where it is absent or not one."""
    try:
        return Anchor.model_validate_json(path.read_bytes())
    except OSError as error:
        raise JournalError(f"{path}: the anchor cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise JournalCorrupt(f"{path}: is no anchor: {error.errors()[0]['msg']}") from error
