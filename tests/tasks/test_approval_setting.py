"""The options that say who is asked, and the approver that comes of them."""

import os
import pty
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from handrail.actuators.actions import Click
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Surface
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.errors import GrantError
from handrail.sandbox.grant import Block
from handrail.tasks import cli
from handrail.tasks.approval_setting import ApprovalChoice, chosen_approval
from handrail.tasks.cli_permit import opened_ledger
from handrail.tasks.errors import UsageError

SHOP = Surface("browser", "chromium", url="https://shop.example/cart")
ASKED = ApprovalRequest("g", Click(point=Point(x=1, y=1)), "commit", SHOP, "r", places=(SHOP,))


def choice(root: Path, *given: str) -> ApprovalChoice:
    arguments = cli.parser().parse_args(["run", "x", "--on", "browser", "--url", "y", *given])
    return replace(chosen_approval(arguments, root), tty=root / "absent")


def ask(chosen: ApprovalChoice) -> tuple[str, str]:
    with chosen.opened(StopSwitch(), nullcontext) as approver:
        answer = approver.ask(ASKED)
        return answer.choice, answer.by


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    assert ask(choice(tmp_path)) == ("deny", "")


@pytest.mark.parametrize(
    "given", [("--approve-at", "-1"), ("--approve-at", "65536"), ("--approval-timeout", "0.5")]
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, given: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=given[0]):
        choice(tmp_path, *given)


def test_what_a_grant_covers_is_not_asked_about(tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    ledger = opened_ledger(tmp_path / "runs")
    block = Block(origins=("https://shop.example",), effects=("commit",), uses=1, until=until)
    grant = ledger.issue(block)
    file = tmp_path / "job.json"
    file.write_text(grant.model_dump_json(exclude_none=True))
    chosen = choice(tmp_path / "runs", "--permit", str(file))
    assert ask(chosen) == ("once", f"grant {grant.id}")
    assert ledger.count(grant) == "", "asking alone counts nothing"
    assert ask(chosen) == ("deny", "")
    with pytest.raises(GrantError, match="used up"):
        choice(tmp_path / "runs", "--permit", str(file))


def test_a_front_end_is_told_where_to_ask_and_where_the_token_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = choice(tmp_path / "runs", "--approve-at", "0", "--approval-timeout", "60")
    with (
        ThreadPoolExecutor(1) as people,
        chosen.opened(StopSwitch(), nullcontext) as approver,
    ):
        told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
        token = Path(told["token"]).read_text().strip()
        assert token not in " ".join(told.values()), "only the path is printed"
        future = people.submit(approver.ask, ASKED)
        headers = {"authorization": f"Bearer {token}"}
        while not (asked := httpx.get(told["approvals"], headers=headers).json()["question"]):
            pass
        body = {"nonce": asked["nonce"], "digest": asked["digest"], "choice": "once"}
        answered = httpx.post(f"{told['approvals']}/answer", json=body, headers=headers)
        assert answered.status_code == 200
        assert asked["frame"] is None
        frame = httpx.get(f"{told['approvals']}/frame?nonce={asked['nonce']}", headers=headers)
        assert frame.status_code == 404
        assert future.result().choice == "once"
    assert not Path(told["token"]).exists()


def test_the_terminal_is_asked_too(tmp_path: Path) -> None:
    keyboard, screen = pty.openpty()
    chosen = replace(choice(tmp_path), tty=Path(os.ttyname(screen)))
    with ThreadPoolExecutor(1) as people:
        future = people.submit(ask, chosen)
        shown = b""
        while not shown.endswith(b"refuse: "):
            shown += os.read(keyboard, 4096)
        os.write(keyboard, b"yes\n")
        assert future.result() == ("once", "")
    os.close(keyboard)
    os.close(screen)


def test_the_api_needs_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "handrail.tasks.approval_server", raising=False)
    with pytest.raises(UsageError, match=r"handrail\[serve\]"):
        ask(choice(tmp_path, "--approve-at", "0"))
