"""Asking a person, in a prompt that the screen cannot spoof.

Promises
- Nothing that a page, a file or a model chose reaches the terminal except through the sanitiser, as
  plain text: no colours, no cursor movement, no markup, no second line that is not marked as one.
- Every line of foreign text that is broken carries a bar at its start, so that it cannot pose as
  a line of the prompt; what will be done and its class come last, right above the question.
- Where a link or a form leads to another address than the page's, that address is shown.
- Only the whole word ``yes`` on a complete line approves. The end of input, anything else,
  unreadable bytes and a missing terminal deny. What was typed before the question appeared is
  thrown away.
- Ctrl-C is not an answer: it passes through and ends the run.

Does not promise
- That a person reads what they approve.
- Secrecy: the prompt shows the text that would be typed.
"""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from handrail.actuators.actions import Action, digest
from handrail.actuators.base import sanitise
from handrail.actuators.observation import Element, Surface
from handrail.sandbox.destination import destinations
from handrail.sandbox.rules import EffectClass

_WIDTH, _NARROWEST = 76, 32
_BAR = "  | "
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
        lines = prompt_lines(request, _columns(self._writer))
        text = "\n".join(lines) + "\nType yes to allow it, anything else to refuse: "
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


def prompt_lines(request: ApprovalRequest, width: int = _WIDTH) -> list[str]:
    """Return the prompt, line by line, with all foreign text made harmless.

    No line of foreign text is wider than ``width`` terminal columns: a terminal that broke it would
    begin a line without a bar.
    """
    lines = ["", "Handrail asks for your permission."]
    for label, text in _facts(request):
        lines += _lines(label, text, width)
    return [
        *lines,
        f"  action: {request.action.kind} (digest {digest(request.action)[:_DIGEST]})",
        f"  effect: {request.effect.upper()}",
    ]


def _facts(request: ApprovalRequest) -> Iterator[tuple[str, str]]:
    """Yield what there is to know, each under its label."""
    where = request.surface
    yield "goal", request.goal
    yield "screen", f"{where.kind} {where.name}" + (" (started by Handrail)" * where.owned)
    if where.window.raw:
        yield "window", where.window.raw
    if where.url:
        yield "address", where.url
    if request.element is not None:
        yield "on screen it is called", f'{request.element.role} "{request.element.name.raw}"'
        for place in destinations(request.action, (request.element,), where):
            yield "leads to", place.url
    for name, value in request.action.model_dump(mode="json").items():
        if name != "kind" and value is not None:
            said = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield name, said
            if len(said) > _SHOWN:
                yield f"{name}, its end", said[-_TAIL:]
    yield "because", request.reason


def _columns(writer: TextIO) -> int:
    """Return how many columns to use: fewer on a narrow terminal, but enough for a label."""
    try:
        there = os.get_terminal_size(writer.fileno()).columns
    except (OSError, ValueError):
        return _WIDTH
    return max(_NARROWEST, min(_WIDTH, there - 1)) if there > 0 else _WIDTH


def _lines(label: str, text: str, width: int) -> Iterator[str]:
    """Yield a labelled line, and its continuations behind a bar."""
    head = f"  {label}: "
    for row in _rows(sanitise(text, _SHOWN), width, len(head)):
        yield head + row
        head = _BAR


def _rows(text: str, width: int, used: int) -> Iterator[str]:
    """Yield the text cut to rows that fit behind the label, of which ``used`` is the width."""
    row = ""
    for c in text:
        # "A": letters that terminals of some languages draw twice as wide.
        columns = 2 if unicodedata.east_asian_width(c) in "WFA" else 1
        if used + columns > width:
            yield row
            row, used = "", len(_BAR)
        row, used = row + c, used + columns
    yield row


def _forget_typed_ahead(reader: TextIO) -> None:
    """Drop input that is waiting on a terminal: it cannot be an answer to this question."""
    if sys.platform == "win32" or not reader.isatty():
        return
    import termios

    termios.tcflush(reader.fileno(), termios.TCIFLUSH)
