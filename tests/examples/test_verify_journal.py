"""The stand-alone verifier agrees with the product's, without importing it."""

import subprocess
import sys
from pathlib import Path

import pytest

from handrail.sandbox.journal import Journal
from handrail.sandbox.records import Note

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "verify_journal.py"


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    # -I -S: no site-packages, so that it cannot lean on anything installed.
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def journal(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run-1") as writer:
        for number in range(5):
            writer.append(Note(topic="step", data={"number": number, "text": "é\x1b[31m\u202e"}))
        return path, writer.head


def test_an_intact_journal_passes(journal: tuple[Path, str]) -> None:
    path, head = journal
    done = verify(str(path), head)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["6 records hold, 0 bytes of a torn one follow", head]


def test_a_torn_line_is_told(journal: tuple[Path, str]) -> None:
    path, _ = journal
    path.write_bytes(path.read_bytes()[:-10])
    assert verify(str(path)).stdout.startswith("5 records hold, ")
    assert "hold, 0 bytes" not in verify(str(path)).stdout


def test_a_changed_a_missing_and_a_cut_record_fail(journal: tuple[Path, str]) -> None:
    path, head = journal
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    path.write_bytes(data.replace(b'"number":2', b'"number":7'))
    assert verify(str(path)).stderr.startswith("line 4: was changed")
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert verify(str(path)).stderr.startswith("line 3: was changed")
    path.write_bytes(b"".join(lines[:-1]))
    assert verify(str(path)).returncode == 0
    assert "was cut or written anew" in verify(str(path), head).stderr
    path.write_bytes(b"[]\n")
    assert "line 1: is not a record" in verify(str(path)).stderr


def test_it_is_short_enough_to_read() -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 40
