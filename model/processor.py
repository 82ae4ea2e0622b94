"""Pictures to patches, as Qwen3-VL's published preprocessor does it.

Sizes are rounded to whole merge blocks (`smart_resize`), resized with Pillow's antialiased
bicubic filter on 8-bit pixels, normalised, and cut to patches in merge-block order
(block row, block column, row in block, column in block).
Source: transformers' Qwen2VLImageProcessor with the published preprocessor_config.json.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import torch
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from handrail.model.checkpoint import CheckpointFolder, JsonObject, section
from handrail.model.config import VisionConfig
from handrail.model.errors import ConfigError, ImageError
from handrail.model.ground import drawn_cells, patch_rows
from handrail.model.resize import resize, takes

_MAX_ASPECT = 200
_MOST_PIXELS = 2**27
"""A larger picture is no screen: decoding it would take half a gigabyte and more."""
_Three = tuple[float, float, float]
_Pixels = Annotated[int, Field(gt=0)]


@dataclass(frozen=True)
class Grid:
    """The patches of one image: `rows` x `columns`, both multiples of `merge`."""

    rows: int
    columns: int
    merge: int

    @property
    def token_rows(self) -> int:
        """Return the rows of merged tokens, as the decoder sees them."""
        return self.rows // self.merge

    @property
    def token_columns(self) -> int:
        """Return the columns of merged tokens, as the decoder sees them."""
        return self.columns // self.merge

    @property
    def tokens(self) -> int:
        """Return how many tokens the image costs in the decoder where all of it is shown."""
        return self.token_rows * self.token_columns


@dataclass(frozen=True)
class Normal:
    """How pixels are normalised: one float32 multiply and add each; both (3, 1), by channels."""

    scale: Tensor
    shift: Tensor


@dataclass(frozen=True)
class PatchedImage:
    """One image as patches (rows*columns, 3*patch*patch) of 8-bit pixels, and its grid.

    A moment of a video has several frames: pixels (rows*columns, 3*frames*patch*patch). `digest`
    is the SHA-256 of its pixels as the model sees them: pictures with the same one are the same.
    `kept` are the merged cells that are shown where plain ground is left out, ascending; the
    pixels are theirs then. They are normalised when they are looked at: most pictures were before.
    """

    pixels: Tensor
    grid: Grid
    digest: bytes
    normal: Normal
    kept: Tensor | None = None

    @property
    def patches(self) -> Tensor:
        """Return the patches as the model sees them, in the same shape in float32."""
        channels = self.pixels.view(len(self.pixels), 3, -1).float()
        normal = torch.addcmul(self.normal.shift, channels, self.normal.scale)
        return normal.view(self.pixels.shape)

    @property
    def tokens(self) -> int:
        """Return how many tokens the image costs in the decoder."""
        return self.grid.tokens if self.kept is None else len(self.kept)


class ProcessorConfig(BaseModel):
    """The part of preprocessor_config.json that decides the pixels."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    min_pixels: _Pixels
    max_pixels: _Pixels
    image_mean: _Three
    image_std: _Three
    rescale_factor: float = 1 / 255

    @model_validator(mode="before")
    @classmethod
    def _read_size(cls, data: object) -> JsonObject:
        fields = section(data)
        size = section(fields.get("size"))
        lowest = fields.get("min_pixels") or size.get("shortest_edge")
        highest = fields.get("max_pixels") or size.get("longest_edge")
        return {**fields, "min_pixels": lowest, "max_pixels": highest}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min pixels {self.min_pixels} exceed max pixels {self.max_pixels}")
        if min(self.image_std) <= 0:
            raise ValueError("image_std must be positive")
        return self


