"""A journal as a table: every record, stable columns, nothing that a spreadsheet would run."""

import csv
import io
import json
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Type, digest
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.journal import Journal, JournalReading, read_journal
from handrail.sandbox.records import Alert, Intent, Note, Observed, Place, Refusal, Result
from handrail.tasks.journal_rows import COLUMNS, rows, write_csv, write_jsonl
from handrail.tasks.run import RunEnd
from tests.tasks.command import call, complaint

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1", "a;=1+1", '";=1',
    "\uff1d1", "\x1b[2J", "x\ny", "\u202eevil",
)  # fmt: skip


def element(name: str) -> Element:
    return Element("button", ScreenText(name), Box(left=0, top=0, right=9, bottom=9))


def written(path: Path, texts: tuple[str, ...] = ("Save",)) -> JournalReading:
    """Write a record of every kind, with each of the texts on the screen, and read them back."""
    ticks = iter(range(10_000))
    with Journal.create(path, "run-1", clock=lambda: 1.7e9 + next(ticks)) as journal:
        journal.append(Note(topic="run", data={"goal": texts[0], "steps": 3}))
        for text in texts:
            place = Place.of(
                Surface("browser", "chromium", True, ScreenText(text), "https://a.test/x?q=1"),
                element(text),
            )
            click, words = Click(point=Point(x=3, y=4)), Type(text=text)
            begun = journal.append(
                Intent(
                    action=click, digest=digest(click), effect="commit", decision="ask",
                    reason=f"said: {text}"[:300], place=place, screen="0" * 64,
                )
            ).seq  # fmt: skip
            journal.append(Result(intent=begun, outcome="in_doubt", reason=text, seconds=0.5))
            journal.append(Observed(intent=begun, outcome="not_done", reason="looked"))
            journal.append(
                Refusal(
                    action=words, digest=digest(words), effect="edit", outcome="denied",
                    reason=text, place=place, redacted=True,
                )
            )  # fmt: skip
        journal.append(Alert(rule="rate", record=2, reason="31 actions within a minute"))
        journal.append(Note(topic="end", data={"outcome": "denied"}))
    return read_journal(path)


def test_every_record_is_a_row_and_an_intent_says_how_it_ended(tmp_path: Path) -> None:
    reading, out = written(tmp_path / "journal"), io.StringIO()
    write_jsonl(rows(reading), out)
    assert out.getvalue().isascii()
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["hash"] for row in found] == [entry.hash for entry in reading.entries]
    assert {tuple(row) for row in found} == {COLUMNS}
    assert [row["kind"] for row in found] == [
        "begin", "note", "intent", "result", "observed", "refusal", "alert", "note",
    ]  # fmt: skip
    intent, result, refusal, alert = found[2], found[3], found[5], found[6]
    assert (intent["outcome"], intent["decision"], intent["effect"]) == (
        "not_done", "ask", "commit",
    )  # fmt: skip
    assert intent["action"] == {
        "kind": "click", "point": {"x": 3, "y": 4}, "button": "left", "count": 1,
    }  # fmt: skip
    assert (intent["surface"], intent["display"], intent["role"]) == (
        "browser", "chromium", "button",
    )  # fmt: skip
    assert (result["intent"], result["outcome"], result["seconds"]) == (2, "in_doubt", 0.5)
    assert (refusal["redacted"], refusal["outcome"]) == (True, "denied")
    assert (alert["topic"], alert["intent"]) == ("rate", 2)
    assert found[0]["time"] == "2023-11-14T22:13:20.000+00:00"
    assert found[1]["data"] == {"goal": "Save", "steps": 3}


def test_the_columns_are_the_documented_ones() -> None:
    assert ",".join(COLUMNS) == (
        "run,seq,time,kind,intent,action,effect,decision,outcome,reason,seconds,surface,display,"
        "owned,window,url,role,label,application,program,digest,screen,redacted,topic,data,hash"
    )


def test_no_cell_is_a_formula_or_controls_a_terminal(tmp_path: Path) -> None:
    reading, out = written(tmp_path / "journal", HOSTILE), io.StringIO()
    write_csv(rows(reading), out)
    text = out.getvalue()
    assert not any(ord(c) < 0x20 and c not in "\r\n" for c in text)
    assert "\u202e" not in text
    for separator in (",", ";", "\t", "|"):
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        cells = [cell.strip() for row in read for cell in row]
        assert [
            c for c in cells if c.lstrip("\"' ")[:1] in tuple("=+-@\uff1d") and c[:1] != "'"
        ] == []
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(table) == len(reading.entries)
    actions = [json.loads(row["action"]) for row in table if row["action"]]
    assert [a["text"] for a in actions if a["kind"] == "type"] == list(HOSTILE)
    assert table[2]["label"] == "'=cmd|' /C calc'!A0"


def test_a_run_is_exported_as_far_as_it_holds(
    done: RunEnd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["log", "export", "last"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        "begin", "note", "note", "intent", "result", "note",
    ]  # fmt: skip
    assert call(["log", "export", "last", "--format", "csv"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [row["outcome"] for row in table if row["kind"] == "intent"] == ["done"]
    data = done.folder.journal.read_bytes().splitlines(keepends=True)
    done.folder.journal.write_bytes(b"".join([*data[:3], b"{}\n", *data[3:]]))
    assert call(["log", "export", "last"]) == 1
    assert "its hash does not fit; nothing after that was exported" in complaint(capsys)
