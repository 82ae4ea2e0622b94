"""What an attempt is: a kind, a target, and a function that tries.

Whatever gets out leaves a trace in the world, brings a secret into the copy (``leak``), or says so
itself where it would leave none (it returns True).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LEAKS = "leaks"
libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Ground:
    """What whoever tries to get out knows of the world: more than a program would."""

    home: str
    other: str
    scratch: str
    secret: str
    ports: dict[str, int] = field(default_factory=dict)
    sockets: dict[str, str] = field(default_factory=dict)
    victims: dict[str, int] = field(default_factory=dict)
    disk: int = 0

    def leak(self, name: str, content: bytes) -> None:
        """Bring something into the copy."""
        Path(self.home, LEAKS, name.replace(" ", "-")).write_bytes(content)


Try = Callable[[Ground, str], "bool | None"]


@dataclass(frozen=True)
class Attempt:
    """One attempt; ``harmless``: what it does to the world may be done, to see that it is seen."""

    kind: str
    target: str
    run: Try
    harmless: bool = False

    @property
    def name(self) -> str:
        """Return what it is called, in one word."""
        return f"{self.kind}-{self.target}"


ATTEMPTS: dict[str, Attempt] = {}


def attempt(kind: str, target: str, harmless: bool = False) -> Callable[[Try], Try]:
    """Register an attempt."""

    def register(run: Try) -> Try:
        made = Attempt(kind, target, run, harmless)
        assert made.name not in ATTEMPTS, made.name
        ATTEMPTS[made.name] = made
        return run

    return register


def syscall(number: int, *arguments: int | bytes) -> int:
    """Call the kernel. Raises OSError."""
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
