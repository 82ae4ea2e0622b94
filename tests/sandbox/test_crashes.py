"""Killed at any point, failed at any write: the journal reads, and nothing happened unannounced."""

import errno
import subprocess
import sys
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

SCRIPT = Path(__file__).with_name("crashing.py")
# For each point: effects of the action that was hit, and its state in the journal (None: none).
EXPECTED: dict[str, tuple[int, str | None]] = {
    "before intent": (0, None),
    "half of intent": (0, None),
    "intent written": (0, "in_doubt"),
    "intent synced": (0, "in_doubt"),
    "second look": (0, "in_doubt"),
    "before effect": (0, "in_doubt"),
    "after effect": (1, "in_doubt"),
    "before result": (1, "in_doubt"),
    "half of result": (1, "in_doubt"),
    "result written": (1, "done"),
    "result synced": (1, "done"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_killed_anywhere_the_journal_tells_the_last_action(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    runs = sorted(tmp_path.iterdir())
    assert len(runs) == 2 * len(EXPECTED)
    for folder in runs:
        point, _, number = folder.name.rpartition(" of ")
        earlier = int(number) - 1
        effects, state = EXPECTED[point]
        assert (folder / "effects").stat().st_size == earlier + effects, folder.name
        reading = read_journal(folder / "journal.jsonl")
        assert reading.intact, folder.name
        assert bool(reading.torn) == point.startswith("half"), folder.name
        states = [action.state for action in reading.actions]
        assert states == ["done"] * earlier + ([] if state is None else [state]), folder.name


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
