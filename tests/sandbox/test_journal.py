"""The journal: durable, private, chained, and broken for good after the first fault."""

import errno
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Type, digest
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.errors import JournalBusy, JournalCorrupt, JournalError
from handrail.sandbox.journal import Journal, OsDisk, read_journal, verify_journal
from handrail.sandbox.journal_reading import LONGEST_LINE
from handrail.sandbox.records import Entry, Intent, Note, Observed, Place, Refusal, Result

CLICK = Click(point=Point(x=1, y=2))
PLACE = Place.of(Surface("fake", "fake"), None)


def intent(text: str = "x") -> Intent:
    action = Type(text=text)
    return Intent(
        action=action,
        digest=digest(action),
        effect="edit",
        decision="allow",
        reason="rule 1",
        place=PLACE,
        screen="0" * 64,
    )


class FailingDisk(OsDisk):
    """Fails at its n-th operation, counted from 0, in one of several ways."""

    def __init__(self, at: int, how: str) -> None:
        self.left = at
        self.how = how

    def _fails(self) -> bool:
        self.left -= 1
        return self.left == -1

    def create(self, path: Path) -> int:
        if self._fails():
            raise OSError(errno.EACCES, "no")
        return super().create(path)

    def write(self, descriptor: int, data: bytes) -> int:
        if not self._fails():
            return super().write(descriptor, data)
        if self.how == "short":
            return super().write(descriptor, data[:20])
        if self.how == "interrupt":
            super().write(descriptor, data)
            raise KeyboardInterrupt
        raise OSError(getattr(errno, self.how), self.how)

    def sync(self, descriptor: int) -> None:
        if self._fails():
            raise OSError(errno.EIO, "EIO")
        super().sync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        if self._fails():
            raise OSError(errno.EIO, "EIO")
        super().sync_folder(folder)


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    hostile = 'é\x1b[2J\u202e\ud800\n"}]' + "😀" * 3
    place = Place.of(
        Surface("browser", "b", window=ScreenText(hostile), url="https://a.org/" + hostile),
        Element("button", ScreenText(hostile * 2000), Box(left=0, top=0, right=1, bottom=1)),
    )
    with Journal.create(path, "run-1", clock=lambda: 12.5) as journal:
        first = journal.append(intent("zwei\nZeilen"))
        journal.append(Result(intent=first.seq, outcome="done", seconds=0.25))
        journal.append(
            Refusal(
                action=CLICK,
                digest=digest(CLICK),
                effect="unknown",
                outcome="denied",
                reason="no rule",
                place=place,
            )
        )
        journal.append(Note(topic="end", data={"ok": True, "steps": 3, "none": None, "x": 0.1}))
        head = journal.head
    reading = verify_journal(path, head)
    assert [e.seq for e in reading.entries] == [0, 1, 2, 3, 4]
    assert reading.run == "run-1"
    assert {e.time for e in reading.entries} == {12.5}
    assert reading.entries[1].record == intent("zwei\nZeilen")
    assert [s.state for s in reading.actions] == ["done"]
    assert path.read_bytes().isascii()
    assert not any(byte < 0x20 and byte != 0x0A for byte in path.read_bytes())
    assert len(path.read_bytes().splitlines()) == 5


