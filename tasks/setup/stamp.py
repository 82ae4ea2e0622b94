"""Remember which steps are done, so that the second time is quick."""

import hashlib
from pathlib import Path


class Stamps:
    """One small file a step, inside the environment: it goes when the environment goes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, step: str) -> str:
        """Return what was written for the step, or an empty string."""
        path = self._folder / step
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write(self, step: str, text: str) -> None:
        """Remember the step as done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / step).write_text(text, encoding="utf-8")


def fingerprint(*parts: str) -> str:
    """Return the SHA-256 (hex) of the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
