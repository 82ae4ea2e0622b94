"""Start playwright's driver: the Node.js program that speaks to browsers for us."""

import asyncio

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from handrail.actuators.errors import EnvironmentMissing

_START_SECONDS = 50.0


async def start_driver() -> Playwright:
    """Start the driver; its caller stops it. Raises EnvironmentMissing."""
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await async_playwright().start()
    except TimeoutError as error:
        raise EnvironmentMissing(
            f"playwright's driver did not answer within {_START_SECONDS:.0f} s: try again when "
            "the machine is less busy"
        ) from error
    except PlaywrightError as error:
        raise EnvironmentMissing(_explained(error)) from error
    except Exception as error:
        # A driver that ends at once is told by an error of no class of its own; no other is meant.
        if type(error) is not Exception:
            raise
        raise EnvironmentMissing(_explained(error)) from error


def _explained(error: Exception) -> str:
    said = (str(error).strip().splitlines() or ["no reason given"])[0][:300]
    return (
        f"playwright's driver does not start ({said}): on Debian and Ubuntu `apt install libatomic1"
        " libstdc++6` brings what it needs; elsewhere `python -m playwright --version` says why"
    )
