"""What follows a journal is told of what is on the disk, and is never why a run fails."""

from pathlib import Path

import pytest

from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Entry, Note
from handrail.tasks.bystanders import unfailing


def test_a_follower_that_fails_is_told_once_and_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, heard, on_disk = tmp_path / "journal", list[int](), list[int]()

    def broken(entry: Entry) -> None:
        heard.append(entry.seq)
        raise RuntimeError("broken")

    def counting(entry: Entry) -> None:
        on_disk.append(len(read_journal(path).entries))

    with Journal.create(path, "run-1") as journal:
        journal.follow(unfailing(broken))
        journal.follow(unfailing(counting))
        for number in range(3):
            journal.append(Note(topic="n", data={"n": number}))
    assert heard == [1]
    assert on_disk == [2, 3, 4]
    assert len(read_journal(path).entries) == 4
    (warning,) = [record.getMessage() for record in caplog.records]
    assert warning.endswith("broken is given up for this run: broken")
