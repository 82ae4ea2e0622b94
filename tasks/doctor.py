"""Look at this machine: what is there, what is missing, and whether hands and model work."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handrail.actuators.errors import ActuatorError, EnvironmentMissing
from handrail.model.errors import ModelError
from handrail.model.kernels import native
from handrail.sandbox.errors import SandboxError
from handrail.tasks.doctor_access import accessibility
from handrail.tasks.doctor_copies import copies
from handrail.tasks.doctor_hands import try_browser, try_desktop
from handrail.tasks.errors import TaskError
from handrail.tasks.run_versions import versions

Health = Literal["ok", "missing", "broken"]
_SIZES = ((1280, 800), (1920, 1080), (3840, 2160))


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ``missing`` is no harm by itself, ``broken`` is."""

    name: str
    health: Health
    words: str


@dataclass(frozen=True)
class Machine:
    """What to look at: the environment, a model's name, perhaps a browser, a folder to work in."""

    environ: Mapping[str, str]
    model: str
    browser: Path | None
    workspace: Path


def examine(machine: Machine) -> Iterator[Finding]:
    """Yield the findings one by one, as each is ready."""
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    yield Finding("versions", "ok", told)
    yield Finding("kernels", "ok" if native.ways() else "missing", native.described())
    yield _display(machine.environ)
    folder = machine.workspace
    desktop = _checked("desktop", "missing", lambda: try_desktop(folder))
    yield desktop
    yield _checked("accessibility", "missing", lambda: accessibility(machine.environ))
    yield _checked("rehearsal", "missing", lambda: copies(folder))
    browser = _checked("browser", "missing", lambda: try_browser(folder, machine.browser))
    yield browser
    if desktop.health == browser.health == "missing":
        yield Finding("hands", "broken", "neither a desktop nor a browser can be worked")
    yield _checked("model", "broken", lambda: _model(machine))


def _checked(name: str, without: Health, look: Callable[[], str]) -> Finding:
    """Return what a look says; an error of the environment is ``without``, any other is broken."""
    try:
        return Finding(name, "ok", look())
    except EnvironmentMissing as error:
        return Finding(name, without, str(error))
    except (ActuatorError, SandboxError, ModelError, TaskError) as error:
        return Finding(name, "broken", str(error))


def _display(environ: Mapping[str, str]) -> Finding:
    if sys.platform in ("win32", "darwin"):
        return Finding("display", "ok", "the user's own")
    if environ.get("XDG_SESSION_TYPE") == "wayland" or environ.get("WAYLAND_DISPLAY"):
        return Finding("display", "missing", "a Wayland session: only displays of Handrail's own")
    own = environ.get("DISPLAY", "")
    virtual = shutil.which("Xvfb") or ""
    words = f"DISPLAY {own or 'is not set'}; Xvfb {virtual or 'is not installed'}"
    return Finding("display", "ok" if own or virtual else "missing", words)


def _model(machine: Machine) -> str:
    from handrail.model.grounder import open_engine
    from handrail.tasks.run_model import model_folder

    folder = model_folder(machine.model)
    engine = open_engine(folder)
    tokens = ", ".join(
        f"{width}x{height}: {engine.visual_tokens(width, height)}" for width, height in _SIZES
    )
    kind = str(engine.dtype).removeprefix("torch.")
    return f"{folder} loads as {kind} on {engine.device}; visual tokens {tokens}"
