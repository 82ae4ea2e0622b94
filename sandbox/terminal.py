"""Asking on a terminal, in a prompt that the screen cannot spoof (its text: ``prompt.py``).

Promises
- Only a whole word on a complete line answers: ``yes``, ``kind``, ``edit``, ``take over``,
  ``stop``, each where it is offered. The end of input, anything else, and unreadable bytes deny.
- What was typed before the question appeared is thrown away; the whole line is read, however long.
- A question that was answered elsewhere, or that ran out of time, is left as soon as it is.
- While a person has the screen, only ``done`` hands it back; ``stop`` and a terminal that went
  away end the run.
- Ctrl-C is not an answer: it passes through and ends the run.

Does not promise
- That new text for an action is hidden while it is typed.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TextIO

from handrail.sandbox.approval import DENY, KIND, ONCE, STOP, TAKE_OVER, ApprovalAnswer
from handrail.sandbox.editing import editable, edited
from handrail.sandbox.errors import AnswerRefused
from handrail.sandbox.prompt import NARROWEST, WIDTH, prompt_lines, question_line
from handrail.sandbox.question import Pending, Question, Takeover

_LONGEST = 64 * 1024  # of a line: a terminal's own limit is 4 KiB
_WORDS: dict[str, ApprovalAnswer] = {
    "yes": ONCE, "kind": KIND, "take over": TAKE_OVER, "stop": STOP,
}  # fmt: skip
_LENT = (
    "\nThe screen is yours: Handrail looks at nothing and keeps nothing until you hand it back.\n"
    "Type done to hand it back, stop to end the run: "
)


class Terminal:
    """A front end on a terminal, given as the streams to read from and to write to.

    The reader needs a file descriptor that ``select`` can wait for.
    """

    def __init__(self, reader: TextIO, writer: TextIO) -> None:
        self._reader = reader
        self._writer = writer

    def show(self, question: Question) -> None:
        """Show the question and answer it, unless that happens elsewhere first."""
        lines = prompt_lines(question.request, _columns(self._writer))
        try:
            _forget_typed_ahead(self._reader)
            self._write("\n".join([*lines, question_line(question.request)]))
            answer = self._answer(question)
        except (OSError, UnicodeDecodeError):
            # A terminal that went away, or sent what is not text, has not said yes.
            answer = DENY
        if answer is not None:
            with suppress(AnswerRefused):  # another answer was first
                question.answer(answer, question.nonce, question.digest)

    def lend(self, takeover: Takeover) -> None:
        """Wait until the person is done, unless they say so elsewhere first."""
        back: bool | None = None
        try:
            _forget_typed_ahead(self._reader)
            while back is None:
                self._write(_LENT)
                line = self._line(takeover)
                if line is None:
                    return
                back = {"done": True, "stop": False}.get(_word(line))
                if not line.endswith("\n"):
                    back = False
        except (OSError, UnicodeDecodeError):
            back = False
        with suppress(AnswerRefused):
            takeover.give(back, takeover.nonce)

    def close(self) -> None:
        """Close both streams."""
        self._reader.close()
        self._writer.close()

    def _answer(self, question: Question) -> ApprovalAnswer | None:
        """Return what was typed, None where the question ended before."""
        line = self._line(question)
        if line is None:
            return None
        word = _word(line) if line.endswith("\n") else ""
        if word == "edit" and question.request.editable:
            return self._edit(question)
        answer = _WORDS.get(word, DENY)
        return DENY if answer is KIND and question.request.kind is None else answer

    def _edit(self, question: Question) -> ApprovalAnswer | None:
        action = question.request.action
        text = editable(action) == "text"
        self._write(f"New {'text, on one line' if text else 'point, as x, y'}: ")
        line = self._line(question)
        if line is None or not line.endswith("\n"):
            return None if line is None else DENY
        try:
            return ApprovalAnswer("edit", edited(action, line.removesuffix("\n")))
        except ValueError as error:
            return ApprovalAnswer("deny", reason=f"the edit does not fit: {error}")

    def _line(self, pending: Pending[ApprovalAnswer] | Pending[bool]) -> str | None:
        """Return a whole line, or what came before the end of input; None where nobody waits."""
        read = b""
        while b"\n" not in read:
            if not pending.waits_for(self._reader):
                self._write("\n(no longer asked)\n")
                return None
            # One by one: what follows the line is not this answer's.
            piece = os.read(self._reader.fileno(), 1)
            read += piece
            if not piece or len(read) > _LONGEST:
                break
        return read.decode("utf-8")

    def _write(self, text: str) -> None:
        encoding = self._writer.encoding or "utf-8"
        self._writer.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._writer.flush()


TTY = Path("/dev/tty")


def open_terminal(path: Path = TTY) -> Terminal | None:
    """Return a front end on the process's own terminal, or None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    writer = os.fdopen(os.dup(descriptor), "w", encoding="utf-8")
    return Terminal(os.fdopen(descriptor, encoding="utf-8"), writer)


def confirmed(question: str, path: Path = TTY) -> bool:
    """Ask on the process's own terminal; only the whole word ``yes`` is one, and no terminal none.

    The question is the caller's own words: what a screen says goes through the sanitiser first.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    with os.fdopen(descriptor, "r+b", buffering=0) as terminal:
        try:
            _forget_typed_ahead(terminal)
            terminal.write(f"{question} Type yes, or anything else to leave it: ".encode())
            line = terminal.readline(_LONGEST)
            return line.endswith(b"\n") and _word(line.decode("utf-8")) == "yes"
        except (OSError, UnicodeDecodeError):
            return False


def _word(line: str) -> str:
    return " ".join(line.lower().split())


def _columns(writer: TextIO) -> int:
    """Return how many columns to use: fewer on a narrow terminal, but enough for a label."""
    try:
        there = os.get_terminal_size(writer.fileno()).columns
    except (OSError, ValueError):
        return WIDTH
    return max(NARROWEST, min(WIDTH, there - 1)) if there > 0 else WIDTH


def _forget_typed_ahead(reader: IO[str] | IO[bytes]) -> None:
    """Drop input that is waiting on a terminal: it cannot be an answer to this question."""
    if sys.platform == "win32" or not reader.isatty():
        return
    import termios

    termios.tcflush(reader.fileno(), termios.TCIFLUSH)
