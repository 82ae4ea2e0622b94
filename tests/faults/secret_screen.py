"""A screen that does its best to give a secret away, and what watches who is shown it."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageChops
from pydantic import SecretStr

from handrail.actuators.actions import Action
from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.censor import Censor
from handrail.actuators.errors import ActionInDoubt, ActionRefused
from handrail.actuators.fake import Button, Caption, FakeScreen, Field
from handrail.actuators.fake_veil import WidgetVeil
from handrail.actuators.fake_widgets import Widget
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.masking import cover
from handrail.actuators.observation import Element, Observation, ScreenText, Surface
from handrail.agent.history import Step
from handrail.agent.prompt import messages
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.agent.result import Result
from handrail.model.messages import TextPart
from handrail.sandbox.records import Alert
from tests.faults.canaries import crash_dump, found_in
from tests.faults.stage import box

SIZE = ScreenGeometry(width=320, height=200)
ORIGIN = "https://site.test"
USER, PASSWORD, COMMENT = box(5, 5, 300), box(5, 35, 300), box(5, 65, 300)
ECHO, SHOW = box(5, 100, 310), box(5, 130, 90)
_BREAKS: dict[str, type[Exception]] = {
    "bug": RuntimeError, "doubt": ActionInDoubt, "refusal": ActionRefused,
}  # fmt: skip
_SURFACE = Surface("fake", "fake", window=ScreenText("Sign in"), url=f"{ORIGIN}/login")


class TellingScreen(FakeScreen):
    """Repeats a secret: in a caption, its title, its address, its errors while it is typed.

    ``breaks``: how it fails, once, in the middle of it.
    """

    def __init__(self, verifier: PermitVerifier, breaks: str, secret: str) -> None:
        widgets: list[Widget] = [
            Field("User", USER),
            Field("Password", PASSWORD, secret=True),
            Field("Comment", COMMENT),
            Caption("nothing yet", ECHO),
            Button("Show", SHOW, on_press=self.show),
        ]
        super().__init__(verifier, widgets, SIZE, _SURFACE)
        self.breaks = breaks
        self.secret = secret

    @property
    def texts(self) -> list[str]:
        """Return what stands in the fields."""
        return [w.text for w in self.widgets if isinstance(w, Field)]

    def show(self) -> None:
        """Give it away in many ways."""
        text = self.secret if any(self.secret in held for held in self.texts) else "nothing"
        next(w for w in self.widgets if isinstance(w, Button)).name = f"Show {text}"
        next(w for w in self.widgets if isinstance(w, Caption)).name = f"You said {text}"
        coded = base64.b64encode(f"user:{text}".encode()).decode()
        title = ScreenText(f"{json.dumps(text)} {coded}")
        url = f"{ORIGIN}/welcome?password={quote(text)}&auth={quote(coded)}"
        self.surface = replace(self.surface, window=title, url=url)

    def _type(self, character: str) -> None:
        super()._type(character)
        part = self.secret[:6]
        if self.breaks and any(part in text for text in self.texts):
            kind, self.breaks = _BREAKS[self.breaks], ""
            raise kind(f"the keyboard went away after {part!r} of {self.secret!r}")


class Plain:
    """Resolves secrets, and keeps them out of nothing."""

    def __init__(self, other: SecretResolver) -> None:
        self.censor = Censor()
        self._other = other

    def resolve(self, name: str, element: Element | None, surface: Surface) -> SecretStr:
        """Ask the other."""
        return self._other.resolve(name, element, surface)


class UnmaskedScreen(TellingScreen):
    """The same without the defence: it knows no secret, wherever it may show."""

    def observe(self) -> Observation:
        """Show everything."""
        self.secrets = self.secrets if isinstance(self.secrets, Plain) else Plain(self.secrets)
        self._veil = WidgetVeil()
        return super().observe()


class Watcher(Puppet):
    """A proposer and a listener that notes each time that it is shown a secret.

    ``secrets``: values that nobody may be shown; ``clear``: one that the proposer itself types, and
    that is kept out of what is told of the run.
    """

    screen: TellingScreen

    def __init__(self, replies: Sequence[Action | str], secrets: Sequence[str], clear: str) -> None:
        super().__init__(self._broken(replies))
        self._secrets, self._clear = secrets, clear
        self.leaks: list[str] = []
        self.looks: dict[str, Observation] = {}

    def _broken(self, replies: Sequence[Action | str]) -> Iterator[Action | str]:
        for reply in replies:
            if reply == "CRASH":
                raise RuntimeError("a defect of the proposer")
            yield reply

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Read the prompt that a model would be given, and say the next reply."""
        for message in messages(goal, history, observation):
            for part in message.content:
                if isinstance(part, TextPart):
                    self.read("the prompt", part.text)
        self.look(observation)
        return super().propose(goal, history, observation)

    def looked(self, number: int, observation: Observation) -> None:
        """Look at what is kept."""
        self.looks[f"{observation.fingerprint[:24]}.webp"] = observation
        self.look(observation)

    def stepped(self, step: Step) -> None:
        """Read what a listener is told."""
        self.read("a step", repr(step), self._clear)

    def alerted(self, alert: Alert) -> None:
        """Read what an alert says."""
        self.read("an alert", alert.reason)

    def ended(self, result: Result) -> None:
        """Read how it ended."""
        self.read("the result", repr(result), self._clear)

    def read(self, where: str, text: str, *more: str) -> None:
        """Note a leak where a text holds a value."""
        data = text.encode("utf-8", "backslashreplace")
        if form := found_in(data, (*self._secrets, *more)):
            self.leaks.append(f"{where}: {form}")

    def read_crash(self, error: BaseException) -> None:
        """Read all that a crash reporter would send of the product: its frames and their locals."""
        self.read("a crash dump", crash_dump(error))

    def check_frames(self, folder: Path) -> None:
        """Note a kept frame that is not a picture that was looked at, pixel by pixel."""
        for file in folder.rglob("*.webp"):
            with Image.open(file) as kept:
                seen = self.looks.get(file.name)
                if seen is None or _differ(kept.convert("RGB"), seen.image):
                    self.leaks.append(f"{file.name} is another picture")

    def look(self, observation: Observation) -> None:
        """Note a place that holds a value and is not covered as every secret is."""
        told = observation.surface
        self.read("the surface", f"{told.window.raw} {told.url}")
        for widget in self.screen.widgets:
            held = widget.name + (widget.text if isinstance(widget, Field) else "")
            shown = any(value in held for value in self._secrets)
            if shown and not is_covered(observation, widget):
                self.leaks.append(f"the picture shows a {widget.role}")


def is_covered(observation: Observation, widget: Widget) -> bool:
    """Tell whether a widget is covered as every secret is."""
    place = widget.box
    shown = observation.image.crop((place.left, place.top, place.right, place.bottom))
    return not _differ(shown, cover(*shown.size))


def _differ(one: Image.Image, other: Image.Image) -> bool:
    return one.size != other.size or ImageChops.difference(one, other).getbbox() is not None
