"""Checks of a task: what must be so in the world at the end, whatever the model says.

    run(RunRequest(goal, target, expect=(UrlCheck("contains", "/done"), TextCheck("Saved"))))

A check looks at the address, the window's title, the text and the elements of the screen, or at a
file. ``check_grammar`` reads them as a command line writes them.
"""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handrail.actuators.base import sanitise
from handrail.actuators.reading import Part
from handrail.tasks.checking import World

Comparison = Literal["is", "contains"]
ElementState = Literal["exists", "absent", "checked", "unchecked"]
_LARGEST = 16 * 1024 * 1024
_SHOWN = 120


@dataclass(frozen=True)
class UrlCheck:
    """The address of the page in front, without a user's name and password in it."""

    how: Comparison
    wanted: str
    reads = False

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        return f"url {self.how} {quoted(self.wanted)}"

    def problem(self, world: World) -> str:
        """Compare."""
        return _compared(self.how, self.wanted, world.observation.surface.url, "the address")


@dataclass(frozen=True)
class WindowCheck:
    """The title of the window in front; in a browser, of the page."""

    how: Comparison
    wanted: str
    reads = False

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        return f"window {self.how} {quoted(self.wanted)}"

    def problem(self, world: World) -> str:
        """Compare."""
        return _compared(self.how, self.wanted, world.observation.surface.window.raw, "the title")


@dataclass(frozen=True)
class TextCheck:
    """Words that the screen shows, or (``absent``) does not; blanks count as one, case counts."""

    words: str
    absent: bool = False
    reads = True

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        return f"{'no ' if self.absent else ''}text {quoted(self.words)}"

    def problem(self, world: World) -> str:
        """Look for the words."""
        there = _one_line(self.words) in _one_line(world.reading.text.raw)
        if there == (not self.absent):
            return ""
        return "it is shown" if there else "it is not shown"


@dataclass(frozen=True)
class ElementCheck:
    """An element by its ARIA role and its whole name: in a state, or (``holds``) with a text."""

    role: str
    name: str
    state: ElementState = "exists"
    holds: str | None = None
    reads = True

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        named = f"element {self.role} {quoted(self.name)}"
        if self.holds is not None:
            return f"{named} holds {quoted(self.holds)}"
        return f"no {named}" if self.state == "absent" else f"{named} {self.state}"

    def problem(self, world: World) -> str:
        """Look for the element; where there are several, one of them must be so."""
        name = _one_line(self.name)
        found = [
            part
            for part in world.reading.parts
            if part.role == self.role and _one_line(part.name.raw) == name
        ]
        if self.state == "absent":
            return "it is there" if found else ""
        if not found:
            return "there is none"
        if any(self._meets(part) for part in found):
            return ""
        if self.holds is not None:
            return "it holds another text"
        if all(part.checked is None for part in found):
            return "it cannot be ticked"
        return f"it is not {self.state}"

    def _meets(self, part: Part) -> bool:
        if self.holds is not None:
            return part.value is not None and _one_line(part.value.raw) == _one_line(self.holds)
        wanted = {"checked": True, "unchecked": False}
        return self.state == "exists" or part.checked is wanted[self.state]


@dataclass(frozen=True)
class FileCheck:
    """A file: that it is there, what it contains or is (UTF-8), or (``absent``) that it is not."""

    path: Path
    how: Literal["exists", "absent"] | Comparison = "exists"
    wanted: str = ""
    reads = False

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        named = f"file {quoted(str(self.path))}"
        if self.how == "absent":
            return f"no {named}"
        return f"{named} exists" if self.how == "exists" else f"{named} {self.how} {self._text}"

    @property
    def _text(self) -> str:
        return quoted(self.wanted)

    def problem(self, world: World) -> str:
        """Look at the file."""
        try:
            kind = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "" if self.how == "absent" else "there is no such file"
        except OSError as error:
            return f"it cannot be looked at: {error.strerror}"
        if self.how == "absent":
            return "it is there"
        # A pipe or a device would never end, or change when it is read.
        if not stat.S_ISREG(kind.st_mode):
            return "it is no regular file"
        return "" if self.how == "exists" else self._content(kind.st_size)

    def _content(self, size: int) -> str:
        if size > _LARGEST:
            return f"it is larger than {_LARGEST // 2**20} MiB"
        try:
            held = self.path.read_bytes().decode()
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            return "it is not UTF-8 text"
        same = held == self.wanted if self.how == "is" else self.wanted in held
        return "" if same else f"it holds {sanitise(held, _SHOWN)!r}"


def _compared(how: Comparison, wanted: str, found: str, what: str) -> str:
    if found == wanted if how == "is" else wanted in found:
        return ""
    return f"{what} is {sanitise(found, _SHOWN)!r}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def quoted(text: str) -> str:
    """Return a text between double quotes, as the grammar reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
