"""Asking a person, in a prompt that the screen cannot spoof.

Promises
- Nothing that a page, a file or a model chose reaches the terminal except through the sanitiser, as
  plain text: no colours, no cursor movement, no markup, no second line that is not marked as one.
- Every line of foreign text that is broken carries a bar at its start, so that it cannot pose as
  a line of the prompt; what will be done and its class come last, right above the question.
- Only the whole word ``yes`` on a complete line approves. The end of input, anything else,
  unreadable bytes and a missing terminal deny. What was typed before the question appeared is
  thrown away.
- Ctrl-C is not an answer: it passes through and ends the run.

Does not promise
- That a person reads what they approve.
- Secrecy: the prompt shows the text that would be typed.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from handrail.actuators.actions import Action, digest
from handrail.actuators.base import sanitise
from handrail.actuators.observation import Element, Surface
from handrail.sandbox.rules import EffectClass

_WIDTH = 76
_SHOWN = 600
_TAIL = 200
_DIGEST = 12


@dataclass(frozen=True)
class ApprovalRequest:
    """What a person is asked: the user's own goal, the typed action, and where it would happen.

    ``reason`` is the policy's. ``element`` is what the screen says lies under the point; its
    words are the screen's own. The model's thoughts are left out: they are no argument.
    """

    goal: str
    action: Action
    effect: EffectClass
    surface: Surface
    reason: str
    element: Element | None = None


class Approver(Protocol):
    """Someone who may say yes."""

    def ask(self, request: ApprovalRequest) -> bool:
        """Return True only where this very action was approved."""
        ...


class DenyAll:
    """The approver of a run without a terminal: nobody is there, so nobody approved."""

    def ask(self, request: ApprovalRequest) -> bool:
        """Return False."""
        return False


class ScriptedApprover:
    """Answers from a list, in order, and no once it is used up; remembers what it was asked."""

    def __init__(self, answers: Iterable[bool] = ()) -> None:
        self._answers = iter(answers)
        self.requests: list[ApprovalRequest] = []

    def ask(self, request: ApprovalRequest) -> bool:
        """Return the next answer of the script."""
        self.requests.append(request)
        return next(self._answers, False)


class TerminalApprover:
    """Asks on a terminal, given as the streams to read from and to write to."""

    def __init__(self, reader: TextIO, writer: TextIO) -> None:
        self._reader = reader
        self._writer = writer

    def ask(self, request: ApprovalRequest) -> bool:
        """Show the request and wait for a line; KeyboardInterrupt passes through."""
        encoding = self._writer.encoding or "utf-8"
        text = (
            "\n".join(prompt_lines(request)) + "\nType yes to allow it, anything else to refuse: "
        )
        try:
            _forget_typed_ahead(self._reader)
            self._writer.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._writer.flush()
            # The whole line, however long: a rest would be the answer to the next question.
            answer = self._reader.readline()
        except (OSError, UnicodeDecodeError):
            # A terminal that went away, or sent what is not text, has not said yes.
            return False
        return answer.endswith("\n") and answer.strip().lower() == "yes"

    def close(self) -> None:
        """Close both streams."""
        self._reader.close()
        self._writer.close()


def open_terminal(path: Path = Path("/dev/tty")) -> Approver:
    """Return an approver on the process's own terminal, or DenyAll where there is none."""
    try:
        reader = path.open(encoding="utf-8")
        writer = path.open("w", encoding="utf-8")
    except OSError:
        return DenyAll()
    return TerminalApprover(reader, writer)


def prompt_lines(request: ApprovalRequest) -> list[str]:
    """Return the prompt, line by line, with all foreign text made harmless."""
    where = request.surface
    lines = ["", "Handrail asks for your permission.", *_lines("goal", request.goal)]
    lines += _lines(
        "screen", f"{where.kind} {where.name}" + (" (started by Handrail)" * where.owned)
    )
    lines += _lines("window", where.window.raw) if where.window.raw else []
    lines += _lines("address", where.url) if where.url else []
    if request.element is not None:
        named = f'{request.element.role} "{request.element.name.raw}"'
        lines += _lines("on screen it is called", named)
    for name, value in request.action.model_dump(mode="json").items():
        if name != "kind" and value is not None:
            said = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            lines += _lines(name, said)
            if len(said) > _SHOWN:
                lines += _lines(f"{name}, its end", said[-_TAIL:])
    lines += _lines("because", request.reason)
    return [
        *lines,
        f"  action: {request.action.kind} (digest {digest(request.action)[:_DIGEST]})",
        f"  effect: {request.effect.upper()}",
    ]


def _lines(label: str, text: str) -> Iterator[str]:
    """Yield a labelled line, and its continuations behind a bar."""
    head = f"  {label}: "
    for row in _rows(sanitise(text, _SHOWN), _WIDTH - len(head)):
        yield head + row
        head = "  | "


def _rows(text: str, width: int) -> Iterator[str]:
    """Yield the text cut to rows of at most ``width`` terminal columns."""
    row, used = "", 0
    for c in text:
        columns = 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if used + columns > width:
            yield row
            row, used = "", 0
        row, used = row + c, used + columns
    yield row


def _forget_typed_ahead(reader: TextIO) -> None:
    """Drop input that is waiting on a terminal: it cannot be an answer to this question."""
    if sys.platform == "win32" or not reader.isatty():
        return
    import termios

    termios.tcflush(reader.fileno(), termios.TCIFLUSH)
