"""The ledger of grants: their secrets, their uses, and which are revoked.

The secrets lie in the user's state directory, readable by nobody else: whoever runs programs as
that user holds them, too. Counting is SQLite's (https://sqlite.org/pragma.html#pragma_synchronous):
``EXTRA`` syncs the folder as well, so that a power loss cannot bring an earlier count back.

Promises
- ``count`` returns an empty string only once the use is on the disk, and never for more uses than
  any block of the grant allows, however many processes count at once, and whenever one is killed.
- A use counts on every block with a number: what was narrowed draws on what it was made from.
- A revoked, expired, forged or unknown grant is not counted. A ledger that others could read or
  write is not opened.

Does not promise
- To give a use back: it stays counted where the screen then refused the action.
- Anything on Windows about who can read the file: its folder's rights decide.
"""

import os
import secrets
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from handrail.sandbox.errors import GrantError
from handrail.sandbox.grant import Block, Grant, link_name
from handrail.sandbox.ownership import current_user

_TABLES = """
CREATE TABLE IF NOT EXISTS grants(
    id TEXT PRIMARY KEY, secret BLOB NOT NULL, block TEXT NOT NULL, revoked TEXT) STRICT;
CREATE TABLE IF NOT EXISTS uses(link TEXT PRIMARY KEY, used INTEGER NOT NULL) STRICT;
"""
_BUSY_SECONDS = 10.0


@dataclass(frozen=True)
class Standing:
    """A grant as it was issued, how often it was used, and whether it is ``live``, or why not."""

    id: str
    block: Block
    used: int
    state: str


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The grants of one user, in one file; safe for several processes."""

    synchronous = "EXTRA"

    def __init__(self, path: Path, clock: Callable[[], datetime] = _now) -> None:
        self.path = path
        self._clock = clock

    def now(self) -> datetime:
        """Return the time by which grants end."""
        return self._clock()

    def issue(self, block: Block) -> Grant:
        """Make a grant and write it down. Raises GrantError."""
        number, secret = secrets.token_hex(8), secrets.token_bytes(32)
        grant = Grant.issued(number, block, secret)
        if block.until is not None and block.until <= self.now():
            raise GrantError("the grant would have ended already: choose a later time")
        row = (number, secret, block.model_dump_json(exclude_none=True))
        with self._opened(make=True) as database:
            database.execute("INSERT INTO grants(id, secret, block) VALUES (?, ?, ?)", row)
        return grant

    def revoke(self, number: str) -> None:
        """Let a grant, and all that was narrowed from it, be worth nothing. Raises GrantError."""
        with self._opened() as database:
            when = self.now().isoformat()
            asked = "UPDATE grants SET revoked = coalesce(revoked, ?) WHERE id = ?"
            if not database.execute(asked, (when, number)).rowcount:
                raise GrantError(f"there is no grant {number!a} here; `handrail permit list`")

    def standings(self) -> list[Standing]:
        """Return every grant that was issued. Raises GrantError."""
        if not self.path.exists():
            return []
        with self._opened() as database:
            rows = database.execute("SELECT id, secret, block, revoked FROM grants").fetchall()
            return [self._standing(database, *row) for row in rows]

    def check(self, grant: Grant) -> None:
        """Insist that a grant is live. Raises GrantError."""
        with self._opened() as database:
            if why := self._obstacle(database, grant):
                raise GrantError(why)

    def count(self, grant: Grant) -> str:
        """Count one use, on the disk when this returns, or return why it does not count.

        Raises GrantError where the ledger cannot be read or written.
        """
        with self._opened() as database:
            if why := self._obstacle(database, grant):
                return why
            asked = "INSERT INTO uses VALUES (?, 1) ON CONFLICT(link) DO UPDATE SET used = used + 1"
            for link, _ in self._links(database, grant):
                database.execute(asked, (link,))
        return ""

    def _obstacle(self, database: sqlite3.Connection, grant: Grant) -> str:
        """Return why a grant is worth nothing now, or an empty string."""
        asked = "SELECT secret, revoked FROM grants WHERE id = ?"
        row = database.execute(asked, (grant.id,)).fetchone()
        if row is None:
            return f"grant {grant.id} was not issued here"
        try:
            grant.check(row[0])
        except GrantError as error:
            return str(error)
        if row[1] is not None:
            return f"grant {grant.id} was revoked"
        if any(b.until is not None and self.now() >= b.until for b in grant.blocks):
            return f"grant {grant.id} has ended"
        for link, most in self._links(database, grant):
            if _used(database, link) >= most:
                return f"grant {grant.id} is used up: {most} of {most}"
        return ""

    def _links(self, database: sqlite3.Connection, grant: Grant) -> list[tuple[str, int]]:
        """Return each counted part of a grant's chain, and how many uses it allows."""
        asked = "SELECT secret FROM grants WHERE id = ?"
        secret: bytes = database.execute(asked, (grant.id,)).fetchone()[0]
        return [(link_name(s), b.uses) for b, s in grant.links(secret) if b.uses is not None]

    def _standing(
        self, database: sqlite3.Connection, number: str, secret: bytes, text: str, revoked: object
    ) -> Standing:
        block = Block.model_validate_json(text)
        grant = Grant.issued(number, block, secret)
        [(link, _)] = self._links(database, grant)
        why = self._obstacle(database, grant).removeprefix(f"grant {number} ")
        return Standing(number, block, _used(database, link), why or "live")

    @contextmanager
    def _opened(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend the database within one transaction that nobody else writes in."""
        self._insist(make)
        try:
            connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            with closing(connection) as database:
                database.execute(f"PRAGMA synchronous = {self.synchronous}")
                database.executescript(_TABLES)
                database.execute("BEGIN IMMEDIATE")
                try:
                    yield database
                except BaseException:
                    database.execute("ROLLBACK")
                    raise
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise GrantError(f"{self.path}: the ledger of grants: {error}") from error

    def _insist(self, make: bool) -> None:
        """Refuse a ledger that is not there, or that others can read. Raises GrantError."""
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
        try:
            if make:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, flags | (os.O_CREAT if make else 0), 0o600)
            try:
                facts, folder = os.fstat(descriptor), self.path.parent.stat()
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            raise GrantError(f"{self.path}: no grant was issued here") from error
        except OSError as error:
            raise GrantError(f"{self.path}: cannot be opened: {error.strerror}") from error
        user = current_user()
        if user is None:
            return
        theirs = {facts.st_uid, folder.st_uid} != {user}
        if theirs or facts.st_mode & 0o077 or folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise GrantError(
                f"{self.path}: others can read or write it, or it is theirs: "
                f"chmod 600 {self.path}; chmod 700 {self.path.parent}"
            )


def _used(database: sqlite3.Connection, link: str) -> int:
    row = database.execute("SELECT used FROM uses WHERE link = ?", (link,)).fetchone()
    return 0 if row is None else int(row[0])
