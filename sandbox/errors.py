"""Everything that the sandbox may raise.

    SandboxError
    +-- PolicyError         a policy file or rule cannot be read, or grants what it may not
    |   +-- SecretsError    secrets cannot be read, or there is none of that name
    +-- UnreadableHost      an address whose host is not certain (stays in this folder)
    |   +-- UnreadablePath  ... whose path servers may read in several ways
    +-- JournalError        the journal cannot be written or read: the run must stop
    |   +-- JournalCorrupt  a journal was changed or damaged after it was written
    |   +-- JournalBusy     its run still goes on, or another command adds to it
    +-- AnswerRefused       an answer to a question that is late, repeated, or for another question
    +-- GrantError          a grant is forged, malformed, revoked, widened, or cannot be counted
    +-- RehearsalError      there can be no copy to rehearse on, or it cannot be told what it did
    +-- RestoreError        something cannot be kept, or cannot be put back as it was
        +-- UndoConflict    ... because it changed meanwhile: nothing was touched
        +-- UndoDisturbed   it was put back, and changed again since

Promises: every message says what was wrong, where, and what is allowed or what to do.
Does not promise: to cover refused permits, which are ``actuators.errors.PermitRefused``: the lock
is on the actuator's side of the door.
"""

from typing import Literal

RefusalCode = Literal["late", "repeated", "other_question", "other_action", "unfit"]


class SandboxError(Exception):
    """Base of every error of this folder."""


class PolicyError(SandboxError):
    """A policy is unreadable, misspelt, or grants the unknown without naming where."""


class SecretsError(PolicyError):
    """Secrets cannot be read where they are kept, or there is none of that name."""


class UnreadableHost(SandboxError):
    """An address whose host cannot be told for certain."""


class UnreadablePath(UnreadableHost):
    """An address whose host is certain and whose path is not."""


class JournalError(SandboxError):
    """The journal cannot be written or read; no further effect may follow."""


class JournalCorrupt(JournalError):
    """The journal's chain does not hold."""


class JournalBusy(JournalError):
    """The journal has another writer: its run, or a command that adds to it."""


class AnswerRefused(SandboxError):
    """An answer that does not count; ``code`` says why, for programs."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code: RefusalCode = code


class GrantError(SandboxError):
    """A grant cannot be used, made or counted."""


class RehearsalError(SandboxError):
    """There can be no copy to rehearse on, or what was done on it cannot be told or carried out."""


class RestoreError(SandboxError):
    """Something cannot be kept, or cannot be put back as it was."""


class UndoConflict(RestoreError):
    """What would be put back changed meanwhile, and nothing was touched."""


class UndoDisturbed(RestoreError):
    """All was put back, and some of it was changed by something else since."""
