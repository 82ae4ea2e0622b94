"""Print to people: every line through the sanitiser, whatever it quotes."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from handrail.actuators.base import sanitise

_LINE = 2_000


def say(message: str) -> None:
    """Print a message on stdout; each of its lines is made harmless."""
    _print(message, "", sys.stdout)


def tell(message: str) -> None:
    """Print how far something is, on stderr; each of its lines is made harmless."""
    _print(message, "", sys.stderr)


def complain(message: str) -> None:
    """Print an error's message on stderr; each of its lines says who complains."""
    _print(message, "handrail: ", sys.stderr)


class Complaining(logging.Handler):
    """Shows the warnings of Handrail's own logs as complaints."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one; where nobody can read it, it is lost."""
        with suppress(OSError, ValueError):  # the stream may be full, or closed already
            complain(record.getMessage())


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show Handrail's warnings while a command runs."""
    log, handler = logging.getLogger("handrail"), Complaining(logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


@contextmanager
def unsaid(name: str) -> Iterator[None]:
    """Show no warnings of the log of this name during the block: something else shows them."""

    def other(record: logging.LogRecord) -> bool:
        return record.name != name

    shown = [h for h in logging.getLogger("handrail").handlers if isinstance(h, Complaining)]
    for handler in shown:
        handler.addFilter(other)
    try:
        yield
    finally:
        for handler in shown:
            handler.removeFilter(other)


def encode_what_can_be(*streams: TextIO) -> None:
    """Let streams write escapes for characters that their encoding lacks, instead of failing."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say_nothing_more(stream: TextIO) -> None:
    """Send what is still to be printed on a stream nowhere: whoever read it has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def _print(message: str, head: str, stream: TextIO) -> None:
    for line in message.splitlines() or [""]:
        print(f"{head}{sanitise(line, _LINE)}", file=stream)
