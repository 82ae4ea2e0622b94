"""Where a run happens: a browser, a desktop, or a screen in memory; each opens its own surface."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_words import without_user
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.fake import FakeScreen
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay, without_own
from handrail.agent.stability import Watch

Start = Callable[[list[str]], "subprocess.Popen[bytes]"]
"""Starts a program on the screen that is looked at."""
_APP_SECONDS = 60.0
_APP_QUIET = 0.6


class Target(Protocol):
    """Opens the surface that a run works on."""

    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> AbstractContextManager[Guarded]:
        """Open the surface; leaving the context closes what was opened.

        A browser's requests wait for the ``warden``, where there is one.

        Raises EnvironmentMissing, Unreachable.
        """
        ...

    def described(self) -> str:
        """Return one line that says where the run happens."""
        ...


@dataclass(frozen=True)
class BrowserTarget:
    """A Chromium browser at an address; an attached one may stay where it is."""

    url: str | None
    config: BrowserConfig = field(default_factory=BrowserConfig)

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Open the browser at its address; downloads go to the run's folder."""
        config = self.config
        if config.downloads_dir is None:
            try:
                downloads.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise EnvironmentMissing(f"cannot make {downloads}: {error.strerror}") from error
            config = replace(config, downloads_dir=downloads)
        with Browser.open(config, verifier, secrets, warden) as browser:
            if self.url is not None:
                browser.goto(self.url)
            yield browser

    def described(self) -> str:
        """Return the address, without a user's name and password in it."""
        return f"browser {without_user(self.url or self.config.attach or '')}"


@dataclass(frozen=True)
class DesktopTarget:
    """A desktop, and perhaps a program on it.

    Without a ``display`` a program gets a display of its own, of ``size``, which ends with the run.
    On a display that was there before, the program is left running.
    """

    display: str | None = None
    app: tuple[str, ...] = ()
    monitor: int | None = None
    window: str | None = None
    size: tuple[int, int] = (1280, 800)

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Open the desktop, and wait until the program shows itself."""
        with ExitStack() as stack:
            virtual = None
            if self.app and self.display is None:
                virtual = stack.enter_context(VirtualDisplay.start(*self.size))
            # A window that is chosen by its title must be there before the desktop is opened.
            whole = DesktopConfig(display=self.display, monitor=self.monitor, virtual=virtual)
            if self.app:
                with closing(open_desktop(whole, verifier, secrets=secrets)) as screen:
                    start_shown(list(self.app), screen, self._start(virtual))
            if virtual is not None and self.window is not None:
                virtual.wait_for_window(self.window, _APP_SECONDS)
            config = replace(whole, window=self.window)
            yield stack.enter_context(closing(open_desktop(config, verifier, secrets=secrets)))

    def _start(self, virtual: VirtualDisplay | None) -> Start:
        if virtual is not None:
            return virtual.launch
        return partial(_launched, display=self.display)

    def described(self) -> str:
        """Return the display and the program."""
        place = self.display or ("a display of its own" if self.app else "the user's display")
        return f"desktop {place}" + (f": {' '.join(self.app)}" if self.app else "")


@dataclass(frozen=True)
class FakeTarget:
    """A screen in memory, built around the verifier."""

    build: Callable[[PermitVerifier], FakeScreen]

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Build the screen."""
        with closing(self.build(verifier)) as screen:
            screen.secrets = secrets
            yield screen

    def described(self) -> str:
        """Return its kind."""
        return "fake screen"


def start_shown(command: list[str], screen: Guarded, start: Start) -> None:
    """Start a program and wait until it has drawn something and stands still.

    Raises EnvironmentMissing.
    """
    before = Watch(screen.observe).settled().fingerprint
    process = start(command)
    watch = Watch(screen.observe, quiet=_APP_QUIET, limit=_APP_SECONDS)
    deadline = watch.now() + _APP_SECONDS
    while watch.settled().fingerprint == before:
        code = process.poll()
        if code is not None:
            raise EnvironmentMissing(
                f"{command[0]} ended with exit code {code} before it showed anything: "
                "run it by hand to see what it says"
            )
        if watch.now() >= deadline:
            raise EnvironmentMissing(
                f"{command[0]} showed nothing in {_APP_SECONDS:g} s: does it open a window?"
            )


def _launched(command: list[str], display: str | None) -> subprocess.Popen[bytes]:
    """Start a program on a display that was there before us; it may outlive the run."""
    around = without_own(os.environ) | ({} if display is None else {"DISPLAY": display})
    try:
        return subprocess.Popen(
            command,
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentMissing(
            f"{command[0]} does not start: {error.strerror}; is it installed?"
        ) from error
