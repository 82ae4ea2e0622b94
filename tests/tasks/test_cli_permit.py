"""``handrail permit``: made, narrowed, listed, revoked; and a run that uses it up."""

import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from handrail.sandbox.grant import read_grant
from handrail.tasks.cli_permit import opened_ledger
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.grant_time import read_until
from tests.tasks.command import call, complaint

NOW = datetime(2026, 5, 1, 17, 30, tzinfo=timezone(timedelta(hours=2)))
MAKE = [
    "permit", "issue", "--origin", "https://Shop.example", "--effect", "commit",
    "--uses", "20", "--until", "8h",
]  # fmt: skip


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("today", "2026-05-02T00:00:00+02:00"),
        ("18:30", "2026-05-01T18:30:00+02:00"),
        ("9:00", "2026-05-02T09:00:00+02:00"),
        ("45m", "2026-05-01T18:15:00+02:00"),
        ("8h", "2026-05-02T01:30:00+02:00"),
        ("2d", "2026-05-03T17:30:00+02:00"),
        ("2026-05-03T10:00", "2026-05-03T10:00:00+02:00"),
        ("2026-05-03T10:00:00Z", "2026-05-03T10:00:00+00:00"),
    ],
)
def test_an_end_is_read_as_people_write_it(text: str, end: str) -> None:
    assert read_until(text, NOW) == datetime.fromisoformat(end)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "0h", "32d", "2026-04-01", "9999d"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--until"):
        read_until(text, NOW)


def test_a_grant_is_made_listed_narrowed_and_revoked(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([*MAKE, "--out", str(state / "job.json")]) == ExitCode.SUCCESS
    grant = read_grant(state / "job.json")
    assert stat.S_IMODE((state / "job.json").stat().st_mode) == 0o600
    assert "up to 20 uses commit effects at https://shop.example" in capsys.readouterr().out
    narrow = ["permit", "issue", "--from", str(state / "job.json"), "--uses", "5"]
    assert call(narrow) == ExitCode.SUCCESS
    narrowed = read_grant(Path(capsys.readouterr().out.splitlines()[-1]))
    assert (narrowed.id, len(narrowed.blocks)) == (grant.id, 2)
    assert opened_ledger().count(narrowed) == ""
    assert call(["permit", "list"]) == ExitCode.SUCCESS
    assert f"{grant.id}  1 used  live" in capsys.readouterr().out
    assert call(["permit", "revoke", grant.id]) == ExitCode.SUCCESS
    assert "revoked" in opened_ledger().count(narrowed)
    call(["permit", "list"])
    assert "dead: was revoked" in capsys.readouterr().out
    assert call(narrow) == ExitCode.USAGE
    assert "was revoked" in complaint(capsys)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["permit", "issue", "--uses", "3"], "a grant needs"),
        (["permit", "issue"], "say how"),
        ([*MAKE, "--uses", "0"], "--uses"),
        ([*MAKE, "--origin", "shop.example"], "--origin"),
        ([*MAKE, "--kind", "fly"], "--kind"),
        ([*MAKE, "--until", "never"], "--until"),
        (["permit", "issue", "--from", "absent", "--uses", "3"], "cannot be read"),
        (["permit", "revoke", "x"], "no grant was issued"),
        (["run", "x", "--on", "desktop", "--permit", "absent"], "cannot be read"),
        (["run", "x", "--on", "desktop", "--approval-timeout", "nan"], "--approval-timeout"),
        (["run", "x", "--on", "desktop", "--approval-timeout", "0"], "--approval-timeout"),
    ],
)
def test_what_makes_no_sense_is_refused(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(argv) == ExitCode.USAGE
    assert said in complaint(capsys)


def test_no_grant_no_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["permit", "list"]) == ExitCode.SUCCESS
    assert capsys.readouterr().out == "no grant was issued\n"


def test_a_file_that_is_there_is_not_overwritten(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "job.json").write_text("mine")
    assert call([*MAKE, "--out", str(state / "job.json")]) == ExitCode.ENVIRONMENT
    assert "cannot be written" in complaint(capsys)
    assert (state / "job.json").read_text() == "mine"
