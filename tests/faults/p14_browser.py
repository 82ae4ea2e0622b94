"""P14 in a browser: a page that shows a secret in all its ways is never shown with it.

Each case is run with two secrets of one length, on a page in which all letters are equally wide:
the pictures that are kept must be the same, pixel by pixel, and no file may hold a value.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

from handrail.actuators.actions import Action, Click, Terminate, Type, Wait
from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser
from handrail.actuators.geometry import Point
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.agent.budget import Budget
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.secret_sources import EnvironmentSecrets, variable
from handrail.tasks.run import Crew, PolicyChoice, RunRequest, run
from tests.faults.canaries import found_below
from tests.faults.secret_screen import Plain
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import Web, web

_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789&/%+="
_WAYS = {
    "text": "p.textContent = s",
    "split": "p.innerHTML = [...s].map(c => `<b>${c.replace('&', '&amp;')}</b>`).join('')",
    "title": "document.title = `hello ${s}`",
    "address": "location.hash = encodeURIComponent(s)",
    "reveal": "f.type = 'text'",
    "button": "b.textContent = s",
    "copy": "g.value = s",
    "shadow": "d.attachShadow({mode: 'closed'}).textContent = s",
    "hint": "f.value = ''; f.placeholder = s",
}
_SHOWN = ("text", "split", "reveal", "button", "copy", "shadow", "hint")
_PAGE = """<!doctype html><title>page</title><style>
* { font: 16px monospace; margin: 0; caret-color: transparent } body { height: 400px }
input, button, p, div { position: absolute; left: 20px; width: 400px; height: 30px }
input { top: 20px } input + input { top: 70px } p { top: 170px }
button { top: 120px; border: 0; background: #ddd; color: #000 }
div { top: 220px }</style>
<input type=password><input><button>Go</button><p></p><div></div><script>
const [f, g] = document.querySelectorAll('input'), [b, p, d] =
  ['button', 'p', 'div'].map(one => document.querySelector(one));
b.onclick = () => { const s = f.value; WAYS };</script>"""
_FIELD, _BUTTON = Point(x=100, y=35), Point(x=100, y=135)
_POLICY = Policy(profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),))
_BUDGET = Budget(steps=12, seconds=120, calls=24)


@dataclass(frozen=True)
class _Shared:
    """The suite's browser as the place of one run, which does not close it.

    Without the defence it keeps the secrets that it types out of nothing.
    """

    browser: Browser
    defended: bool

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Begin a session of its own in the browser."""
        given = secrets if self.defended else Plain(secrets)
        yield Browser(self.browser._thread, self.browser._running, verifier, given)

    def described(self) -> str:
        """Return its kind."""
        return "browser"


def _pictures(folder: Path) -> list[bytes]:
    """Return the pixels of every kept frame, in an order that does not tell their names."""
    found: list[bytes] = []
    for file in folder.rglob("*.webp"):
        with Image.open(file) as frame:
            found.append(frame.convert("RGB").tobytes())
    return sorted(found)


def _run(stage: Web, ways: tuple[str, ...], value: str, folder: Path, defended: bool) -> str:
    """Run a case, and return how it ended where that was not well."""
    stage.show(_PAGE.replace("WAYS", ";".join(_WAYS[way] for way in ways)))
    named = Type(text="{{secret:used}}")
    steps: list[Action] = [Click(point=_FIELD), named, Click(point=_BUTTON), Wait(seconds=0.1)]
    request = RunRequest(
        "type {{secret:used}}",
        _Shared(stage.browser, defended),
        policy=PolicyChoice(grants=_POLICY),
        budget=_BUDGET,
        runs_folder=folder,
        secrets=EnvironmentSecrets({variable("used"): value}),
    )
    puppet = Puppet([*steps, Terminate(status="success")])
    end = run(request, Crew(puppet, ScriptedApprover()))
    return "" if end.result.kind == "success" else f"ended {end.result.kind}: {end.result.reason}"


def _in_browser(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder, web() as stage:
        for number, random in seeds("P14 browser", 4 * count, seed):
            shown = random.choice(_SHOWN)
            others = random.sample(sorted(set(_WAYS) - {shown}), random.randint(1, 3))
            ways = (shown, *others)
            if not tally.new(ways):
                continue
            for what in _leaks(stage, ways, random, folder / f"{number}", defended):
                tally.fail(" ".join(ways), what)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _leaks(
    stage: Web, ways: tuple[str, ...], random: Random, folder: Path, defended: bool
) -> list[str]:
    """Run a case with two secrets, and tell what gives them away."""
    leaks: list[str] = []
    shown: list[list[bytes]] = []
    for name in ("one", "two"):
        value = "".join(random.choices(_LETTERS, k=14))
        place = folder / name
        leaks.append(_run(stage, ways, value, place, defended))
        leaks.append(found_below(place, (value,)))
        shown.append(_pictures(place))
    if shown[0] != shown[1]:
        leaks.append("the pictures that the model is shown and the run keeps depend on the secret")
    return [leak for leak in leaks if leak]


SUITES = (
    Suite(
        "P14 browser",
        "A page that shows a secret it was given is masked there, and told of without it",
        ("browser",),
        Counts(test=1, faults=1, full=40, undefended=1),
        30,
        _in_browser,
    ),
)
