"""``handrail serve`` listens to this machine alone, and to nobody without a token."""

import argparse
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from handrail.tasks import cli
from handrail.tasks.cli_serve import limits_of
from handrail.tasks.errors import ExitCode, UsageError

TOKEN = "x" * 20


def arguments(*given: str) -> argparse.Namespace:
    return cli.parser().parse_args(["serve", *given])


def test_a_token_is_drawn_and_shown_to_the_person(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (limits_of(arguments(), {}) for _ in range(2))
    assert first.token != second.token
    assert len(first.token) >= 32
    told = capsys.readouterr()
    assert first.token in told.err
    assert told.out == ""
    assert set(first.hosts) == {"127.0.0.1", "localhost", "::1"}


def test_the_token_is_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert limits_of(arguments("--token-file", str(file)), {}).token == TOKEN
    assert limits_of(arguments(), {"HANDRAIL_TOKEN": TOKEN}).token == TOKEN


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        (("--host", "0.0.0.0"), {}, "other machines"),
        (("--host", "example.org"), {}, "other machines"),
        ((), {"HANDRAIL_TOKEN": "short"}, "16 or more"),
        (("--token-file", "/nowhere/token"), {}, "cannot be read"),
        (("--port", "0"), {}, "--port"),
        (("--waiting", "0"), {}, "--waiting"),
        (("--parallel", "17"), {}, r"1\.\.16, not 17"),
    ],
)
def test_what_would_let_strangers_in_is_refused(
    given: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        limits_of(arguments(*given), environment)


def test_another_address_is_a_name_of_the_server() -> None:
    limits = limits_of(arguments("--host", "192.0.2.7"), {"HANDRAIL_TOKEN": TOKEN})
    assert "192.0.2.7" in limits.hosts


def test_the_pocket_model_is_served() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "handrail.tasks.cli", "serve", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "HANDRAIL_TOKEN": TOKEN},
    ) as server:  # fmt: skip
        try:
            url, headers = f"http://127.0.0.1:{port}", {"authorization": f"Bearer {TOKEN}"}
            _await(url, server)
            assert httpx.get(f"{url}/v1/models").status_code == 401
            listed = httpx.get(f"{url}/v1/models", headers=headers).json()
            assert [m["id"] for m in listed["data"]] == ["pocket"]
            body = {"model": "pocket", "max_tokens": 3,
                    "messages": [{"role": "user", "content": "click Save"}]}  # fmt: skip
            made = httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60)
            assert 1 <= made.json()["usage"]["completion_tokens"] <= 3
        finally:
            server.terminate()
            said = server.communicate(timeout=60)
    assert TOKEN not in "".join(said)
    assert server.returncode in (ExitCode.SUCCESS, -15)


def _await(url: str, server: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, server.communicate()
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")
