"""Hints end to end: a model hears of them where they are allowed, and the gate decides as ever."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Terminate
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.observation import Hint, Observation
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.sandbox.approval import ScriptedApprover
from handrail.tasks.errors import ExitCode
from handrail.tasks.run import (
    BrowserTarget,
    Crew,
    FakeTarget,
    ModelChoice,
    PolicyChoice,
    RunRequest,
    run,
)
from handrail.tasks.run_file import read_run_file
from tests.tasks.run_world import FakeClock, World

PAGE = b"""<!doctype html><meta charset=utf-8><title>Tools</title>
<style>body{margin:0}a{position:absolute;left:900px;top:600px;width:40px;height:40px;background:
linear-gradient(45deg,#345,#9ab)}</style><a href=/printed aria-label=Print></a>"""


class Listening:
    """Clicks the control that hints call Save, and ends where there are none."""

    def __init__(self) -> None:
        self.heard: list[tuple[Hint, ...]] = []

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        self.heard.append(observation.hints)
        for hint in observation.hints:
            if hint.name.raw == "Save" and not history:
                return Proposal(Click(point=hint.box.center), "click Save")
        return Proposal(Terminate(status="success" if history else "failure"), "end")


@pytest.fixture
def tools() -> Iterator[tuple[str, list[str]]]:
    """Serve the page; yield its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def request(world: World, hints: bool) -> RunRequest:
    target = FakeTarget(world.build)
    choice = ModelChoice(hints=hints)
    return RunRequest("Save", target, choice, runs_folder=world.folder)


def test_hints_are_heard_where_they_are_allowed_alone(tmp_path: Path) -> None:
    world, proposer = World(tmp_path), Listening()
    end = run(request(world, True), Crew(proposer, ScriptedApprover([True] * 9), clock=FakeClock()))
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": ""}]
    assert {hint.name.raw for hint in proposer.heard[0]} == {"Name", "Save"}
    assert read_run_file(end.folder.record).asked.hints
    deaf = Listening()
    end = run(request(world, False), Crew(deaf, clock=FakeClock()))
    assert end.exit_code == ExitCode.FAILED
    assert deaf.heard == [()]
    assert not read_run_file(end.folder.record).asked.hints


def test_what_a_hint_points_at_is_denied_as_before(tmp_path: Path) -> None:
    world = World(tmp_path)
    strict = replace(request(world, True), policy=PolicyChoice(profile="observe"))
    end = run(strict, Crew(Listening(), ScriptedApprover([True] * 9), clock=FakeClock()))
    assert end.exit_code == ExitCode.DENIED
    assert world.screens[0].submitted == []


def test_the_pocket_model_finds_by_its_name_what_no_text_shows(
    tools: tuple[str, list[str]], tmp_path: Path, browser_program: Path | None
) -> None:
    url, asked = tools
    target = BrowserTarget(url, BrowserConfig(executable=browser_program))
    wish = RunRequest(
        "click Print",
        target,
        ModelChoice(hints=True),
        PolicyChoice(profile="ask"),
        Budget(steps=1),
        runs_folder=tmp_path,
    )
    end = run(wish, Crew(approver=ScriptedApprover([True] * 9)))
    assert "/printed" in asked
    step = read_run_file(end.folder.record).steps[0]
    assert isinstance(step.action, Click)
    assert step.confidence is not None
    assert step.confidence > 0.9
