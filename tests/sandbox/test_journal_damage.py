"""Cuts and flips: no whole line is lost to a torn one, and nothing that changed is believed."""

import hashlib
import json
from pathlib import Path
from random import Random

import pytest

from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.journal_reading import LONGEST_LINE, canonical
from handrail.sandbox.records import Note

FLIPS = 1_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Journal.create(path, "run-1") as journal:
        for number in range(4):
            journal.append(Note(topic="step", data={"number": number, "text": "é\n" * number}))
    return path, path.read_bytes()


def test_every_cut_is_torn_or_at_a_line_and_keeps_what_stands_before(
    written: tuple[Path, bytes],
) -> None:
    path, data = written
    for length in range(len(data)):
        cut = data[:length]
        path.write_bytes(cut)
        reading = read_journal(path)
        assert reading.intact, length
        assert len(reading.entries) == cut.count(b"\n"), length
        assert reading.torn == len(cut) - (cut.rfind(b"\n") + 1), length


def test_every_single_flipped_bit_is_found(written: tuple[Path, bytes]) -> None:
    path, data = written
    random = Random(7)
    places = random.sample(range(len(data) * 8), FLIPS - 8)
    places += [(len(data) - 1) * 8 + bit for bit in range(8)]
    for place in places:
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        reading = read_journal(path)
        assert reading.problem, place
        line = data[: place // 8].count(b"\n") + 1
        assert reading.problem.startswith(f"line {line}: "), place
        assert len(reading.entries) == line - 1, place


def test_a_tail_of_zeros_after_a_power_loss_is_torn(written: tuple[Path, bytes]) -> None:
    path, data = written
    path.write_bytes(data + bytes(4096))
    reading = read_journal(path)
    assert (reading.intact, reading.torn, len(reading.entries)) == (True, 4096, 5)


def test_a_last_line_with_a_sector_that_was_never_written_is_torn(
    written: tuple[Path, bytes],
) -> None:
    path, data = written
    with Journal.create(path.with_name("long"), "run-1") as journal:
        journal.append(Note(topic="step", data={"text": "x" * 3_000}))
        journal.append(Note(topic="step", data={"text": "y" * 3_000}))
    data = path.with_name("long").read_bytes()
    last = data.rfind(b"\n", 0, -1) + 1
    hole = last - last % 512 + 1_024
    path.write_bytes(data[:hole] + bytes(512) + data[hole + 512 :])
    reading = read_journal(path)
    assert (reading.problem, len(reading.entries)) == ("", 2)
    assert reading.torn == len(data) - last
    path.write_bytes(data[:-1] + b"\0")
    reading = read_journal(path)
    assert (reading.problem, len(reading.entries), reading.torn) == ("", 2, len(data) - last)
    # A zero that is no sector's is no hole, and neither is one in a line before the last.
    path.write_bytes(data[:hole] + bytes(511) + data[hole + 511 :])
    assert read_journal(path).problem.startswith("line 3: ")
    path.write_bytes(data[:512] + bytes(512) + data[1_024:])
    assert read_journal(path).problem.startswith("line 2: ")


def forged(line: bytes, **changes: object) -> bytes:
    """Return a line with other fields and the hash that fits them, as a forger would write it."""
    body = json.loads(line) | changes
    del body["hash"]
    told = hashlib.sha256(canonical(body)).hexdigest()
    return canonical({**body, "hash": told}) + b"\n"


@pytest.mark.parametrize(
    ("number", "changes", "said"),
    [
        (5, {"schema": 2}, "line 5: schema 2 is not 1"),
        (5, {"previous": "0" * 64}, "line 5: does not follow from the line before"),
        (5, {"seq": 9}, "line 5: has the number 9"),
        (5, {"run": "run-2"}, "line 5: belongs to another run"),
        (5, {"record": {"kind": "begin"}}, "line 5: only the first line may, and must, begin"),
        (1, {"record": {"kind": "note", "topic": "n"}}, "line 1: only the first line may"),
        (5, {"record": {"kind": "vow"}}, "line 5: holds an unknown record"),
        (5, {"record": {"kind": "note", "topic": "n", "x": 1}}, "line 5: holds an unknown record"),
        (5, {"time": "now"}, "line 5: holds an unknown record"),
    ],
)
def test_a_line_with_a_hash_that_fits_must_follow_all_the_same(
    written: tuple[Path, bytes], number: int, changes: dict[str, object], said: str
) -> None:
    path, data = written
    lines = data.splitlines(keepends=True)[:number]
    path.write_bytes(b"".join([*lines[:-1], forged(lines[-1], **changes)]))
    reading = read_journal(path)
    assert reading.problem.startswith(said)
    assert len(reading.entries) == number - 1


def test_a_line_without_an_end_is_not_read_for_ever(written: tuple[Path, bytes]) -> None:
    path, data = written
    path.write_bytes(data + b'"' + b"x" * LONGEST_LINE + b'"\n')
    assert read_journal(path).problem == f"line 6: is {LONGEST_LINE + 2} bytes long"
