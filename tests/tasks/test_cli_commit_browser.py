"""``handrail commit`` of an order that was rehearsed in a browser, as a command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.record import RehearsalRecord, keep_record, read_record
from handrail.tasks.cli import main
from handrail.tasks.commit_browser import read_plan
from handrail.tasks.errors import ExitCode
from handrail.tasks.runs import RunFolder
from handrail.tasks.sites.shop import Shop
from handrail.tasks.suites.shopping import SHORT, Shopper


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as one:
        yield one


@pytest.fixture
def rehearsal(
    shop: Shop, tmp_path: Path, browser_program: Path | None, monkeypatch: pytest.MonkeyPatch
) -> RunFolder:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    runs = tmp_path / "handrail" / "runs"
    return Shopper(f"{shop.url}{SHORT}", runs, browser_program).rehearsed().end.folder


def test_a_commit_asks_does_it_once_and_then_says_so(
    shop: Shop, rehearsal: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = read_plan(rehearsal).digest
    assert main(["commit", rehearsal.name]) == ExitCode.USAGE, "nobody is here to be asked"
    assert f"--approve {digest}" in capsys.readouterr().err
    assert main(["commit", rehearsal.name, "--approve", "0" * 64]) == ExitCode.USAGE
    assert main(["commit", rehearsal.name, "--dry-run"]) == ExitCode.SUCCESS
    assert shop.received == []
    assert main(["commit", rehearsal.name, "--approve", digest]) == ExitCode.SUCCESS
    told = capsys.readouterr().out
    assert "name=Mara" in told
    assert "done as it was rehearsed; requests sent: 1" in told
    assert main(["commit", rehearsal.name]) == ExitCode.SUCCESS
    assert "already" in capsys.readouterr().out
    assert len(shop.store.orders()) == 1


def test_a_policy_that_denies_stops_a_commit(
    shop: Shop, rehearsal: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[[request]]\ndecision = "deny"\nmethods = ["POST"]\n')
    arguments = ["commit", rehearsal.name, "--yes", "--policy", str(policy)]
    assert main(arguments) == ExitCode.FAILED
    assert "the policy does not let it go" in capsys.readouterr().err
    assert shop.received == []


def test_a_rehearsal_that_broke_off_is_not_committed(
    shop: Shop, rehearsal: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = RehearsalRecord(run=rehearsal.name, on="browser")
    for record, why in (
        (begun, "it has no plan"),
        (read_record(rehearsal.path).model_copy(update={"plan": {"steps": 1}}), "cannot be read"),
    ):
        keep_record(rehearsal.path, record, OsDisk())
        assert main(["commit", rehearsal.name, "--yes"]) == ExitCode.ENVIRONMENT
        assert why in capsys.readouterr().err
    assert shop.received == []
