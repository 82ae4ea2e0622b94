"""What can be rehearsed on: each ground has its own options, and makes its own copy."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from handrail.tasks.rehearse_browser import BrowserGround
from handrail.tasks.rehearse_desktop import DesktopGround

if TYPE_CHECKING:
    from handrail.tasks.rehearse import CopyTarget


class Ground(Protocol):
    """A kind of copy, chosen with ``--on``; it imports what is heavy only when it is used."""

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options that go with this ground alone, as argparse names them."""
        ...

    def add_options(self, group: argparse._ArgumentGroup) -> None:
        """Add its options."""
        ...

    def target(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> "CopyTarget":
        """Return the copy that the options ask for. Raises UsageError."""
        ...


GROUNDS: Final[dict[str, Ground]] = {
    "browser": BrowserGround(),
    "desktop": DesktopGround(),
}
