"""The gate where the disk fails while an action is under way."""

from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.fake import FakeScreen, Field
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import JournalError
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import profile
from handrail.sandbox.records import Note
from tests.sandbox.conftest import form
from tests.sandbox.test_gate import Shim


def test_where_the_journal_fails_meanwhile_nothing_more_is_written_or_done(tmp_path: Path) -> None:
    class Full(OsDisk):
        full = False

        def write(self, descriptor: int, data: bytes) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(descriptor, data)

    class Noting(Shim):
        def perform(self, action: Action, permit: Permit) -> Receipt:
            receipt = self.screen.perform(action, permit)
            disk.full = True
            journal.append(Note(topic="seen"))
            return receipt

    disk, office, path = Full(), PermitOffice(), tmp_path / "journal.jsonl"
    screen = FakeScreen(office, form())
    click = Click(point=screen.named(Field, "Name").box.center)
    with Journal.create(path, "run", disk) as journal:
        policy = profile("unattended")
        gate = Gate(Noting(screen), office, policy, journal, DenyAll(), lambda: False)
        for _ in range(2):
            with pytest.raises(JournalError):
                gate.submit(click, screen.observe(), "fill in the form")
    assert screen.performed == [click], "the second was never begun"
    reading = read_journal(path)
    assert reading.intact
    assert [state.state for state in reading.actions] == ["in_doubt"]
