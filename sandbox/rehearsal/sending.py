"""What a commit has sent: on the disk before anything goes out, so that nothing goes out twice.

| what stands there | what the next commit does |
|---|---|
| nothing, or a commit that sent nothing | begins anew |
| a request that was let go, with no answer | refuses: it is in doubt and never sent again |
| all that was sent was answered | sends nothing, and says what was sent |

Promises
- A request's number is on the disk before ``sending`` returns, and a request is let go only then.
- A rehearsal is committed by one process at a time.

Does not promise
- That a request that was let go arrived: its answer tells, where one came.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.points import Reached, nowhere

SENDING_NAME = "sending.json"
_LOCK_NAME = "sending.lock"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SentRow(_Part):
    """A request of the plan by its number (from 0); ``answer``: what came, empty until then."""

    number: int
    answer: str = ""


class SendingState(_Part):
    """How far the commit of a plan (its digest) has come, in which run."""

    schema_version: Literal[1] = 1
    plan: str
    run: str
    stage: Literal["begun", "ended", "diverged"] = "begun"
    sent: tuple[SentRow, ...] = ()
    reason: str = ""

    @property
    def doubted(self) -> tuple[int, ...]:
        """Return the numbers of the requests that may or may not have arrived."""
        return tuple(row.number for row in self.sent if not row.answer)


class SendingLedger:
    """Writes down what a commit sends. ``reached`` is told every point, for tests."""

    def __init__(self, folder: Path, disk: Disk, reached: Reached = nowhere) -> None:
        self._folder, self._disk, self._reached = folder, disk, reached
        self.state: SendingState | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out, and read how far it has come. Raises RehearsalError."""
        lock = self._folder / _LOCK_NAME
        try:
            lock.touch(mode=0o600)
            descriptor = self._disk.reopen(lock)
        except BlockingIOError as error:
            raise RehearsalError(f"{self._folder.name} is being committed already") from error
        except OSError as error:
            raise RehearsalError(f"{lock} cannot be locked: {error.strerror}") from error
        try:
            self.state = read_sending(self._folder)
            yield
        finally:
            os.close(descriptor)

    def begin(self, plan: str, run: str) -> None:
        """Note that a run begins to do what was rehearsed. Raises RehearsalError."""
        self._reached("before begun")
        self._keep(SendingState(plan=plan, run=run))
        self._reached("begun")

    def sending(self, number: int) -> None:
        """Note that a request is about to be let go. Raises RehearsalError: then it may not be."""
        self._reached("before sending")
        state = self._begun()
        self._keep(state.model_copy(update={"sent": (*state.sent, SentRow(number=number))}))
        self._reached("sending")

    def answered(self, number: int, answer: str) -> None:
        """Note what a server answered. Raises RehearsalError."""
        self._reached("before answered")
        state = self._begun()
        rows = [
            SentRow(number=number, answer=answer) if row.number == number else row
            for row in state.sent
        ]
        self._keep(state.model_copy(update={"sent": tuple(rows)}))
        self._reached("answered")

    def ended(self, stage: Literal["ended", "diverged"], reason: str) -> None:
        """Note that nothing more is sent. Raises RehearsalError."""
        self._reached("before ended")
        self._keep(self._begun().model_copy(update={"stage": stage, "reason": reason}))
        self._reached("ended")

    def _begun(self) -> SendingState:
        assert self.state is not None, "a commit was not begun"
        return self.state

    def _keep(self, state: SendingState) -> None:
        path = self._folder / SENDING_NAME
        try:
            replace_file(path, state.model_dump_json(indent=1).encode(), self._disk)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RehearsalError(f"cannot write {path}: {reason}; nothing more is sent") from error
        self.state = state


def read_sending(folder: Path) -> SendingState | None:
    """Return how far the commit of a rehearsal has come, None where none began.

    Raises RehearsalError where that cannot be read: then nothing may be sent.
    """
    path = folder / SENDING_NAME
    try:
        return SendingState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RehearsalError(f"cannot read {path}: {error.strerror}; nothing is sent") from error
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise RehearsalError(f"{path} cannot be read: {why}; nothing is sent") from error
