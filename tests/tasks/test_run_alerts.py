"""Alerts of a run: in its journal, in the log, told to whom the user named, in nobody's way."""

import json
import sys
import time
from pathlib import Path

import pytest

from handrail.agent.result import EndKind
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.journal import Journal, OsDisk, read_journal, verify_journal
from handrail.sandbox.records import Alert, Result
from handrail.tasks.errors import ExitCode
from handrail.tasks.known_origins import keep_origins, known_origins, origins_path
from handrail.tasks.run import PolicyChoice, RunEnd
from handrail.tasks.run_alerts import RAISED
from tests.agent.stage import Heard
from tests.tasks.command import call
from tests.tasks.run_world import ALLOW, FILL, SUCCESS, World, record
from tests.tasks.test_journal_rows import written

RATE = "[alerts]\nactions_per_minute = 1\n"
TEXT = FILL[1].model_dump()["text"]


def keeping(folder: Path) -> tuple[str, Path]:
    """Return a command, as TOML, that keeps what it is told and where, and the place of it."""
    place = folder / "told.jsonl"
    script = folder / "keep.py"
    script.write_text(
        "import json, os, sys\n"
        "said = json.loads(sys.stdin.readline())\n"
        "said['cwd'], said['own'] = os.getcwd(), [n for n in os.environ if 'HANDRAIL' in n]\n"
        f"open({str(place)!r}, 'a').write(json.dumps(said) + '\\n')\n"
    )
    return json.dumps([sys.executable, "-S", str(script)]), place


def alerts(end: RunEnd) -> list[Alert]:
    return [
        entry.record
        for entry in verify_journal(end.folder.journal).entries
        if isinstance(entry.record, Alert)
    ]


def granting(folder: Path, alerts_table: str) -> PolicyChoice:
    file = folder / "mine.toml"
    file.write_text(alerts_table + ALLOW.format("commit") + ALLOW.format("edit"))
    file.chmod(0o600)
    return PolicyChoice(user=file, profile="unattended")


def test_an_alert_is_written_logged_and_told(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_REMOTE_TOKEN", "s3cret")
    command, place = keeping(tmp_path)
    end = world.run(*FILL, SUCCESS, policy=granting(tmp_path, f"{RATE}command = {command}\n"))
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": "Ada"}]
    (alert,) = alerts(end)
    assert (alert.rule, alert.reason) == (
        "rate", "2 actions within a minute; usual are at most 1",
    )  # fmt: skip
    entries = read_journal(end.folder.journal).entries
    (at,) = [e.seq for e in entries if isinstance(e.record, Alert)]
    before = entries[at - 1].record
    assert isinstance(before, Result), "the alert comes after the outcome, not before the effect"
    assert before.intent == alert.record
    logged = [r.getMessage() for r in caplog.records if r.name == RAISED]
    assert logged == [f"alert in {end.folder.name}: {alert.reason}"]
    (told,) = [json.loads(line) for line in place.read_text().splitlines()]
    assert (told["rule"], told["run"], told["record"]) == ("rate", end.folder.name, alert.record)
    assert (told["cwd"], told["own"]) == ("/", [])
    assert TEXT not in place.read_text()


def test_who_follows_a_run_hears_of_its_alerts_and_the_report_leads_to_the_step(
    world: World, tmp_path: Path
) -> None:
    heard = Heard()
    end = world.run(*FILL, SUCCESS, policy=granting(tmp_path, RATE), listener=heard)
    (alert,) = alerts(end)
    assert heard.alerts == [alert]
    (row,) = record(end).alerts
    assert (row.step, row.rule, row.record) == (2, "rate", alert.record), "typed second"
    page = end.folder.report.read_text("utf-8")
    told = f"rate: {alert.reason}"
    assert page.count(told) == 2, "in the head and beside its step"
    assert '<a href="#step-2">step 2</a>' in page
    card = page[page.index('id="step-2"') : page.index('id="step-3"')]
    assert told in card


def test_a_listener_that_fails_at_an_alert_fails_no_run(world: World, tmp_path: Path) -> None:
    class Deaf(Heard):
        def alerted(self, alert: Alert) -> None:
            raise ValueError("deaf")

    end = world.run(*FILL, SUCCESS, policy=granting(tmp_path, RATE), listener=Deaf())
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": "Ada"}]
    assert [alert.rule for alert in alerts(end)] == ["rate"]


def test_a_projects_file_adds_alerts_and_tells_nobody(world: World, tmp_path: Path) -> None:
    file = tmp_path / "project.toml"
    file.write_text(f'{RATE}command = ["touch", "{tmp_path / "touched"}"]\n')
    with pytest.raises(PolicyError, match="no command and no webhook"):
        world.run(*FILL, SUCCESS, policy=PolicyChoice((file,), "unattended"))
    file.write_text(RATE)
    command, place = keeping(tmp_path)
    mine = granting(tmp_path, f"[alerts]\ncommand = {command}\n")
    end = world.run(*FILL, SUCCESS, policy=PolicyChoice((file,), "unattended", user=mine.user))
    assert [alert.rule for alert in alerts(end)] == ["rate"]
    assert len(place.read_text().splitlines()) == 1
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "telling",
    [
        'command = ["/absent/program"]',
        'command = ["false"]',
        'command = ["sleep", "60"]\nseconds = 1',
        'webhook = "http://127.0.0.1:9/"',
        'webhook = "https://127.0.0.1:9/"',
    ],
)
def test_a_telling_that_fails_fails_no_run(
    world: World, tmp_path: Path, telling: str, caplog: pytest.LogCaptureFixture
) -> None:
    started = time.monotonic()
    end = world.run(*FILL, SUCCESS, policy=granting(tmp_path, f"{RATE}{telling}\n"))
    assert time.monotonic() - started < 15
    assert end.exit_code == ExitCode.SUCCESS
    assert len(alerts(end)) == 1
    warnings = [r.getMessage() for r in caplog.records if r.name == "handrail.alerts"]
    assert len(warnings) in (1, 2)
    assert not [w for w in warnings if "sleep" in w or ":9/" in w]


