"""Episodes through the loop and the gate, on pages that keep the suite's own bookkeeping."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from handrail.actuators.actions import Action, Click, Press, Wait
from handrail.actuators.geometry import Point
from handrail.actuators.secret import NoSecrets
from handrail.agent.proposer import Proposer, Puppet
from handrail.sandbox.journal_reading import verify_journal
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.miniwob.floor import centre_clicks, random_clicks
from handrail.tasks.miniwob.play import Casting, Played, Rules, play
from handrail.tasks.miniwob.stage import Stage
from handrail.tasks.run_model import ModelChoice

YES, NO, EMPTY = Point(x=160, y=260), Point(x=60, y=260), Point(x=300, y=400)


def played(opened: Stage, *actions: Action, steps: int = 6, seed: int = 3) -> Played:
    def puppet(stage: Stage, task: str, number: int) -> Proposer:
        return Puppet(actions)

    return play(opened, ("click-test", seed), puppet, Rules(steps, ModelChoice("puppet")))


def test_the_page_gives_the_verdict(opened: Stage) -> None:
    good = played(opened, Click(point=EMPTY), Click(point=YES), Click(point=NO))
    assert (good.success, good.done, good.reward, good.steps) == (True, True, 1.0, 2)
    assert good.end == "success"
    bad = played(opened, Click(point=NO), Click(point=YES))
    assert (bad.success, bad.done, bad.reward, bad.steps) == (False, True, -1.0, 1)


def test_a_run_that_gives_up_is_no_success(opened: Stage) -> None:
    one = played(opened, Click(point=EMPTY))
    assert (one.success, one.done, one.reward, one.steps) == (False, False, 0.0, 2)


def test_steps_are_limited_and_time_is_not(opened: Stage) -> None:
    waits = [Wait(seconds=0.1 + i / 100) for i in range(9)]
    one = played(opened, *waits, Click(point=YES), steps=5)
    assert (one.done, one.end, one.steps) == (False, "budget", 5)
    last = played(opened, *waits[:4], Click(point=YES), steps=5)
    assert (last.success, last.steps) == (True, 5), "what the last step did counts"


def test_a_second_click_begins_no_other_episode(opened: Stage) -> None:
    one = played(opened, Click(point=YES, count=3))
    assert (one.success, one.reward, one.steps) == (True, 1.0, 1)


def test_a_page_that_was_loaded_anew_is_another_episode(opened: Stage) -> None:
    again = (Press(keys=("f5",)), Click(point=EMPTY), Click(point=YES))
    one = played(opened, *again)
    assert (one.done, one.reward) == (False, 0.0)


def test_a_seed_is_an_episode(opened: Stage) -> None:
    first, other, again = (opened.begin("click-test", seed) for seed in (5, 6, 5))
    assert first == again
    loaded, drawn = first.split()[2:]
    assert loaded not in other
    assert drawn not in other


def test_the_task_is_all_that_is_seen(opened: Stage) -> None:
    opened.begin("click-test", 1)
    with opened.target().opened(PermitOffice(), Path(), NoSecrets()) as screen:
        seen = screen.observe()
    assert seen.image.size == (320, 420)
    colours = seen.image.convert("RGB").getcolors(100_000) or []
    assert (255, 0, 0) not in {colour for _, colour in colours}, "the score shows"


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_no_request_goes_anywhere_else(opened: Stage) -> None:
    with listening() as (address, heard):
        opened.begin("click-test", 1)
        ask = "address => fetch(address).then(() => 'heard', () => 'kept')"
        assert opened.read(ask, address) == "kept"
        assert opened.read(ask, "../core/core.js") == "heard"
    assert heard == []


def test_the_run_is_written_down(opened: Stage, tmp_path: Path) -> None:
    def puppet(stage: Stage, task: str, number: int) -> Proposer:
        return Puppet([Click(point=YES)])

    play(opened, ("click-shape", 0), puppet, Rules(3, ModelChoice("puppet"), tmp_path))
    (folder,) = tmp_path.iterdir()
    assert len(verify_journal(folder / "journal.jsonl").entries) > 3
    assert "miniwob/click-shape seed 0" in (folder / "run.json").read_text()


def test_nothing_is_left_of_what_nobody_keeps(
    opened: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs' folder is gone, and so are the anchors that a run puts beside it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert played(opened, Click(point=YES)).success
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("floor", [random_clicks, centre_clicks])
def test_a_floor_clicks_until_it_must_stop(opened: Stage, floor: Casting) -> None:
    one = play(opened, ("click-test", 2), floor, Rules(2, ModelChoice("floor")))
    assert one.reason == "2 steps are used" or one.done
