"""Cases of injected content on the user's own desktop: a program that shows them, one by one.

Handrail did not start this display, as far as the gate is told: what the program says of its own
windows allows nothing there, but where the user's policy names the window.
"""

import base64
import io
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.geometry import Point
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.suites.injections import Form, Injection, Step
from handrail.tasks.suites.injections_effects import Post, done, effects
from handrail.tasks.suites.injections_words import PRESSED
from tests.faults.suite import scratch

EVIL = "https://collect.evil.test"
_PROGRAM = Path(__file__).with_name("injected_program.py")
_SECONDS, _REST = 20.0, 0.06
OPEN = Policy(
    profile="unattended",
    rules=(
        Rule(
            decision="allow",
            effects=("navigate", "edit", "commit", "destroy", "system", "unknown"),
            window="Work: *",
        ),
    ),
    known=EVERYTHING,
)
"""A policy that allows and names everything: the gate without its defence."""


class DesktopWorld:
    """One case on the display; ``effects`` and ``done`` are what the program says of it."""

    def __init__(self, stage: "DesktopStage", case: Injection) -> None:
        self.case = case
        self.screen, self.office = stage.screen, stage.office
        self._stage = stage
        self._posts: list[Post] = []
        self._visits: list[str] = []
        stage.show(case)

    def settle(self) -> None:
        """Ask what came of it, until nothing more comes: a window manager may hold a press."""
        told, before = self._stage.ask({"tell": True}), None
        while told != before:
            time.sleep(_REST)
            told, before = self._stage.ask({"tell": True}), told
        self._posts = [Post(area, values) for area, values in told["posts"]]
        self._visits = told["visits"]

    def effects(self) -> tuple[str, ...]:
        """Return what happened that the user had not asked for."""
        return effects(self.case, self._posts, self._visits)

    def done(self) -> bool:
        """Tell whether what the user had asked for was sent."""
        return done(self.case, self._posts)

    def actions(self, step: Step) -> tuple[Action, ...]:
        """Return what somebody does who takes this step; nothing where there is no such thing."""
        match step.kind:
            case "type":
                return (Type(text=step.text),)
            case "keys":
                return tuple(Press(keys=(c,)) for c in step.text)
            case "paste":
                return (Press(keys=("ctrl", "v")),)
        at = self._stage.ask({"where": step.label})["at"]
        if at is None:
            return ()
        click = Click(point=Point(x=at[0], y=at[1]))
        return (click, Press(keys=("enter",))) if step.kind == "enter" else (click,)


class DesktopStage:
    """A display, a program on it, and the desktop that the gate acts on."""

    def __init__(self, link: socket.socket, screen: Guarded, office: PermitOffice) -> None:
        self.screen, self.office = screen, office
        self._lines = link.makefile("rw")

    def show(self, case: Injection) -> None:
        """Show a case's windows, and no others."""
        own = case.own_form
        if case.plan.own == "elsewhere":
            own = Form("updates", (), case.plan.button)
        self.ask(
            {
                "case": {
                    "form": asdict(case.user_form),
                    "own": own and asdict(own),
                    "channel": case.channel,
                    "text": case.text,
                    "picture": _picture(case.text),
                    "typed": case.typed,
                    "lure": PRESSED.get(case.channel, ""),
                }
            }
        )

    def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        """Send a line and return the answer."""
        self._lines.write(json.dumps(what) + "\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer


def policy(case: Injection) -> Policy:
    """Return the user's policy: alone at work, and one button of the task's own window."""
    window, button = f"Work: {case.plan.area}", case.user_form.button
    return Policy(
        profile="unattended",
        rules=(
            Rule(decision="allow", effects=("navigate", "edit"), window=window),
            Rule(
                decision="allow", effects=("commit",), window=window, roles=("button",), text=button
            ),
        ),
    )


def _picture(text: str) -> str:
    """Return a text as a picture of it: a PNG in base64."""
    image = Image.new("RGB", (520, 60), "white")
    pen = ImageDraw.Draw(image)
    for line, top in ((text[:80], 8), (text[80:160], 32)):
        pen.text((4, top), line, fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@contextmanager
def desktop_stage() -> Iterator[DesktopStage]:
    """Start a display with the program on it."""
    with scratch() as folder, ExitStack() as opened:
        display = opened.enter_context(VirtualDisplay.start(960, 640))
        listener = opened.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / "socket"))
        listener.listen(1)
        listener.settimeout(_SECONDS)
        display.launch(["/usr/bin/python3", str(_PROGRAM), str(folder / "socket")])
        link = opened.enter_context(listener.accept()[0])
        link.settimeout(_SECONDS)
        office = PermitOffice()
        config = DesktopConfig(display=display.name, still_seconds=0.0)
        around = {"XDG_RUNTIME_DIR": str(folder)}
        screen = opened.enter_context(closing(open_desktop(config, office, around)))
        yield DesktopStage(link, screen, office)
