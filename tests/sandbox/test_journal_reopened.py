"""A journal is gone on with, or it is said why not."""

from pathlib import Path

import pytest

from handrail.sandbox.errors import JournalError
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Note


def test_a_journal_that_went_away_is_not_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run") as journal:
        journal.append(Note(topic="run"))
    reading = read_journal(path)
    path.unlink()
    with pytest.raises(JournalError, match="cannot be written to"):
        Journal.reopen(reading)
    assert not path.exists()