def test_a_journal_is_private_new_and_locked(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(JournalError, match="File exists"):
            Journal.create(path, "run-2")
        probe = "import fcntl,sys;fcntl.flock(open(sys.argv[1]),fcntl.LOCK_EX|fcntl.LOCK_NB)"
        other = [sys.executable, "-S", "-c", probe, str(path)]
        assert b"BlockingIOError" in subprocess.run(other, capture_output=True, check=False).stderr
    with pytest.raises(JournalError, match="cannot make the journal"):
        Journal.create(tmp_path / "absent" / "journal.jsonl", "run-3")


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl", "run-1")
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(intent())


@pytest.mark.parametrize("how", ["EIO", "ENOSPC", "short", "interrupt"])
def test_the_first_fault_breaks_the_journal_for_good(tmp_path: Path, how: str) -> None:
    """Fail each operation in turn until a whole run passes without a fault."""
    for at in range(100):
        path = tmp_path / f"{how}-{at}.jsonl"
        acknowledged = write_run(path, FailingDisk(at, how))
        if path.exists():
            reading = read_journal(path)
            assert reading.intact
            notes = [e.record for e in reading.entries if isinstance(e.record, Note)]
            assert [n.data["n"] for n in notes][: len(acknowledged)] == acknowledged
            assert len(notes) <= len(acknowledged) + 1
        if acknowledged == [0, 1, 2]:
            assert at == 10, "one file, one folder, four writes, four syncs"
            return
    pytest.fail("the run never passed")


def write_run(path: Path, disk: FailingDisk) -> list[int]:
    """Write three notes, insist that a fault ends it, and return those that were accepted."""
    acknowledged: list[int] = []
    try:
        journal = Journal.create(path, "run", disk)
    except (JournalError, KeyboardInterrupt):
        return acknowledged
    with journal:
        for number in range(3):
            try:
                journal.append(Note(topic="n", data={"n": number}))
            except (JournalError, KeyboardInterrupt):
                assert journal.broken
            else:
                acknowledged.append(number)
        if journal.broken:
            size = path.stat().st_size
            with pytest.raises(JournalError, match="broken"):
                journal.append(Note(topic="n", data={"n": 9}))
            assert path.stat().st_size == size
    return acknowledged


def test_a_bare_intent_reads_as_in_doubt(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        done = journal.append(intent("a")).seq
        journal.append(Result(intent=done, outcome="done"))
        journal.append(intent("b"))
    assert [s.state for s in read_journal(path).actions] == ["done", "in_doubt"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: [], "no whole record"),
        (lambda lines: [lines[0][:-1]], "no whole record"),
        (lambda lines: lines[1:], "line 1: does not follow"),
        (lambda lines: [lines[0], lines[2], lines[1]], "line 2: does not follow"),
        (lambda lines: [*lines, lines[-1]], "line 5: does not follow"),
        (lambda lines: [*lines, b"\n"], "line 5: is not JSON"),
        (lambda lines: [*lines, b"[" * 200_000 + b"\n"], "line 5: is not JSON"),
        (lambda lines: [*lines, b"{}\n"], "line 5: was changed"),
        (lambda lines: [*lines, b"\xff\xfe\n"], "line 5: is not JSON"),
        (
            lambda lines: [lines[0].replace(b'":"', b'": "'), *lines[1:]],
            "line 1: is not in the form",
        ),
        (lambda lines: [lines[0].replace(b"run-1", b"run-2"), *lines[1:]], "line 1: was changed"),
    ],
)
def test_damage_is_found_with_its_line(
    tmp_path: Path, damage: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        for text in "abc":
            journal.append(intent(text))
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(JournalCorrupt, match=said):
        verify_journal(path)


def test_a_cut_at_a_line_needs_the_head_to_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        journal.append(intent("a"))
        head = journal.append(intent("b")).hash
    verify_journal(path, head)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    verify_journal(path)
    with pytest.raises(JournalCorrupt, match="cut or written anew"):
        verify_journal(path, head)


def test_an_absent_journal_is_an_error_of_reading(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read"):
        read_journal(tmp_path / "absent.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_journal_goes_on_after_its_last_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        lost = journal.append(intent("a")).seq
        done = journal.append(intent("b")).seq
        journal.append(Result(intent=done, outcome="done"))
        with pytest.raises(JournalBusy, match="is being written to"):
            Journal.reopen(read_journal(path))
    path.write_bytes(path.read_bytes() + b'{"torn')
    with Journal.reopen(read_journal(path)) as journal:
        journal.append(Observed(intent=lost, outcome="not_done", reason="the page is as it was"))
        journal.append(Observed(intent=done, outcome="not_done", reason="a lie"))
    reading = verify_journal(path, journal.head)
    assert (len(reading.entries), reading.torn) == (6, 0)
    assert [s.state for s in reading.actions] == ["not_done", "done"]
    with Journal.reopen(reading) as journal:  # nothing is torn now: nothing is cut
        journal.append(Note(topic="late"))
    assert len(verify_journal(path).entries) == 7


def test_a_journal_that_changed_or_does_not_hold_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        early = read_journal(path)
        journal.append(intent("a"))
    with pytest.raises(JournalError, match="written to meanwhile"):
        Journal.reopen(early)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"rule 1", b"rule 2"))
    with pytest.raises(JournalError, match="cannot go on"):
        Journal.reopen(read_journal(path))
    path.write_bytes(data + b"torn")

    class Uncut(OsDisk):
        def cut(self, descriptor: int, size: int) -> None:
            raise OSError(errno.EIO, "EIO")

    with pytest.raises(JournalError, match="cannot be cut"):
        Journal.reopen(read_journal(path), Uncut())


def test_a_record_that_is_too_long_to_be_read_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        size = path.stat().st_size
        with pytest.raises(JournalError, match=r"is too long.*nothing was written"):
            journal.append(Note(topic="goal", data={"text": "x" * LONGEST_LINE}))
        assert (path.stat().st_size, journal.broken) == (size, False)
        room = LONGEST_LINE - len(path.read_bytes()) - 400
        journal.append(Note(topic="goal", data={"text": "x" * room}))
    assert len(verify_journal(path).entries) == 2


def test_a_follower_is_told_what_is_on_the_disk_and_may_write_itself(tmp_path: Path) -> None:
    path, heard = tmp_path / "journal.jsonl", list[tuple[int, int]]()

    def follower(entry: Entry) -> None:
        heard.append((entry.seq, len(read_journal(path).entries)))
        if isinstance(entry.record, Intent):
            journal.append(Note(topic="seen"))

    with Journal.create(path, "run-1") as journal:
        journal.follow(follower)
        first = journal.append(intent())
        assert (first.seq, journal.foreseen(intent()).seq) == (1, 3)
        journal.append(Note(topic="end"))
    assert heard == [(1, 2), (2, 3), (3, 4)]
    verify_journal(path)
