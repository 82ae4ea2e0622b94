"""A clipboard as one named text that can be read and written back.

Its plain text alone: colours and fonts that were copied with it are no part of it. What is no text
can be told and not be put back; nor can one image be told from another.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from handrail.actuators.x11_clipboard import Clip

_ENTRY = "clipboard"


class Clipboard(Protocol):
    """What can be read and written of a clipboard."""

    def read(self) -> "Clip":
        """Return what is in it. Raises EnvironmentMissing."""
        ...

    def put(self, text: str | None) -> None:
        """Put a text there, or nothing. Raises EnvironmentMissing."""
        ...


@dataclass(frozen=True)
class ClipboardPart:
    """The entry ``clipboard``, which is not there where nothing is in it."""

    clipboard: Clipboard

    @property
    def name(self) -> str:
        """Return what it is called."""
        return "clipboard"

    @property
    def kind(self) -> str:
        """Return what an entry of it is."""
        return "text"

    def read(self, wanted: Collection[str]) -> dict[str, str]:
        """Return the entry. Raises EnvironmentMissing."""
        clip = self.clipboard.read()
        if clip.text is None and not clip.other:
            return {}
        return {_ENTRY: json.dumps(asdict(clip))}

    def write(self, entries: Mapping[str, str | None]) -> None:
        """Put a text there, or nothing. Raises EnvironmentMissing."""
        for told in entries.values():
            self.clipboard.put(None if told is None else json.loads(told)["text"])

    def writable(self, entry: str, value: str | None) -> bool:
        """Tell whether the entry can be made so: a text, or nothing."""
        return value is None or json.loads(value)["text"] is not None
