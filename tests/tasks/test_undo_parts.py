"""What a run keeps of a clipboard and of a browser's storage is put back, or said not to be."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Press, Terminate
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_storage import Slot
from handrail.actuators.fake import FakeScreen
from handrail.actuators.geometry import Point
from handrail.actuators.x11_clipboard import X11Clipboard
from handrail.actuators.xvfb import VirtualDisplay
from handrail.agent.history import Step
from handrail.agent.listener import Listeners
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from handrail.sandbox.restore import Compensation, Restore
from handrail.tasks.run import (
    BrowserTarget,
    Crew,
    DesktopTarget,
    FakeTarget,
    PolicyChoice,
    RunEnd,
    RunRequest,
    run,
)
from handrail.tasks.run_keepers import BrowserPlace, KeptParts
from handrail.tasks.run_target import Target
from tests.tasks.command import call, complaint

PAGE = b"""<!doctype html><title>Shop</title><body style=margin:0>
<script>localStorage.cart ??= 'empty'</script>
<form method=post action=/order onsubmit="localStorage.cart = 'lamp'">
<button style=width:200px;height:60px>Order</button></form>"""
SUCCESS = Terminate(status="success")


class Meddler(Listeners):
    """Does something after the first step, as a program does that the step has set going."""

    def __init__(self, meddle: Callable[[], None]) -> None:
        super().__init__()
        self.meddle = meddle

    def stepped(self, step: Step) -> None:
        if step.number == 1:
            self.meddle()


def work(target: Target, runs: Path, restore: Restore, *replies: Click | Press) -> RunEnd:
    request = RunRequest(
        "Work",
        target,
        policy=PolicyChoice(grants=Policy(profile="ask", restore=restore)),
        runs_folder=runs,
    )
    return run(request, Crew(Puppet([*replies, SUCCESS]), ScriptedApprover([True] * 9)))


@pytest.fixture
def shop() -> Iterator[tuple[str, list[str]]]:
    orders: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def do_POST(self) -> None:
            orders.append(self.path)
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", orders
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_lasting_browsers_storage_is_put_back_and_an_order_stays_ordered(
    shop: tuple[str, list[str]],
    state: Path,
    tmp_path: Path,
    browser_program: Path | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site, orders = shop
    config = BrowserConfig(executable=browser_program, profile_dir=tmp_path / "profile")
    by_hand = Compensation(origin=site, tell="cancel the order at the shop")
    restore = Restore(storage=True, clipboard=True, compensation=(by_hand,))
    work(BrowserTarget(site, config), state, restore, Click(point=Point(x=50, y=30)))
    assert orders == ["/order"]
    named = [] if browser_program is None else ["--browser", str(browser_program)]
    assert call(["undo", "last", "--yes", *named]) == 1
    told = capsys.readouterr().out
    assert f"~ local {site} cart (entry)" in told
    assert f"stays: what was sent: POST {site}/order" in told
    assert "  by hand: cancel the order at the shop" in told
    assert "clipboard: was not kept: only a desktop's clipboard is kept" in told
    assert "not as it was before" not in told
    with Browser.open(config, PermitOffice()) as browser:
        assert browser.storage([site]).entries[Slot("local", site, "cart")] == "empty"
    assert orders == ["/order"], "an undo sends nothing"


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay.start(400, 300, wm=False) as started:
        yield started


@pytest.fixture
def clipboard(display: VirtualDisplay) -> Iterator[X11Clipboard]:
    opened = X11Clipboard(display.name)
    yield opened
    opened.close()


def copied(clipboard: X11Clipboard, runs: Path) -> RunEnd:
    """Let a run copy something, whose display is there after it."""
    clipboard.put("mine")
    request = RunRequest(
        "Copy",
        DesktopTarget(display=clipboard.link.name),
        policy=PolicyChoice(grants=Policy(profile="ask", restore=Restore(clipboard=True))),
        runs_folder=runs,
    )
    meddler = Meddler(lambda: clipboard.put("copied"))
    replies = Puppet([Press(keys=("ctrl", "c")), SUCCESS])
    crew = Crew(replies, ScriptedApprover([True] * 9), listener=meddler)
    return run(request, crew)


def test_a_desktops_clipboard_is_put_back(
    clipboard: X11Clipboard, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = copied(clipboard, state)
    assert clipboard.read().text == "copied", end.result.reason
    assert call(["undo", "last", "--yes"]) == 0
    assert clipboard.read().text == "mine"
    assert "1 of 1 steps put back" in capsys.readouterr().out


def test_a_clipboard_that_was_used_since_is_left_or_left_out(
    clipboard: X11Clipboard, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(clipboard, state)
    clipboard.put("copied since")
    assert call(["undo", "last", "--yes"]) == 1
    assert "changed meanwhile: clipboard" in capsys.readouterr().out
    assert call(["undo", "last", "--yes", "--without", "clipboard"]) == 1
    assert "clipboard: left as it is, as you asked" in capsys.readouterr().out
    assert clipboard.read().text == "copied since"


def test_a_display_that_is_gone_is_said_with_what_to_do(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with VirtualDisplay.start(400, 300, wm=False) as ending:
        lent = X11Clipboard(ending.name)
        copied(lent, state)
        lent.close()
    assert call(["undo", "last", "--yes"]) == 5
    said = complaint(capsys)
    assert "clipboard: out of reach" in said
    assert "--without clipboard" in said


def test_what_ends_with_a_run_is_not_kept() -> None:
    everything = Restore(clipboard=True, storage=True)
    fake = FakeScreen(PermitOffice())
    target = FakeTarget(FakeScreen)
    assert KeptParts.asked(everything, target, fake).unkept == {
        "clipboard": "only a desktop's clipboard is kept",
        "storage": "the run was in no browser of Handrail's",
    }
    web = BrowserTarget("https://a.example")
    kept = KeptParts.asked(everything, web, fake)
    assert kept.browser is None
    assert "no lasting profile" in kept.unkept["storage"]
    far = BrowserTarget(None, BrowserConfig(attach="wss://a.example/devtools"))
    assert "may hold a password" in KeptParts.asked(everything, far, fake).unkept["storage"]
    near = BrowserTarget(None, BrowserConfig(attach="http://127.0.0.1:9222"))
    place = BrowserPlace(attach="http://127.0.0.1:9222")
    assert KeptParts.asked(everything, near, fake).browser == place
