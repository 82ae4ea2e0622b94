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
class Message:
    """One turn of the conversation."""

    role: Role
    content: Sequence[TextPart | ImagePart]

    @property
    def images(self) -> list[Image.Image]:
        """Return the pictures of this turn in order."""
        return [part.image for part in self.content if isinstance(part, ImagePart)]
