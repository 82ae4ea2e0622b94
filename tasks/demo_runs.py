"""The runs of the demo: two bundled pages in Chromium, a text editor on a display of its own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay
from handrail.agent.budget import Budget
from handrail.agent.errors import Stopped
from handrail.agent.listener import Listener
from handrail.agent.proposer import Proposer
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.policy import load_policy
from handrail.tasks.checking import Checks
from handrail.tasks.checks import FileCheck
from handrail.tasks.demo_oracle import PageOracle, note_oracle
from handrail.tasks.private_home import private_home
from handrail.tasks.run import Crew, RunEnd, run
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_target import BrowserTarget, Target
from handrail.tasks.sites.goals import NoteGoal, PageGoal
from handrail.tasks.sites.server import Site

BUDGET = Budget(steps=16, seconds=600.0, calls=32)
_WIDTH, _HEIGHT = 1280, 800
_WINDOW_SECONDS = 60.0


@dataclass(frozen=True)
class Player:
    """Who decides: a loaded model, or (``proposer`` None) an oracle that knows the answers.

    ``patience``: the seconds that a wanted state may come late, after the end of a run;
    ``browser``: the Chromium to use, by default one that is found; ``stop``: ends it all.
    """

    proposer: Proposer | None
    model: ModelChoice
    view: Callable[[str], Listener]
    runs_folder: Path | None = None
    patience: float = 5.0
    browser: Path | None = None
    stop: StopSwitch = field(default_factory=StopSwitch)


@dataclass(frozen=True)
class Checked:
    """A run that has ended, and in which ways the world is not as its goal wanted it."""

    name: str
    goal: str
    end: RunEnd
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Tell whether the goal is reached, by the state of the page or the file."""
        return not self.problems


@dataclass(frozen=True)
class Round:
    """The three runs of one seed."""

    seed: int
    checks: tuple[Checked, ...]

    @property
    def good(self) -> bool:
        """Tell whether all three goals were reached."""
        return all(check.good for check in self.checks)


def play_page(player: Player, site: Site, goal: PageGoal, url: str) -> Checked:
    """Let the player do a goal on a page that the site serves, and check the page's state.

    Raises Stopped.
    """
    oracle = PageOracle(site, goal)
    config = BrowserConfig(executable=player.browser)
    end = _run(player, goal.text, BrowserTarget(url, config), oracle)
    with player.stop.interruptible():
        return Checked(goal.plan.name, goal.text, end, site.problems(goal, player.patience))


def play_note(player: Player, goal: NoteGoal) -> Checked:
    """Let the player write and save a file in mousepad, and check the file's bytes.

    Raises EnvironmentMissing where Xvfb or mousepad is not installed, and Stopped.
    """
    program = shutil.which("mousepad")
    if program is None:
        raise EnvironmentMissing("mousepad is not installed: apt install mousepad")
    with tempfile.TemporaryDirectory(prefix="handrail-demo-") as name, ExitStack() as opened:
        file = Path(name) / "note.txt"
        file.write_bytes(goal.before)
        with player.stop.interruptible():
            display = opened.enter_context(VirtualDisplay.start(_WIDTH, _HEIGHT))
            display.launch([program, "--disable-server", str(file)], private_home(Path(name)))
            display.wait_for_window(file.name, _WINDOW_SECONDS)
        end = _run(player, goal.text, _OwnedDisplay(display), note_oracle(goal))
        with player.stop.interruptible():
            return Checked("note", goal.text, end, _note_problems(file, goal, player.patience))


@dataclass(frozen=True)
class _OwnedDisplay:
    """A display that the demo started, with its program on it already."""

    display: VirtualDisplay

    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> AbstractContextManager[Guarded]:
        """Open the display, and wait until the program has drawn itself."""
        return self._opened(verifier, secrets)

    @contextmanager
    def _opened(self, verifier: PermitVerifier, secrets: SecretResolver) -> Iterator[Guarded]:
        config = DesktopConfig(virtual=self.display)
        with closing(open_desktop(config, verifier, secrets=secrets)) as screen:
            Watch(screen.observe, quiet=0.6, limit=_WINDOW_SECONDS).settled()
            yield screen

    def described(self) -> str:
        """Return the display's name."""
        return f"desktop {self.display.name}: mousepad"


def _run(player: Player, goal: str, target: Target, oracle: Proposer) -> RunEnd:
    with as_file(files("handrail.tasks.sites") / "policy.toml") as policy:
        request = RunRequest(
            goal=goal,
            target=target,
            model=player.model,
            policy=PolicyChoice(grants=load_policy(policy)),
            budget=BUDGET,
            runs_folder=player.runs_folder,
        )
        crew = Crew(player.proposer or oracle, listener=player.view(goal), stop=player.stop)
        end = run(request, crew)
    if end.result.kind == "stopped":
        raise Stopped(end.result.reason)
    return end


def _note_problems(file: Path, goal: NoteGoal, patience: float) -> tuple[str, ...]:
    """Compare the file with what is wanted, giving the program a while to write it."""
    wanted = FileCheck(file, "is", goal.after.decode())
    made = Checks((wanted,), patience=patience).checked()
    return tuple(f"{one.check}: {one.problem}" for one in made if one.problem)
