"""Texts that are kept: each in a file of its own, named by the SHA-256 of what it holds.

Promises
- A text is on the disk when its name is returned, for its owner's eyes only, and is kept once.
- What is read back is compared with its name: damage is a ``RestoreError`` and never a wrong text.

Does not promise
- Secrecy from programs that run as the same user: cookies and clipboards stand there as they are.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from handrail.sandbox.disk import Disk, OsDisk, make_folder, replace_file
from handrail.sandbox.errors import RestoreError

_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class KeptTexts:
    """A folder of texts."""

    folder: Path
    disk: Disk = field(default_factory=OsDisk)

    def keep(self, text: str) -> str:
        """Keep a text and return its name. Raises RestoreError."""
        data = text.encode("utf-8", "surrogatepass")
        name = hashlib.sha256(data).hexdigest()
        place = self.folder / name
        try:
            if not place.exists():
                make_folder(self.folder, self.disk)
                replace_file(place, data, self.disk)
        except OSError as error:
            raise RestoreError(
                f"{place}: cannot be kept: {error.strerror or error}; make room or give rights"
            ) from error
        return name

    def read(self, name: str) -> str:
        """Return the text of this name. Raises RestoreError."""
        if not _NAME.fullmatch(name):
            raise RestoreError(f"{name!a} is no name of a restore point")
        place = self.folder / name
        try:
            data = place.read_bytes()
        except FileNotFoundError as error:
            raise RestoreError(
                f"{place}: the restore point was removed: this can no longer be undone"
            ) from error
        except OSError as error:
            raise RestoreError(f"{place}: cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != name:
            raise RestoreError(f"{place}: the restore point is damaged: this cannot be undone")
        return data.decode("utf-8", "surrogatepass")
