"""The pictures of a run: one WebP file for each different screen."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from handrail.actuators.observation import Observation
from handrail.tasks.errors import RunFolderError

# Screens of text are smaller without loss (46 kB against 129 kB at 1280x800); photographs are not.
LOSSLESS_LIMIT = 400_000
MOST_COLOURS = 4_000
LOSSY_QUALITY = 80


class FrameStore:
    """Keeps each different screen once, named by its fingerprint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: set[str] = set()

    def keep(self, observation: Observation) -> str:
        """Save a screen if it is new, and return its file's name. Raises RunFolderError."""
        name = frame_name(observation.fingerprint)
        if name not in self._kept:
            try:
                (self._folder / name).write_bytes(encoded(observation.image.convert("RGB")))
            except OSError as error:
                raise RunFolderError(f"cannot save a frame in {self._folder}: {error}") from error
            self._kept.add(name)
        return name


def frame_name(fingerprint: str) -> str:
    """Return the name of a screen's file."""
    return f"{fingerprint[:24]}.webp"


def encoded(image: Image.Image) -> bytes:
    """Return a picture as WebP: exact where it is drawn and small, else nearly so."""
    if _is_drawn(image):
        exact = BytesIO()
        image.save(exact, "WEBP", lossless=True, quality=30, method=2)
        if exact.tell() <= LOSSLESS_LIMIT:
            return exact.getvalue()
    lossy = BytesIO()
    image.save(lossy, "WEBP", quality=LOSSY_QUALITY, method=2)
    return lossy.getvalue()


def _is_drawn(image: Image.Image) -> bool:
    """Tell whether most of a screen is text and plates, not photographs: by its colours."""
    sample = image.resize((160, 100), Image.Resampling.NEAREST)
    return sample.getcolors(MOST_COLOURS) is not None
