"""Videos: which frames the model sees, how large, and the times that are written before them.

Two frames make a moment, which is seen like one picture; before each stands its time as text, such
as ``<1.5 seconds>``. Source: transformers' Qwen3VLVideoProcessor and the Qwen3-VL report (text
timestamps, arXiv 2511.21631).
"""

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.model.checkpoint import CheckpointFolder, section
from handrail.model.config import VisionConfig
from handrail.model.errors import ConfigError, ImageError, OptionsError, UnsupportedError
from handrail.model.messages import VideoPart
from handrail.model.processor import Grid, ImageProcessor, PatchedImage

if TYPE_CHECKING:
    from av.container import InputContainer

_FILE = "video_preprocessor_config.json"
_LISTS = ("concat", "hls", "dash")
_UNKNOWN_RATE = Fraction(24)


class VideoConfig(BaseModel):
    """The part of video_preprocessor_config.json that decides frames and sizes.

    Pixels are counted over all frames. The defaults are transformers' own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    min_pixels: int = Field(default=128 * 32 * 32, gt=0)
    max_pixels: int = Field(default=768 * 32 * 32, gt=0)
    fps: float = Field(default=2.0, gt=0)
    min_frames: int = Field(default=4, gt=0)
    max_frames: int = Field(default=768, gt=0)


def load_video_config(folder: CheckpointFolder) -> VideoConfig:
    """Read video_preprocessor_config.json, or the video_processor part of processor_config.json.

    Without them the defaults hold. Raises ConfigError.
    """
    data = folder.json(_FILE)
    if data is None:
        data = section(section(folder.json("processor_config.json")).get("video_processor"))
    size = section(data.get("size"))
    names = {"min_pixels": "shortest_edge", "max_pixels": "longest_edge"}
    sizes = {ours: size[theirs] for ours, theirs in names.items() if theirs in size}
    try:
        return VideoConfig.model_validate({**data, **sizes})
    except ValidationError as error:
        what = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{folder.path / _FILE} cannot be used: {what}") from error


class VideoProcessor:
    """Chooses and cuts frames for one checkpoint."""

    def __init__(self, config: VideoConfig, vision: VisionConfig, images: ImageProcessor) -> None:
        self._config = config
        self._images = images
        self._patch, self._merge = vision.patch_size, vision.spatial_merge_size
        self._slots = vision.temporal_patch_size

    def grid(self, frames: int, width: int, height: int) -> Grid:
        """Return the patch grid of every moment. Raises ImageError for odd sizes."""
        factor = self._patch * self._merge
        if min(width, height) < 1 or max(width, height) / min(width, height) > 200:
            raise ImageError(f"frames of {width}x{height} pixels cannot be shown to the model")
        if min(width, height) < factor:
            grow = factor / min(width, height)
            width, height = int(width * grow), int(height * grow)
        rows, columns = round(height / factor) * factor, round(width / factor) * factor
        whole = round(frames / self._slots) * self._slots * rows * columns
        if whole > self._config.max_pixels:
            shrink = math.sqrt(frames * height * width / self._config.max_pixels)
            rows = max(factor, math.floor(height / shrink / factor) * factor)
            columns = max(factor, math.floor(width / shrink / factor) * factor)
        elif whole < self._config.min_pixels:
            grow = math.sqrt(self._config.min_pixels / (frames * height * width))
            rows = math.ceil(height * grow / factor) * factor
            columns = math.ceil(width * grow / factor) * factor
        return Grid(rows // self._patch, columns // self._patch, self._merge)

    def moments(self, video: VideoPart) -> list[tuple[float, PatchedImage]]:
        """Return the moments of a video, each with its second; the last frame fills the last."""
        frames, seconds = list(video.frames), list(video.seconds)
        width, height = frames[0].size
        if video.fitted:
            grid = Grid(height // self._patch, width // self._patch, self._merge)
        else:
            grid = self.grid(max(len(frames), self._slots), width, height)
        while len(frames) % self._slots:
            frames.append(frames[-1])
            seconds.append(seconds[-1])
        return [
            (
                (seconds[at] + seconds[at + self._slots - 1]) / 2,
                self._images.cut(frames[at : at + self._slots], grid),
            )
            for at in range(0, len(frames), self._slots)
        ]

    def read(self, file: Path, fps: float | None = None) -> VideoPart:
        """Choose frames of a file evenly, `fps` a second, and shrink them as the model sees them.

        Raises ImageError where it is no video file, OptionsError for an odd `fps`, UnsupportedError
        without the library for it.
        """
        rate = self._config.fps if fps is None else fps
        if not (math.isfinite(rate) and rate > 0):
            raise OptionsError(f"the frames a second must be a number above 0, not {fps}")
        try:
            import av
        except ImportError as error:
            raise UnsupportedError(
                "PyAV is not installed: pip install 'handrail[video]'"
            ) from error
        # a name is no URL, and a file that lists others is no video
        name, only = f"file:{file}", {"protocol_whitelist": "file"}
        try:
            with av.open(name, options=only) as counted:
                total = _count(counted)
            with av.open(name, options=only) as opened:
                return self._chosen(opened, total, rate)
        except (OSError, av.error.FFmpegError, IndexError) as error:
            raise ImageError(f"{file} cannot be read as a video: {error}") from error

    def _chosen(self, container: "InputContainer", total: int, fps: float) -> VideoPart:
        stream = container.streams.video[0]
        rate = stream.average_rate or _UNKNOWN_RATE
        count = int(total / rate * fps)
        count = min(max(count, self._config.min_frames), self._config.max_frames, total)
        wanted = np.linspace(0, total - 1, count).round().astype(int).tolist()
        kept: list[Image.Image] = []
        size = (0, 0)
        for index, frame in enumerate(container.decode(video=0)):
            for _ in range(wanted.count(index)):
                picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
                if frame.rotation:  # as phones store what they film upright
                    picture = picture.rotate(frame.rotation, expand=True)
                if not kept:
                    grid = self.grid(max(count, self._slots), *picture.size)
                    size = (grid.columns * self._patch, grid.rows * self._patch)
                kept.append(picture.resize(size, Image.Resampling.BICUBIC))
        if not kept:
            raise IndexError("none of its frames can be decoded")
        seconds = [float(index / rate) for index in wanted[: len(kept)]]
        return VideoPart(kept, seconds, fitted=True)


def _count(container: "InputContainer") -> int:
    """Return how many frames are stored, without decoding them. Raises IndexError without any."""
    if container.format.name in _LISTS:
        raise IndexError("it is a list of other files")
    total = sum(1 for packet in container.demux(video=0) if packet.size)
    if not total:
        raise IndexError("it has no frames")
    return total
