"""The anchor: what it catches, what a crash leaves of it, and what it refuses to anchor."""

import errno
import json
from pathlib import Path

import pytest

from handrail.sandbox.anchor import (
    MOST_EVOLVED,
    Anchor,
    anchor_of,
    check_anchor,
    evolved,
    keep_anchor,
    read_anchor,
)
from handrail.sandbox.errors import JournalCorrupt, JournalError
from handrail.sandbox.journal import Journal, JournalReading, OsDisk, read_journal
from handrail.sandbox.records import Note

KEY = bytes(range(16))


def journal(path: Path, notes: int = 3, run: str = "run-1") -> JournalReading:
    path.unlink(missing_ok=True)
    with Journal.create(path, run, clock=lambda: 1.0) as opened:
        for number in range(notes):
            opened.append(Note(topic="n", data={"n": number}))
    return read_journal(path)


def test_a_journal_fits_its_anchor_and_may_grow_until_its_run_ended(tmp_path: Path) -> None:
    reading = journal(tmp_path / "journal", 2)
    early, final = anchor_of(reading, final=False), anchor_of(reading, final=True)
    check_anchor(reading, early)
    check_anchor(reading, final)
    grown = journal(tmp_path / "journal", 3)
    check_anchor(grown, early)
    with pytest.raises(JournalCorrupt, match="added after the run had ended"):
        check_anchor(grown, final)


def test_what_was_cut_changed_or_swapped_does_not_fit(tmp_path: Path) -> None:
    anchor = anchor_of(journal(tmp_path / "journal"), final=True)
    with pytest.raises(JournalCorrupt, match="3 of 4 records are there: it was cut"):
        check_anchor(journal(tmp_path / "journal", 2), anchor)
    with pytest.raises(JournalCorrupt, match="of another run"):
        check_anchor(journal(tmp_path / "journal", 3, "run-2"), anchor)
    other = anchor.model_copy(update={"head": "0" * 64})
    with pytest.raises(JournalCorrupt, match="record 4 is another: it was written anew"):
        check_anchor(read_journal(journal(tmp_path / "journal").path), other)


def test_a_torn_tail_does_not_fit_a_final_anchor(tmp_path: Path) -> None:
    reading = journal(tmp_path / "journal")
    anchor = anchor_of(reading, final=True)
    reading.path.write_bytes(reading.path.read_bytes() + b"{")
    with pytest.raises(JournalCorrupt, match="added after"):
        check_anchor(read_journal(reading.path), anchor)


def test_a_seal_covers_every_field_and_needs_its_key(tmp_path: Path) -> None:
    reading = journal(tmp_path / "journal")
    sealed = anchor_of(reading, final=True).sealed(KEY)
    check_anchor(reading, sealed, KEY)
    changes: list[dict[str, object]] = [
        {"run": "x"}, {"records": 2}, {"head": "1" * 64}, {"final": False}, {"time": 2.0},
        {"seal": ""}, {"seal": "0" * 64},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(JournalCorrupt, match="not sealed with this key"):
            check_anchor(reading, sealed.model_copy(update=change), KEY)
    with pytest.raises(JournalCorrupt, match="not sealed with this key"):
        check_anchor(reading, sealed, bytes(16))
    with pytest.raises(JournalError, match="at least 16"):
        sealed.sealed(b"short")


def test_nothing_damaged_or_empty_is_anchored(tmp_path: Path) -> None:
    reading = journal(tmp_path / "journal")
    reading.path.write_bytes(b"")
    with pytest.raises(JournalCorrupt, match="no whole record"):
        anchor_of(read_journal(reading.path), final=True)
    reading.path.write_bytes(b"{}\n")
    with pytest.raises(JournalCorrupt, match="line 1"):
        anchor_of(read_journal(reading.path), final=True)


def test_an_anchor_is_kept_privately_and_read_back(tmp_path: Path) -> None:
    anchor = anchor_of(journal(tmp_path / "journal"), final=True, clock=lambda: 5.0)
    path = tmp_path / "anchors" / "run-1.json"
    keep_anchor(anchor.model_copy(update={"final": False}), path)
    keep_anchor(anchor, path)
    assert read_anchor(path) == anchor
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]
    assert json.loads(path.read_text())["records"] == 4
    with pytest.raises(JournalError, match="cannot be read"):
        read_anchor(tmp_path / "absent.json")
    path.write_text('{"run": 1}')
    with pytest.raises(JournalCorrupt, match="is no anchor"):
        read_anchor(path)


@pytest.mark.parametrize("step", ["create", "write", "short", "sync", "rename", "sync_folder"])
def test_a_fault_leaves_the_old_anchor_or_the_new_one(tmp_path: Path, step: str) -> None:
    class Failing(OsDisk):
        def write(self, descriptor: int, data: bytes) -> int:
            return super().write(descriptor, data[:9] if step == "short" else data)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    anchor = anchor_of(journal(tmp_path / "journal"), final=False)
    newer = anchor.model_copy(update={"final": True})
    path, disk = tmp_path / "run-1.json", Failing()
    keep_anchor(anchor, path)
    if step != "short":
        setattr(disk, step, fail)
    with pytest.raises(JournalError, match="cannot be kept"):
        keep_anchor(newer, path, disk)
    assert read_anchor(path) == (newer if step == "sync_folder" else anchor)
    keep_anchor(newer, path)
    assert read_anchor(path) == Anchor.model_validate(newer)


def test_an_announced_record_may_follow_and_no_other(tmp_path: Path) -> None:
    announced = journal(tmp_path / "journal", 4).head
    reading = journal(tmp_path / "journal", 3)
    anchor = anchor_of(reading, final=True).model_copy(update={"announced": announced})
    place = tmp_path / "anchor.json"
    keep_anchor(anchor.sealed(KEY), place)
    assert read_anchor(place).holds(KEY)
    assert read_anchor(place).announced == announced
    for notes, fits in ((3, True), (4, True), (5, False), (2, False)):
        grown = journal(tmp_path / "journal", notes)
        if fits:
            check_anchor(grown, anchor)
        else:
            with pytest.raises(JournalCorrupt, match=r"added after|it was cut"):
                check_anchor(grown, anchor)
    torn = journal(tmp_path / "journal", 3)
    torn.path.write_bytes(torn.path.read_bytes() + b"{")
    check_anchor(read_journal(torn.path), anchor)
    other = anchor.model_copy(update={"announced": "0" * 64})
    with pytest.raises(JournalCorrupt, match="added after"):
        check_anchor(journal(tmp_path / "journal", 4), other)


def test_a_first_key_checks_every_seal_and_a_later_one_makes_no_earlier(tmp_path: Path) -> None:
    anchor = anchor_of(journal(tmp_path / "journal"), final=True)
    keys = [KEY]
    for _ in range(MOST_EVOLVED):
        keys.append(evolved(keys[-1]))
    assert len(set(keys)) == MOST_EVOLVED + 1
    for made, asked, holds in (
        (0, 0, True), (1, 0, True), (7, 2, True), (MOST_EVOLVED - 1, 0, True),
        (0, 1, False), (2, 7, False), (MOST_EVOLVED, 0, False),
    ):  # fmt: skip
        assert anchor.sealed(keys[made]).holds(keys[asked]) is holds, (made, asked)
