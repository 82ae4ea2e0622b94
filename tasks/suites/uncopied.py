"""No copy at all, in place of one: what shows that a suite of rehearsals can fail."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.tasks.run_target import start_shown
from handrail.tasks.runs import RunFolder


@dataclass(frozen=True)
class Uncopied:
    """A program that works in the home itself, and is said to work in a copy."""

    app: tuple[str, ...]
    home: Path
    cwd: Path

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Start the program on a display of its own."""
        command = ["env", "-C", str(self.cwd), *self.app]
        with VirtualDisplay.start(1280, 800) as display:
            config = DesktopConfig(virtual=display)
            with closing(open_desktop(config, verifier, secrets=secrets)) as screen:
                around = {"HOME": str(self.home), "PATH": os.environ.get("PATH", os.defpath)}
                start_shown(command, screen, lambda told: display.launch(told, around))
                yield screen

    def found(self, folder: RunFolder) -> Consequences:
        """Tell of nothing."""
        return Consequences()

    def gave_up(self, reason: str) -> None:
        """Keep nothing: nothing was kept."""

    def described(self) -> str:
        """Return the program."""
        return f"no copy: {' '.join(self.app)}"
