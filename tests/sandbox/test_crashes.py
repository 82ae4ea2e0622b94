"""A disk that fills up: what cannot be written down does not happen.

Runs that are killed, and every other fault of a disk, are in ``tests/faults``.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Type
from handrail.sandbox.errors import JournalError
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, OsDisk, read_journal

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door


class FullDisk(OsDisk):
    """Has no room from its n-th write on."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def write(self, descriptor: int, data: bytes) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(descriptor, data)


@pytest.mark.parametrize("writes", range(1, 8))
def test_a_journal_that_cannot_be_written_stops_all_effects(
    open_door: Callable[..., "Door"], tmp_path: Path, writes: int
) -> None:
    door = open_door()
    path = tmp_path / "full.jsonl"
    with Journal.create(path, "run", FullDisk(writes)) as journal:
        gate = Gate(door.screen, door.office, door.policy, journal, door.approver, lambda: False)
        faults = []
        for action in (Click(point=door.at("Name")), Type(text="a"), Type(text="b")):
            before = len(door.screen.performed)
            try:
                gate.submit(action, door.screen.observe(), "goal")
            except JournalError:
                faults.append(len(door.screen.performed) - before)
        assert len(faults) == (8 - writes) // 2
        # The first fault may come with the result of an effect; after it, there is none.
        assert faults[1:] == [0] * len(faults[1:])
    states = [state.state for state in read_journal(path).actions]
    assert len(states) == len(door.screen.performed)
    assert set(states[:-1]) <= {"done"}
