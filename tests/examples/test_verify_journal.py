"""The stand-alone verifier agrees with the product's, without importing it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.sandbox.anchor import Anchor, anchor_of, check_anchor, keep_anchor
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import Journal, read_journal, verify_journal
from handrail.sandbox.records import Note

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "verify_journal.py"
KEY = bytes(range(32))


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    # -I -S: no site-packages, so that it cannot lean on anything installed.
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def written(path: Path, notes: int = 5, run: str = "run-1") -> str:
    path.unlink(missing_ok=True)
    with Journal.create(path, run, clock=lambda: 1.5) as writer:
        for number in range(notes):
            writer.append(Note(topic="step", data={"number": number, "text": "é\x1b[31m\u202e"}))
        return writer.head


@pytest.fixture
def journal(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "journal.jsonl"
    return path, written(path)


def test_an_intact_journal_passes(journal: tuple[Path, str]) -> None:
    path, head = journal
    done = verify(str(path), head)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["6 records hold, 0 bytes of a torn one follow", head]
    assert verify(str(path)).stdout == done.stdout


def test_a_torn_line_is_told(journal: tuple[Path, str]) -> None:
    path, _ = journal
    path.write_bytes(path.read_bytes()[:-10])
    assert verify(str(path)).stdout.startswith("5 records hold, ")
    assert "hold, 0 bytes" not in verify(str(path)).stdout


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": lambda lines: [line.replace(b'"number":2', b'"number":7') for line in lines],
    "first edited": lambda lines: [lines[0].replace(b"run-1", b"run-2"), *lines[1:]],
    "removed": lambda lines: [*lines[:2], *lines[3:]],
    "first removed": lambda lines: lines[1:],
    "swapped": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "doubled": lambda lines: [*lines[:3], lines[2], *lines[3:]],
    "last doubled": lambda lines: [*lines, lines[-1]],
    "inserted": lambda lines: [*lines[:2], b"{}\n", *lines[2:]],
    "no object": lambda lines: [*lines, b"[]\n"],
    "blank": lambda lines: [*lines, b"\n"],
    "other form": lambda lines: [lines[0].replace(b'":"', b'": "'), *lines[1:]],
    "emptied": lambda lines: [],
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_product_refuses_the_script_refuses(
    journal: tuple[Path, str], change: str
) -> None:
    path, _ = journal
    path.write_bytes(b"".join(CHANGES[change](path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(JournalCorrupt):
        verify_journal(path)
    done = verify(str(path))
    assert done.returncode == 1
    assert done.stderr.startswith(("line ", "ends in "))
    assert "Traceback" not in done.stderr


def test_a_cut_at_a_line_shows_against_the_head(journal: tuple[Path, str]) -> None:
    path, head = journal
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert verify(str(path)).returncode == 0
    assert "was cut or written anew" in verify(str(path), head).stderr


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("announcing", [False, True])
def test_it_judges_by_the_anchor_as_the_product_does(
    tmp_path: Path, final: bool, announcing: bool
) -> None:
    path, place, key = tmp_path / "journal", tmp_path / "anchor.json", tmp_path / "key"
    key.write_bytes(KEY)
    next_one = written(path, 6)
    written(path, 5)
    anchor = anchor_of(read_journal(path), final)
    if announcing:
        anchor = anchor.model_copy(update={"announced": next_one})
    anchor = anchor.sealed(KEY) if final else anchor
    keep_anchor(anchor, place)
    arguments = [str(place), *([str(key)] if final else [])]
    found = []
    for notes, run, torn in (
        (5, "run-1", b""), (4, "run-1", b""), (6, "run-1", b""), (7, "run-1", b""),
        (5, "run-2", b""), (5, "run-1", b"{"), (6, "run-1", b"{"),
    ):  # fmt: skip
        written(path, notes, run)
        path.write_bytes(path.read_bytes() + torn)
        found.append(verify(str(path), *arguments).returncode == 0)
        assert found[-1] == fits(path, anchor), (notes, run, torn)
    assert found[:2] == [True, False]
    assert found[2] == (announcing or not final)


def fits(path: Path, anchor: Anchor) -> bool:
    try:
        check_anchor(read_journal(path), anchor)
    except JournalCorrupt:
        return False
    return True


def test_another_key_or_a_changed_anchor_is_refused(journal: tuple[Path, str]) -> None:
    path, _ = journal
    place, key = path.with_name("anchor.json"), path.with_name("key")
    anchor = anchor_of(read_journal(path), final=True).sealed(KEY)
    keep_anchor(anchor, place)
    for secret, kept in ((b"x" * 32, anchor), (KEY, anchor.model_copy(update={"final": False}))):
        keep_anchor(kept, place)
        key.write_bytes(secret)
        assert "not sealed with this key" in verify(str(path), str(place), str(key)).stderr


def test_it_is_short_enough_to_read() -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 40
