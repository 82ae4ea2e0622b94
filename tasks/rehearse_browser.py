"""Rehearse in a browser: one of our own in the state of another, where nothing is sent."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.errors import UsageError

if TYPE_CHECKING:
    from handrail.tasks.rehearse import CopyTarget


class BrowserGround:
    """``--on browser``."""

    options = (
        "url", "headed", "browser", "storage_state", "profile_dir", "attach", "volatile",
    )  # fmt: skip

    def add_options(self, group: argparse._ArgumentGroup) -> None:
        """Add the address and the state to start from."""
        group.add_argument("--url", help="the address to start at")
        group.add_argument("--headed", action="store_true", help="show the browser's window")
        add_browser(group)
        group.add_argument(
            "--storage-state", type=Path, metavar="FILE", help="cookies and storage to start with"
        )
        group.add_argument(
            "--profile-dir", type=Path, metavar="DIR", help="a browser profile to copy"
        )
        group.add_argument("--attach", metavar="CDP_URL", help="a browser that runs, to copy")
        group.add_argument(
            "--volatile",
            action="append",
            metavar="FIELD",
            help="a form field or a parameter that has another value each time, such as the token "
            "of a form: a commit does not compare it; may be given several times",
        )

    def target(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> "CopyTarget":
        """Return the browser's copy. Raises UsageError."""
        from handrail.actuators.browser import BrowserConfig
        from handrail.tasks.browser_copy import CopyOfBrowser

        if not (arguments.url or arguments.attach):
            raise UsageError("--on browser needs --url (or --attach)")
        program = arguments.browser
        if not arguments.attach:  # an attached browser has its own, whatever the environment sets
            program = chosen_browser(program, environ)
        try:
            config = BrowserConfig(
                executable=program,
                headless=not arguments.headed,
                storage_state=arguments.storage_state and arguments.storage_state.absolute(),
                profile_dir=arguments.profile_dir and arguments.profile_dir.absolute(),
                attach=arguments.attach,
            )
        except ValueError as error:
            raise UsageError(str(error)) from error
        return CopyOfBrowser(arguments.url, config, tuple(arguments.volatile or ()))
