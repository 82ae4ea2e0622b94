"""Adding an observation is atomic: interrupted anywhere, the journal fits what is kept of it."""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Terminate, Wait
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionInDoubt
from handrail.actuators.fake import FakeScreen
from handrail.agent.proposer import Puppet
from handrail.sandbox.anchor import read_anchor
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import JournalCorrupt, JournalError
from handrail.sandbox.journal import read_journal
from handrail.tasks.errors import NoSuchAction, RunFolderError
from handrail.tasks.kept_journal import KeptJournal
from handrail.tasks.run import Crew, FakeTarget, RunRequest, run
from tests.tasks.command import call

KEY = bytes(range(32))


class Losing(FakeScreen):
    def perform(self, action: Action, permit: Permit) -> Receipt:
        super().perform(action, permit)
        raise ActionInDoubt("timed out")


class StrikingDisk(OsDisk):
    """Fails or is interrupted at its n-th operation, counted from 1."""

    def __init__(self, at: int, how: str) -> None:
        self.at, self.how, self.operations = at, how, 0

    def _strike(self) -> bool:
        self.operations += 1
        if self.operations == self.at and self.how != "short":
            raise KeyboardInterrupt if self.how == "killed before" else OSError(errno.EIO, "EIO")
        return self.operations == self.at

    def create(self, path: Path) -> int:
        self._strike()
        return super().create(path)

    def reopen(self, path: Path) -> int:
        self._strike()
        return super().reopen(path)

    def write(self, descriptor: int, data: bytes) -> int:
        half = self._strike()
        return super().write(descriptor, data[: len(data) // 2] if half else data)

    def sync(self, descriptor: int) -> None:
        self._strike()
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._strike()
        super().rename(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._strike()
        super().sync_folder(folder)


def doubtful(root: Path) -> tuple[Path, int]:
    """Leave an ended run with one action in doubt."""
    request = RunRequest("Wait", FakeTarget(Losing), runs_folder=root)
    end = run(request, Crew(Puppet([Wait(seconds=0), Terminate(status="failure")])))
    (lost,) = [s for s in read_journal(end.folder.journal).actions if s.state == "in_doubt"]
    return end.folder.journal, lost.seq


def interruptions(root: Path, how: str, key: bytes | None) -> Iterator[tuple[Path, int]]:
    """Yield a journal for every operation of an observation that was cut short there."""
    first, lost = doubtful(root / "0" / "runs")
    if key is not None:
        KeptJournal.found(root, str(first)).sealed(key)
    for at in range(1, 99):
        shutil.copytree(root / "0", root / str(at))
        path = root / str(at) / first.relative_to(root / "0")
        disk = StrikingDisk(at, how)
        try:
            KeptJournal.found(root, str(path)).observed(lost, "done", "seen", key, disk)
        except (JournalError, RunFolderError, KeyboardInterrupt):
            yield path, lost
        else:
            if disk.operations < at:
                assert at > 15, "the journal, and two anchors and a record with five steps each"
                return
    pytest.fail("no observation was made without a fault")


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
@pytest.mark.parametrize("how", ["fails", "short", "killed before"])
def test_an_interrupted_observation_fits_and_can_be_made_again(
    tmp_path: Path, how: str, key: bytes | None
) -> None:
    ends = set[str]()
    for path, lost in interruptions(tmp_path, how, key):
        kept = KeptJournal.found(tmp_path, str(path))
        reading = kept.checked(key=key)
        (state,) = [s.state for s in reading.actions if s.seq == lost]
        ends.add(state)
        if state == "done":
            with pytest.raises(NoSuchAction, match="no action in doubt"):
                kept.observed(lost, "not_done", "seen again", key)
        else:
            kept.observed(lost, "done", "seen again", key)
        after = KeptJournal.found(tmp_path, str(path))
        settled = after.checked(key=key)
        assert not after.interrupted
        assert settled.head == after.head
        assert after.anchor is not None
        assert read_anchor(after.anchor).final
        assert [s.state for s in settled.actions if s.seq == lost] == ["done"]
    assert ends == {"in_doubt", "done"}


def test_only_the_announced_record_may_follow(tmp_path: Path) -> None:
    found = list(interruptions(tmp_path, "killed before", None))
    left = [p for p, _ in found if KeptJournal.found(tmp_path, str(p)).interrupted]
    added = [p for p in left if len(read_journal(p).entries) > _anchored(tmp_path, p)]
    assert 0 < len(added) < len(left)
    for path in added:
        lines = path.read_bytes().splitlines(keepends=True)
        changed = lines[-1].replace(b'"seen"', b'"lies"')
        for damage in ([*lines[:-1], changed], lines[:-2], [*lines, b"{"]):
            path.write_bytes(b"".join(damage))
            with pytest.raises(JournalCorrupt):
                KeptJournal.found(tmp_path, str(path)).checked()


def _anchored(root: Path, path: Path) -> int:
    place = KeptJournal.found(root, str(path)).anchor
    assert place is not None
    return read_anchor(place).records


def test_an_interrupted_observation_is_told_and_settled(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, lost = doubtful(state)
    with pytest.raises(KeyboardInterrupt):
        KeptJournal.found(state, str(path)).observed(
            lost, "done", "seen", disk=StrikingDisk(9, "killed before")
        )
    assert call(["log", "verify", "last"]) == 0
    assert "`handrail log seal` settles it" in capsys.readouterr().out
    assert call(["log", "seal", "last"]) == 0
    assert call(["log", "verify", "last"]) == 0
    assert "settles" not in capsys.readouterr().out
