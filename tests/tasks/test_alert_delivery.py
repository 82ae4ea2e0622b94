"""Telling of alerts: a webhook in order and not followed, a command that hangs, a full queue."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.sandbox.alerts import Telling
from handrail.tasks.alert_delivery import Message, Messenger

MESSAGE: Message = {"rule": "rate", "reason": "why", "record": 3}


@contextmanager
def hooked(status: int = 204) -> Iterator[tuple[str, list[bytes]]]:
    """Listen on loopback for what a webhook is told."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?token=s3cret", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_told_in_order() -> None:
    with hooked() as (address, heard):
        messenger = Messenger(Telling(webhook=address), {})
        for number in range(5):
            messenger.tell({**MESSAGE, "record": number})
        messenger.close()
    assert [json.loads(body)["record"] for body in heard] == list(range(5))


def test_a_webhook_that_refuses_is_told_and_not_followed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with hooked(307) as (address, heard):
        messenger = Messenger(Telling(webhook=address), {})
        messenger.tell(MESSAGE)
        messenger.close()
    assert len(heard) == 1
    (warning,) = [r.getMessage() for r in caplog.records if r.name == "handrail.alerts"]
    assert warning == "the webhook on 127.0.0.1 answered with 307"


def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"sh -c 'echo $$ > {mark}; sleep 60' & wait"
    messenger = Messenger(
        Telling(command=("sh", "-c", script), seconds=1), {"PATH": "/usr/bin:/bin"}
    )
    started = time.monotonic()
    messenger.tell(MESSAGE)
    messenger.tell(MESSAGE)
    messenger.close()
    assert time.monotonic() - started < 10
    child = Path(f"/proc/{mark.read_text().strip()}/stat")
    deadline = time.monotonic() + 5
    while child.exists() and " Z " not in child.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not child.exists() or " Z " in child.read_text()


def test_one_message_too_many_is_dropped_and_told(caplog: pytest.LogCaptureFixture) -> None:
    messenger = Messenger(Telling(command=("sleep", "60"), seconds=1), {"PATH": "/usr/bin:/bin"})
    started = time.monotonic()
    for _ in range(60):
        messenger.tell(MESSAGE)
    assert time.monotonic() - started < 1
    messenger.close()
    assert [r for r in caplog.records if "is told to nobody" in r.getMessage()]
    assert [r for r in caplog.records if "given up" in r.getMessage()]
