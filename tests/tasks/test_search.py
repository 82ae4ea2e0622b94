"""The model that ships finds what lies below the fold: a whole run in Chromium."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.actuators.browser import BrowserConfig
from handrail.sandbox.approval import ScriptedApprover
from handrail.tasks.errors import ExitCode
from handrail.tasks.run import BrowserTarget, Crew, PolicyChoice, RunRequest, run
from handrail.tasks.run_file import read_run_file
from handrail.tasks.run_model import load_proposer

LINES = "".join(
    f"<p>Part {i} of the terms says what is sold, by whom, and when it may be sent back.</p>"
    for i in range(28)
)
PAGE = f"""<!doctype html><meta charset=utf-8><title>Order</title>
<style>body{{font:16px sans-serif;margin:30px;width:700px}}p{{line-height:2.5}}
input,button{{font:16px sans-serif;padding:8px 16px}}</style>
<h1>Your order</h1><label>Name <input id=name></label>{LINES}
<button type=button onclick="fetch('/kept?' + document.getElementById('name').value,
 {{method: 'HEAD'}}); this.textContent = 'Done'">Keep draft</button><p>Thank you</p>"""


class Site:
    """One long page, and what it was told."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        kept = self.kept

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(PAGE.encode())

            def do_HEAD(self) -> None:
                kept.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_a_button_below_the_fold_is_scrolled_to_and_pressed(
    site: Site, tmp_path: Path, browser_program: Path | None
) -> None:
    request = RunRequest(
        "type Ada into Name, then click Keep draft",
        BrowserTarget(site.url, BrowserConfig(browser_program)),
        policy=PolicyChoice(profile="ask"),
        runs_folder=tmp_path,
    )
    crew = Crew(load_proposer(request.model), ScriptedApprover([True] * 9))
    end = run(request, crew)
    lines = [step.line for step in read_run_file(end.folder.record).steps]
    assert end.exit_code == ExitCode.SUCCESS, lines
    assert site.kept == ["/kept?Ada"]
    assert "look for Keep draft: scroll down" in lines