class FullDisk(OsDisk):
    def write(self, descriptor: int, data: bytes) -> int:
        if b'"kind":"alert"' in data:
            raise OSError(28, "No space left on device")
        return super().write(descriptor, data)


def test_an_alert_that_cannot_be_written_stops_the_run_at_its_next_record(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.sandbox.journal.OsDisk", FullDisk)
    end = world.run(*FILL, SUCCESS, policy=granting(tmp_path, RATE))
    kind: EndKind = "environment"
    assert end.result.kind == kind
    # The alert follows the second action's outcome; the third, which would send, never happens.
    assert world.screens[0].submitted == []
    assert world.screens[0].performed == FILL[:2]


def test_origins_are_kept_from_run_to_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = tmp_path / "runs"
    assert known_origins(root) == frozenset()
    keep_origins(root, {"https://a.test"})
    keep_origins(root, {"https://b.test"})
    keep_origins(root, {"https://b.test"})
    assert known_origins(root) == {"https://a.test", "https://b.test"}
    assert origins_path(root).stat().st_mode & 0o777 == 0o600
    origins_path(root).write_text("{}{")
    assert known_origins(root) == frozenset()
    assert "every origin counts as new" in caplog.text
    origins_path(root).unlink()
    origins_path(root).mkdir()
    keep_origins(root, {"https://c.test"})
    assert "cannot be kept" in caplog.text


def test_without_a_list_the_former_journals_tell(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    for name in ("20260101-000000-0001", "20260101-000000-0002", "20260101-000000-0003"):
        (root / name).mkdir(parents=True)
    written(root / "20260101-000000-0001" / "journal.jsonl")
    (root / "20260101-000000-0002" / "journal.jsonl").write_text("{}\n")
    assert known_origins(root) == {"https://a.test"}


def test_a_new_origin_is_told_once_for_all_runs(world: World, tmp_path: Path) -> None:
    from handrail.tasks.run_alerts import alarmed

    book = granting(tmp_path, "[alerts]\nnew_origin = true\n").load()
    found = []
    for number in range(2):
        path = tmp_path / f"journal-{number}"
        with (
            Journal.create(path, f"run-{number}") as journal,
            alarmed(journal, book, tmp_path / "runs", {}),
        ):
            for entry in read_journal(written(tmp_path / "played").path).entries[1:]:
                journal.append(entry.record)
        found.append(len([e for e in read_journal(path).entries if isinstance(e.record, Alert)]))
        (tmp_path / "played").unlink()
    assert found == [2, 1], "the played journal holds an alert of its own"


def test_a_policy_check_names_alerts_and_refuses_them_to_a_project(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        '[alerts]\nfailures = 3\nhours = "08:00-18:00"\nwebhook = "https://a.test/s3cret"\n'
    )
    assert call(["policy", "check", str(file)]) == 0
    said = capsys.readouterr().out
    assert "alert: failures 3" in said
    assert "alert: tells webhook" in said
    assert "with --policy: refused: its [alerts] name a command or a webhook" in said
    assert "s3cret" not in said
