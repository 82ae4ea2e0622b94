"""Whole runs on real surfaces, a puppet deciding: a page in Chromium, a program on a display."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from handrail.actuators.actions import Action, Click, Scroll, Terminate, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.geometry import Point
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.tasks.errors import ExitCode
from handrail.tasks.run import (
    BrowserTarget,
    Crew,
    DesktopTarget,
    PolicyChoice,
    RunEnd,
    RunRequest,
    run,
)
from handrail.tasks.run_file import read_run_file

PAGE = b"""<!doctype html><meta charset=utf-8><title>Form</title>
<style>body{margin:0;font:16px sans-serif}
form>*{position:absolute;left:100px;width:200px;height:30px}</style><form action=/sent>
<input name=name style=top:100px><button style=top:200px>Send</button></form>"""
SUCCESS = Terminate(status="success")
# A program that shows a window and writes down what is typed into it.
PROGRAM = """
import os, sys
from pathlib import Path
from handrail.actuators.x11_probe import ProbeWindow
with ProbeWindow(os.environ["DISPLAY"], "Notes") as window:
    window.wait(lambda: "!" in window.text, 120)
    Path(sys.argv[1]).write_text(window.text)
    window.wait(lambda: False, 120)
"""


def call(x: int, y: int) -> str:
    return (
        'Action: Click.\n<tool_call>\n{"name": "computer_use", "arguments": '
        f'{{"action": "left_click", "coordinate": [{x}, {y}]}}}}\n</tool_call>'
    )


class Site:
    """A page with a form, and the queries that were sent with it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, list[str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/sent"):
                    site.sent.append(parse_qs(urlsplit(self.path).query))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(PAGE)

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
    thread.join()
    made.server.server_close()


def work(target: BrowserTarget | DesktopTarget, folder: Path, *replies: Action | str) -> RunEnd:
    request = RunRequest("x", target, policy=PolicyChoice(profile="ask"), runs_folder=folder)
    return run(request, Crew(Puppet(replies), ScriptedApprover([True] * 9)))


def test_a_page_is_worked_by_replies_in_the_models_format(
    site: Site, tmp_path: Path, browser_program: Path | None
) -> None:
    end = work(
        BrowserTarget(site.url, BrowserConfig(browser_program)),
        tmp_path,
        call(156, 143),
        Type(text="Ada <é中🙂>"),
        call(156, 268),
        SUCCESS,
    )
    assert site.sent == [{"name": ["Ada <é中🙂>"]}]
    assert end.exit_code == ExitCode.SUCCESS
    steps = read_run_file(end.folder.record).steps
    assert [step.effect for step in steps[:3]] == ["edit", "edit", "commit"]
    assert (steps[0].width, steps[0].height) == (1280, 800)
    assert end.folder.report.stat().st_size < 5_000_000


def test_a_password_in_an_address_is_in_no_byte_of_the_folder(
    site: Site, tmp_path: Path, browser_program: Path | None
) -> None:
    for address in (site.url, "http://127.0.0.1:9/"):
        url = address.replace("://", "://ada:Tr0ub4dor-and-3@")
        end = work(BrowserTarget(url, BrowserConfig(browser_program)), tmp_path, SUCCESS)
        assert end.folder.report.read_text().count(address)
        for path in end.folder.path.rglob("*"):
            assert not path.is_file() or b"Tr0ub4dor" not in path.read_bytes(), path.name


def test_an_address_that_does_not_answer_is_told_and_reported(
    tmp_path: Path, browser_program: Path | None
) -> None:
    url = "http://127.0.0.1:9/"
    end = work(BrowserTarget(url, BrowserConfig(browser_program)), tmp_path)
    assert end.exit_code == ExitCode.ENVIRONMENT
    assert url in end.result.reason
    assert end.folder.report.is_file()


def test_a_program_gets_a_display_of_its_own_and_is_worked(tmp_path: Path) -> None:
    typed = tmp_path / "typed.txt"
    target = DesktopTarget(app=(sys.executable, "-c", PROGRAM, str(typed)), window="Notes")
    end = work(
        target,
        tmp_path / "runs",
        Click(point=Point(x=150, y=150)),
        Scroll(dy=-100),
        Type(text="<é中> done!"),
        SUCCESS,
    )
    assert end.exit_code == ExitCode.SUCCESS, end.result.reason
    assert typed.read_text() == "<é中> done!"


@pytest.mark.parametrize(
    ("app", "says"), [(("false",), "ended with exit code 1"), (("no-such-program",), "not start")]
)
def test_a_program_that_does_not_start_is_told(
    tmp_path: Path, app: tuple[str, ...], says: str
) -> None:
    end = work(DesktopTarget(app=app), tmp_path)
    assert end.exit_code == ExitCode.ENVIRONMENT
    assert says in end.result.reason
