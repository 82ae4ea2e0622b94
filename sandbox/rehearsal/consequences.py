"""Consequences: what a rehearsal found that its actions would do, as data.

Promises
- Everything that was found is in it; what is noise (caches, lists of recent files) is marked so and
  never left out.
- ``Consequences.digest`` changes with anything in it: it is what a person said yes to.

Does not promise
- That a rehearsal saw everything: what a program does only outside of its copy is not here.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from handrail.sandbox.snapshot.keeper import Change

EntryKind = Literal["file", "folder", "link", "special"]


class _Found(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryState(_Found):
    """How an entry of a folder is, in all that is compared and put back.

    ``content``: SHA-256 of a file's content or of a link's target; of what is special its sort:
    ``fifo``, ``socket``, ``device``; empty for a folder. ``size``: of a file, in bytes. ``mode``:
    the permission bits. ``attributes``: extended attributes in order, the name as
    ``file_names.written`` returns it and the value in Base64.
    """

    entry: EntryKind
    content: str = ""
    size: int = 0
    mode: int = 0
    owner: int = 0
    group: int = 0
    mtime_ns: int = 0
    attributes: tuple[tuple[str, str], ...] = ()


class FileConsequence(_Found):
    """A file, a folder or a link that would be created, changed or deleted.

    ``path`` is absolute, as ``file_names.written`` returns it. ``before`` and ``after``: SHA-256 of
    its content (of a link: of its target), empty where there is none. ``metadata``: only mode,
    owner, time or attributes differ. ``was`` and ``becomes``: all of how it is and would be, None
    where it is absent. ``linked``: the path whose file it would be another name of (a hard link).
    ``entry``: what it would be, or was where it would be deleted.
    """

    kind: Literal["file"] = "file"
    change: Change
    entry: EntryKind
    path: str
    before: str = ""
    after: str = ""
    metadata: bool = False
    noise: bool = False
    was: EntryState | None = None
    becomes: EntryState | None = None
    linked: str = ""


class RequestField(_Found):
    """One field of a request's body; ``file``: the name of the file that it uploads."""

    name: str
    value: str
    file: str = ""


class RequestConsequence(_Found):
    """A request that would have been sent, in the order in which they were made.

    ``url`` without a user's name and password. ``source``: what it is for, such as ``navigation``,
    and ``page`` the address of the page that sends it. ``body``: what may be shown of it (secrets
    redacted, cut), and ``fields`` the same field by field, where it has some; ``body_digest``:
    SHA-256 of all of it as it would be sent, empty where something in it is hidden. ``whole``: all
    of it is known, so that another can be compared with it.
    """

    kind: Literal["request"] = "request"
    method: str
    url: str
    source: str
    page: str = ""
    content_type: str = ""
    fields: tuple[RequestField, ...] = ()
    body: str = ""
    body_digest: str = ""
    whole: bool = True
    noise: bool = False


class StorageConsequence(_Found):
    """An entry of a browser's storage or of a program's settings that would change."""

    kind: Literal["storage"] = "storage"
    change: Change
    store: Literal["cookies", "local", "session", "indexed_db", "settings"]
    origin: str
    key: str
    before: str = ""
    after: str = ""
    noise: bool = False


Consequence = Annotated[
    FileConsequence | RequestConsequence | StorageConsequence, Field(discriminator="kind")
]


class Consequences(_Found):
    """All that was found; ``screen`` is the fingerprint of the screen it ended with."""

    found: tuple[Consequence, ...] = ()
    screen: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all of it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def files(self) -> tuple[FileConsequence, ...]:
        """Return what was found of files, in the order of their paths."""
        return tuple(one for one in self.found if isinstance(one, FileConsequence))

    @property
    def telling(self) -> tuple[Consequence, ...]:
        """Return what is not noise."""
        return tuple(one for one in self.found if not one.noise)
