"""Type and move in a window of our own, through the gate, and read back what reached it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from handrail.actuators.actions import Action, Click, Move, Type
from handrail.actuators.base import Actuator
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area
from handrail.actuators.xvfb import VirtualDisplay
from handrail.agent.stability import Watch
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.errors import CheckFailed

SAMPLE = "Aa<>|é中🙂"
_SIZE = (800, 600)
_SECONDS = 20.0
_TITLE = "Handrail doctor"
_AREA = Area(100, 60, 600, 480)
# Everything here happens on a display or in a browser that was started for this check alone.
_POLICY = Policy(
    rules=(
        Rule(
            decision="allow",
            effects=("observe", "navigate", "edit", "unknown"),
            owned_display=True,
        ),
    )
)
_PAGE = """<!doctype html><meta charset=utf-8><title>-</title>
<style>html,body,textarea{margin:0;width:100%;height:100%;border:0;font:20px sans-serif}</style>
<textarea aria-label="Type here"></textarea><script>
const field=document.querySelector("textarea");let at="";
const tell=()=>{document.title=field.value+"@"+at};
field.oninput=tell;onmousemove=e=>{at=e.clientX+","+e.clientY;tell()};</script>"""


def try_desktop(workspace: Path) -> str:
    """Work a window on a virtual display. Raises EnvironmentMissing, CheckFailed."""
    with VirtualDisplay.start(*_SIZE) as display:
        # Here, because python-xlib is installed on Linux only.
        from handrail.actuators.x11_probe import ProbeWindow

        with ProbeWindow(display.name, _TITLE, _AREA) as probe:
            display.wait_for_window(_TITLE, _SECONDS)
            office = PermitOffice()
            with closing(open_desktop(DesktopConfig(virtual=display), office)) as screen:

                def arrived() -> str:
                    moves = [f"{a.x},{a.y}" for a in probe.arrivals if a.kind == "move"]
                    return f"{probe.text}@{moves[-1] if moves else ''}"

                told = _work(screen, office, workspace / "desktop.jsonl", arrived)
    return f"{told} on a display of its own"


def try_browser(workspace: Path, program: Path | None) -> str:
    """Work a page in a browser without a window. Raises EnvironmentMissing, CheckFailed."""
    office = PermitOffice()
    config = BrowserConfig(executable=program, width=_SIZE[0], height=_SIZE[1])
    with Browser.open(config, office) as screen:
        screen.goto(f"data:text/html;charset=utf-8,{quote(_PAGE)}")

        def arrived() -> str:
            return screen.observe().surface.window.raw

        return f"{_work(screen, office, workspace / 'browser.jsonl', arrived)} in a page of its own"


def _work(
    screen: Actuator, office: PermitOffice, journal_path: Path, arrived: Callable[[], str]
) -> str:
    """Click, type and move; wait until ``arrived`` says the same text and place."""
    watch = Watch(screen.observe)
    geometry = watch.settled().geometry
    middle, aside = geometry.point(0.5, 0.5), geometry.point(0.31, 0.62)
    with Journal.create(journal_path, "doctor") as journal:
        gate = Gate(screen, office, _POLICY, journal, DenyAll(), lambda: False)
        for action in (Click(point=middle), Type(text=SAMPLE), Move(point=aside)):
            _do(gate, watch, action)
    expected = f"{SAMPLE}@{aside.x},{aside.y}"
    deadline = watch.now() + _SECONDS
    while (told := arrived()) != expected:
        if watch.now() > deadline:
            raise CheckFailed(f"{expected!r} was typed and pointed at, but {told!r} arrived")
        watch.pause(0.05)
    return f"typed {SAMPLE!r} and moved to ({aside.x}, {aside.y}), and read both back"


def _do(gate: Gate, watch: Watch, action: Action) -> None:
    outcome = gate.submit(action, watch.settled(), "check this machine")
    if outcome.kind != "done":
        raise CheckFailed(f"a {action.kind} was {outcome.kind}: {outcome.reason}")
