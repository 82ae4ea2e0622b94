"""Start a browser, or join one that runs."""

import asyncio
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from playwright.async_api import Browser, BrowserContext, Playwright
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_answers import Answers
from handrail.actuators.browser_config import (
    HOLD_FLAGS,
    LAUNCH_FLAGS,
    BrowserConfig,
    check_attach,
    pick_chromium,
)
from handrail.actuators.browser_driver import start_driver
from handrail.actuators.browser_files import Downloads
from handrail.actuators.browser_hold import Hold
from handrail.actuators.browser_relay import Relay, relay_flags
from handrail.actuators.browser_tabs import MOST_TABS, Tabs
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.held import RequestWarden
from handrail.actuators.xvfb import without_own

_LAUNCH_SECONDS = 60.0
_CLOSE_SECONDS = 10.0


@dataclass
class Running:
    """A browser under control; ``scale`` is None where it is the browser's own affair.

    ``hold`` and ``relay`` hold its requests and its WebSockets, where a warden was given;
    ``answers`` tells what became of those that were let go.
    """

    playwright: Playwright
    browser: Browser | None
    context: BrowserContext
    tabs: Tabs
    downloads: Downloads
    name: str
    owned: bool
    scale: float | None
    blank_size: tuple[int, int]
    hold: Hold | None = None
    relay: Relay | None = None
    answers: Answers | None = None
    closed: bool = False

    @property
    def alive(self) -> bool:
        """Tell whether the browser still runs and answers."""
        return not self.closed and (self.browser is None or self.browser.is_connected())

    def mark_closed(self, _source: object = None) -> None:
        """Note that the browser has gone."""
        self.closed = True

    async def close(self) -> None:
        """End a browser of our own; only let go of one that was attached to."""
        was_alive, self.closed = self.alive, True
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                if self.hold is not None:  # what waits would be let go where its session ends
                    await self.hold.close()
                if self.relay is not None:
                    self.relay.close()
                if self.owned and was_alive:
                    await self.context.close()
                    if self.browser is not None:
                        await self.browser.close()
        except (PlaywrightError, TimeoutError):
            pass  # it is gone already, or the end of its driver below takes it along
        await self.playwright.stop()


async def launch(config: BrowserConfig, warden: RequestWarden | None = None) -> Running:
    """Open what the settings ask for, its requests held for a warden. Raises EnvironmentMissing."""
    playwright = await start_driver()
    hold = None if warden is None else Hold(warden, refuses_workers=config.attach is None)
    relay = None if hold is None or config.attach is not None else Relay(hold.ask)
    try:
        async with asyncio.timeout(_LAUNCH_SECONDS):
            running = await _open(playwright, config, hold, relay)
    except (PlaywrightError, TimeoutError) as error:
        await _give_up(playwright, relay)
        raise EnvironmentMissing(_explain(config, error)) from error
    except BaseException:
        await _give_up(playwright, relay)
        raise
    return running


async def _give_up(playwright: Playwright, relay: Relay | None) -> None:
    if relay is not None:
        relay.close()
    await playwright.stop()


async def _open(
    playwright: Playwright, config: BrowserConfig, hold: Hold | None, relay: Relay | None
) -> Running:
    browser: Browser | None = None
    if config.attach is not None:
        browser = await playwright.chromium.connect_over_cdp(check_attach(config.attach))
        context = browser.contexts[0] if browser.contexts else await browser.new_context()
        name = f"chromium {browser.version} at {urlsplit(config.attach).netloc}"
    else:
        executable = pick_chromium(config.executable, Path(playwright.chromium.executable_path))
        flags: tuple[str, ...] = LAUNCH_FLAGS
        if relay is not None:
            flags += HOLD_FLAGS + relay_flags(*await relay.start(), getproxies())
        browser, context = await _start(playwright, config, executable, flags)
        name = f"chromium {browser.version}" if browser is not None else "chromium"
    context.set_default_timeout(30_000)
    downloads = Downloads(config.downloads_dir)
    tabs = Tabs(context, downloads, math.inf if config.attach is not None else MOST_TABS)
    await tabs.start()
    if hold is not None:
        await _hold(hold, browser, context)
    running = Running(
        playwright=playwright,
        browser=browser,
        context=context,
        tabs=tabs,
        downloads=downloads,
        name=name,
        owned=config.attach is None,
        scale=None if config.attach is not None else config.scale,
        blank_size=(round(config.width * config.scale), round(config.height * config.scale)),
        hold=hold,
        relay=relay,
        answers=None if hold is None else Answers(context),
    )
    context.on("close", running.mark_closed)
    return running


async def _hold(hold: Hold, browser: Browser | None, context: BrowserContext) -> None:
    """Hold the browser's requests, those of the tabs that there are too."""
    if browser is None:
        raise EnvironmentMissing("this browser does not let its requests be held: use another")
    await hold.start(browser)
    for page in context.pages:
        await hold.cover(page)


async def _start(
    playwright: Playwright, config: BrowserConfig, executable: Path, flags: Sequence[str]
) -> tuple[Browser | None, BrowserContext]:
    sandbox = not (hasattr(os, "geteuid") and os.geteuid() == 0)  # Chromium has none for root
    around: dict[str, str | float | bool] = {**without_own(os.environ)}
    if config.profile_dir is not None:
        context = await playwright.chromium.launch_persistent_context(
            config.profile_dir,
            executable_path=executable,
            headless=config.headless,
            args=list(flags),
            chromium_sandbox=sandbox,
            env=around,
            handle_sigint=False,  # Ctrl-C is the run's to handle: the screen outlives it
            viewport={"width": config.width, "height": config.height},
            device_scale_factor=config.scale,
            accept_downloads=config.downloads_dir is not None,
        )
        return context.browser, context
    state = _checked_state(config.storage_state)
    browser = await playwright.chromium.launch(
        executable_path=executable,
        headless=config.headless,
        args=list(flags),
        chromium_sandbox=sandbox,
        env=around,
        handle_sigint=False,
    )
    context = await browser.new_context(
        viewport={"width": config.width, "height": config.height},
        device_scale_factor=config.scale,
        accept_downloads=config.downloads_dir is not None,
        storage_state=state,
    )
    return browser, context


def _checked_state(path: Path | None) -> Path | None:
    if path is None:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EnvironmentMissing(
            f"the storage state {str(path)!r} is unreadable: {error}"
        ) from error
    if not isinstance(content, dict) or not {"cookies", "origins"} & content.keys():
        raise EnvironmentMissing(f"the file {str(path)!r} is not a playwright storage state")
    return path


def _explain(config: BrowserConfig, error: Exception) -> str:
    text = str(error)
    if config.attach is not None:
        return (
            f"no browser answers at {config.attach}: start it with --remote-debugging-port=PORT "
            "and a --user-data-dir of its own"
        )
    if "ProcessSingleton" in text or "SingletonLock" in text or "existing browser session" in text:
        return f"the profile {str(config.profile_dir)!r} is in use: close the browser that has it"
    if "Missing X server" in text or "$DISPLAY" in text:
        return "a visible browser needs a display: set DISPLAY, or run it headless"
    if "No usable sandbox" in text:
        return (
            "this system does not let Chromium build its sandbox: install chromium-sandbox, "
            "or allow unprivileged user namespaces"
        )
    if isinstance(error, TimeoutError):
        return f"the browser did not start within {_LAUNCH_SECONDS:.0f} s"
    return f"the browser did not start: {text.strip().splitlines()[0][:300]}"
