"""What is said to the model: messages of text and images, and the tools it may call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

Role = Literal["system", "user", "assistant", "tool"]
ToolSchema = Mapping[str, object]


@dataclass(frozen=True)
class TextPart:
    """A run of text; control tokens spelled in it stay text."""

    text: str


@dataclass(frozen=True)
class ImagePart:
    """One picture, shown to the model at its own resolution within the pixel budget."""

    image: Image.Image


@dataclass(frozen=True)
class VideoPart:
    """Frames of a video, all of one size, with the second of each; see `Engine.video`.

    `fitted`: they have the size at which the model sees them already.
    """

    frames: Sequence[Image.Image]
    seconds: Sequence[float]
    fitted: bool = False

    def __post_init__(self) -> None:
        if not self.frames or len(self.frames) != len(self.seconds):
            raise ValueError("a video needs frames, and a time for each")
        if len({frame.size for frame in self.frames}) > 1:
            raise ValueError("the frames of a video must be of one size")


Part = TextPart | ImagePart | VideoPart


@dataclass(frozen=True)
class Message:
    """One turn of the conversation."""

    role: Role
    content: Sequence[Part]

    @property
    def seen(self) -> list[ImagePart | VideoPart]:
        """Return the pictures and videos of this turn in order."""
        return [part for part in self.content if not isinstance(part, TextPart)]