def load_processor_config(folder: CheckpointFolder) -> ProcessorConfig:
    """Read preprocessor_config.json, or the image_processor part of processor_config.json.

    Raises ConfigError where neither is there or a field is missing.
    """
    name, data = "preprocessor_config.json", folder.json("preprocessor_config.json")
    if data is None:
        name = "processor_config.json"
        data = section(section(folder.json(name)).get("image_processor"))
    if not data:
        raise ConfigError(f"{folder.path} has no preprocessor_config.json: copy it from the source")
    try:
        return ProcessorConfig.model_validate(data)
    except ValidationError as error:
        lines = (
            f"{'.'.join(str(step) for step in item['loc']) or 'size'}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigError(f"{folder.path / name} cannot be used: {'; '.join(lines)}") from error


def smart_resize(height: int, width: int, factor: int, pixels: tuple[int, int]) -> tuple[int, int]:
    """Return the (height, width) nearest to the image's own that are multiples of `factor`.

    `pixels` is the allowed (fewest, most) number of pixels. Raises ImageError for an empty image
    or one thinner than 1:200.
    """
    fewest, most = pixels
    if min(height, width) < 1 or max(height, width) / min(height, width) > _MAX_ASPECT:
        raise ImageError(
            f"an image of {width}x{height} pixels cannot be shown to the model: "
            f"sides must be at least 1 and within 1:{_MAX_ASPECT} of each other"
        )
    rows, columns = round(height / factor) * factor, round(width / factor) * factor
    if rows * columns > most:
        shrink = math.sqrt(height * width / most)
        rows = max(factor, math.floor(height / shrink / factor) * factor)
        columns = max(factor, math.floor(width / shrink / factor) * factor)
    elif rows * columns < fewest:
        grow = math.sqrt(fewest / (height * width))
        rows = math.ceil(height * grow / factor) * factor
        columns = math.ceil(width * grow / factor) * factor
    return rows, columns


class ImageProcessor:
    """Turns pictures into patches for one checkpoint; `least_tokens` enlarges small ones.

    With a `device` they are resized, normalised and cut there, from the same 8-bit pixels; what is
    normalised differs by one rounding to float32 at most. `skips_ground`: cells of one colour are
    left out (see `ground`).
    """

    skips_ground = False

    def __init__(
        self,
        config: ProcessorConfig,
        vision: VisionConfig,
        least_tokens: int = 0,
        device: torch.device | None = None,
    ) -> None:
        least = least_tokens * (vision.patch_size * vision.spatial_merge_size) ** 2
        # growing rounds up: a low ceiling of the checkpoint's own wins
        least = least if least * 1.2 < config.max_pixels else 0
        self._pixels = (max(config.min_pixels, least), config.max_pixels)
        self._patch = vision.patch_size
        self._merge = vision.spatial_merge_size
        mean, std = torch.tensor(config.image_mean), torch.tensor(config.image_std)
        scale, shift = (config.rescale_factor / std).view(3, 1), (-mean / std).view(3, 1)
        self._normal = Normal(scale.to(device), shift.to(device))
        self._device = device

    def grid(self, width: int, height: int) -> Grid:
        """Return the patch grid an image of this size gets."""
        factor = self._patch * self._merge
        rows, columns = smart_resize(height, width, factor, self._pixels)
        return Grid(rows // self._patch, columns // self._patch, self._merge)

    def patches(self, image: Image.Image) -> PatchedImage:
        """Resize and cut one picture.

        What EXIF data says of its orientation is not looked at, as in the reference. Raises
        ImageError where the picture is too thin, too large, or cannot be decoded.
        """
        if image.width * image.height > _MOST_PIXELS:
            raise ImageError(
                f"an image of {image.width}x{image.height} pixels is too large: at most "
                f"{_MOST_PIXELS:,} are read; show a smaller copy"
            )
        return self.cut([image], self.grid(*image.size))

    def cut(self, frames: Sequence[Image.Image], grid: Grid) -> PatchedImage:
        """Resize to a grid and cut the frames of one moment, one for a picture.

        Raises ImageError where one cannot be decoded.
        """
        raw = torch.stack([self._resized(frame, grid) for frame in frames])
        digest = hashlib.sha256(np.array(raw.shape, dtype="<i8").tobytes())
        digest.update(raw.cpu().numpy().tobytes())
        blocks = raw.view(
            len(frames),
            grid.token_rows,
            self._merge,
            self._patch,
            grid.token_columns,
            self._merge,
            self._patch,
            3,
        ).permute(1, 4, 2, 5, 7, 0, 3, 6)
        pixels = blocks.reshape(grid.rows * grid.columns, -1)
        if not self.skips_ground:
            return PatchedImage(pixels, grid, digest.digest(), self._normal)
        kept = drawn_cells(raw, self._patch * self._merge)
        digest.update(b"without ground")
        shown = pixels[patch_rows(kept, self._merge)]
        return PatchedImage(shown, grid, digest.digest(), self._normal, kept.cpu())

    def _resized(self, image: Image.Image, grid: Grid) -> Tensor:
        """Return a frame's pixels (rows, columns, 3) of uint8, resized to a grid."""
        size = (grid.columns * self._patch, grid.rows * self._patch)
        try:
            rgb = image.convert("RGB")
            if self._device is not None and takes(rgb.size, size[1], size[0]):
                whole = torch.from_numpy(np.array(rgb, dtype=np.uint8)).to(self._device)
                return resize(whole, size[1], size[0])
            if rgb.size != size:
                rgb = rgb.resize(size, Image.Resampling.BICUBIC)
        except (OSError, ValueError) as error:
            raise ImageError(f"the image cannot be decoded: {error}") from error
        return torch.from_numpy(np.array(rgb, dtype=np.uint8)).to(self._device)
