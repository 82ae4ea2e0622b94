"""Videos are seen as transformers shows them: moments of two frames, each after its time."""

import ast
import json
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.models.qwen3_vl import processing_qwen3_vl

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.engine import Engine
from handrail.model.errors import (
    ConfigError,
    ImageError,
    OptionsError,
    PromptError,
    UnsupportedError,
)
from handrail.model.messages import ImagePart, Message, TextPart, VideoPart
from handrail.model.video import load_video_config
from tests.model.shapes import LAYOUTS

TEXT = "What happens?"
Picture = Callable[[int, int, int], Image.Image]


def a_video(picture: Picture, count: int, width: int = 320, height: int = 224) -> VideoPart:
    frames = [picture(width, height, 40 + seed) for seed in range(count)]
    return VideoPart(frames, [0.5 * at for at in range(count)])


def borrowed(name: str) -> Any:
    """Return a function of transformers' video processor, which imports only with torchvision."""
    folder = Path(processing_qwen3_vl.__file__).parent
    tree = ast.parse((folder / "video_processing_qwen3_vl.py").read_text("utf-8"))
    (found,) = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    module = ast.fix_missing_locations(ast.Module([future, found], []))
    space: dict[str, Any] = {"math": math, "np": np, "torch": torch}
    exec(compile(module, name, "exec"), space)
    return space[name]


def reference_patches(frames: Sequence[Image.Image]) -> torch.Tensor:
    """Normalise and cut frames that have their size already, with transformers' own code."""
    pixels = torch.stack([torch.from_numpy(np.array(f)).permute(2, 0, 1) for f in frames])
    flat, *_ = borrowed("patchify")(None, pixels[None].float() / 127.5 - 1, 16, 2, 2)
    return torch.as_tensor(flat).flatten(0, -2)


@pytest.mark.parametrize("frames", [2, 5])
@pytest.mark.parametrize("shape", [*LAYOUTS, "wide", "yarn"])
def test_logits_equal_the_reference(
    shape: str, frames: int, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, relative_error: Callable[[torch.Tensor, torch.Tensor], float],
) -> None:  # fmt: skip
    video, still = a_video(picture, frames), picture(128, 96, 3)
    engine = Engine.load(checkpoint(shape), dtype="float32")
    message = Message("user", [VideoPart(video.frames, video.seconds), TextPart(TEXT)])
    decode = engine.begin([Message("user", [ImagePart(still), TextPart("Look.")]), message])
    ids = torch.tensor([decode.prompt_ids])
    config, moments = engine.config, -(-frames // 2)
    types = (ids == config.image_token_id).int() + 2 * (ids == config.video_token_id).int()
    assert int((types == 2).sum()) == moments * 7 * 10
    with torch.no_grad():
        wanted = reference(shape)(
            input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=types,
            pixel_values=reference_patches([still, still]),
            image_grid_thw=torch.tensor([[1, 6, 8]]),
            pixel_values_videos=reference_patches(video.frames),
            video_grid_thw=torch.tensor([[moments, 14, 20]]),
        ).logits[0, -1]  # fmt: skip
    assert relative_error(decode.logits, wanted) < 1e-4


def test_the_order_of_frames_matters(checkpoint: Callable[[str], Path], picture: Picture) -> None:
    engine, video = Engine.load(checkpoint("tied"), dtype="float32"), a_video(picture, 4)
    turned = VideoPart(list(video.frames)[::-1], video.seconds)
    seen = [engine.begin([Message("user", [v, TextPart(TEXT)])]).logits for v in (video, turned)]
    assert (seen[0] - seen[1]).abs().max() > 0.1


def test_the_times_stand_before_the_moments(
    checkpoint: Callable[[str], Path], picture: Picture, fast_tokenizer: Any
) -> None:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    video = VideoPart([picture(64, 64, s) for s in range(5)], [0.0, 0.5, 1.0, 1.5, 62.04])
    decode = engine.begin([Message("user", [TextPart("<|video_pad|>!"), video, TextPart(TEXT)])])
    told = fast_tokenizer.decode(list(decode.prompt_ids), skip_special_tokens=False)
    while "<|video_pad|><|video_pad|>" in told:
        told = told.replace("<|video_pad|><|video_pad|>", "<|video_pad|>")
    place = "<|vision_start|><|video_pad|><|vision_end|>"
    golden = f"<0.2 seconds>{place}<1.2 seconds>{place}<62.0 seconds>{place}"
    assert told == (
        f"<|im_start|>user\n<|video_pad|>!{golden}{TEXT}<|im_end|>\n<|im_start|>assistant\n"
    )
    assert decode.prompt_ids.count(engine.config.video_token_id) == decode.image_tokens
    times = processing_qwen3_vl.Qwen3VLProcessor._calculate_timestamps
    indices: Any = [0, 5, 10, 15, 20]
    moments = engine.prompts.videos.moments(VideoPart(video.frames, [i / 10 for i in indices]))
    assert [second for second, _ in moments] == times(None, indices, 10.0, 2)  # type: ignore[arg-type]


SMART_RESIZE = borrowed("smart_resize")


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 64), st.integers(1, 3000), st.integers(1, 3000))
def test_sizes_equal_the_reference(frames: int, width: int, height: int) -> None:
    processor = _processor()
    if max(width, height) / min(width, height) > 200:
        with pytest.raises(ImageError, match="cannot be shown"):
            processor.grid(frames, width, height)
        return
    wanted = SMART_RESIZE(frames, height, width, 2, 32, min_pixels=4096, max_pixels=25165824)
    grid = processor.grid(frames, width, height)
    assert (grid.rows * 16, grid.columns * 16) == wanted


def _processor() -> Any:
    from handrail.model.config import VisionConfig
    from handrail.model.processor import ImageProcessor, ProcessorConfig
    from handrail.model.video import VideoConfig, VideoProcessor

    vision = VisionConfig(
        depth=1, hidden_size=64, intermediate_size=64, num_heads=4, out_hidden_size=64,
        deepstack_visual_indexes=(0,),
    )  # fmt: skip
    half = (0.5, 0.5, 0.5)
    sizes = ProcessorConfig(min_pixels=1024, max_pixels=10**7, image_mean=half, image_std=half)
    config = VideoConfig(min_pixels=4096, max_pixels=25165824)
    return VideoProcessor(config, vision, ImageProcessor(sizes, vision))


def write(file: Path, frames: int, rate: int, size: tuple[int, int] = (160, 96)) -> None:
    """Write a video whose frame n is grey level 4 n."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "gray"
        for number in range(frames):
            grey = np.full((size[1], size[0], 3), 4 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())


@pytest.mark.parametrize(("frames", "fps"), [(60, None), (60, 5.0), (7, None), (3, None), (1, 2.0)])
def test_frames_are_chosen_as_the_reference_does(
    tmp_path: Path, checkpoint: Callable[[str], Path], frames: int, fps: float | None
) -> None:
    write(tmp_path / "clip.mkv", frames, 10)
    engine = Engine.load(checkpoint("tied"))
    video = engine.video(tmp_path / "clip.mkv", fps)
    told: Any = type("Metadata", (), {"total_num_frames": frames, "fps": 10.0})()
    options = type("Options", (), {"min_frames": 4, "max_frames": 768, "fps": 2})()
    wanted = borrowed("sample_frames")(options, told, fps=fps or 2).tolist()
    greys = [np.array(frame).mean() / 4 for frame in video.frames]
    assert greys == pytest.approx(wanted, abs=0.1)
    assert list(video.seconds) == pytest.approx([index / 10 for index in wanted])
    assert engine.begin([Message("user", [video, TextPart(TEXT)])]).image_tokens > 0


def test_what_is_no_video_is_refused(tmp_path: Path, checkpoint: Callable[[str], Path]) -> None:
    engine = Engine.load(checkpoint("tied"))
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "empty.mp4").write_bytes(b"")
    write(tmp_path / "whole.mkv", 30, 10)
    (tmp_path / "cut.mkv").write_bytes((tmp_path / "whole.mkv").read_bytes()[:500])
    for name in ("text.mp4", "empty.mp4", "cut.mkv", "absent.mp4", "."):
        with pytest.raises(ImageError, match="cannot be read as a video"):
            engine.video(tmp_path / name)
    with pytest.raises(ValueError, match="a time for each"):
        VideoPart([], [])
    with pytest.raises(ValueError, match="one size"):
        VideoPart([Image.new("RGB", (9, 9)), Image.new("RGB", (9, 8))], [0, 1])


def test_without_the_library_the_error_says_what_to_install(
    tmp_path: Path, checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'handrail\[video\]'"):
        Engine.load(checkpoint("tied")).video(tmp_path / "x.mp4")


def test_a_template_without_videos_is_named(
    checkpoint: Callable[[str], Path], picture: Picture, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint("tied"), tmp_path / "copy"))
    (folder / "chat_template.jinja").write_text("hello{{ messages | length }}")
    with pytest.raises(PromptError, match="no place for a video"):
        Engine.load(folder).begin([Message("user", [a_video(picture, 2)])])
    (folder / "video_preprocessor_config.json").write_text('{"fps": -1}')
    with pytest.raises(ConfigError, match=r"video_preprocessor_config\.json.*fps"):
        Engine.load(folder)


def test_a_files_frames_are_sized_once(checkpoint: Callable[[str], Path], tmp_path: Path) -> None:
    """Sizing what was sized already may give yet another size."""
    processor = _processor()
    write(tmp_path / "tall.mkv", 11, 2, (1080, 2400))
    video = processor.read(tmp_path / "tall.mkv")
    height, width = SMART_RESIZE(11, 2400, 1080, 2, 32, min_pixels=4096, max_pixels=25165824)
    assert len(video.frames) == 11
    assert video.frames[0].size == (width, height)
    grids = {image.grid for _, image in processor.moments(video)}
    assert {(g.rows * 16, g.columns * 16) for g in grids} == {(height, width)}


def turned(file: Path, matrix: tuple[int, ...]) -> None:
    """Write the display matrix that a phone writes into an mp4's track header."""
    data = bytearray(file.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    packed = b"".join(n.to_bytes(4, "big", signed=True) for n in matrix)
    data[at : at + 36] = packed
    file.write_bytes(data)


def test_a_video_that_was_filmed_upright_is_shown_upright(
    tmp_path: Path, checkpoint: Callable[[str], Path]
) -> None:
    one, width = 1 << 16, 320
    with av.open(str(tmp_path / "phone.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, 160, "yuv420p"
        pixels = np.zeros((160, width, 3), np.uint8)
        pixels[:, :40] = 255  # a bright left edge, which is up when it is turned clockwise
        for _ in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    turned(tmp_path / "phone.mp4", (0, one, 0, -one, 0, 0, 160 * one, 0, 1 << 30))
    video = Engine.load(checkpoint("tied")).video(tmp_path / "phone.mp4")
    frame = np.array(video.frames[0])
    assert frame.shape[0] > frame.shape[1]
    assert frame[: frame.shape[0] // 10].mean() > 200
    assert frame[frame.shape[0] // 2 :].mean() < 50


@pytest.mark.parametrize("fps", [0.0, -1.0, math.nan, math.inf])
def test_an_odd_rate_is_refused(
    tmp_path: Path, checkpoint: Callable[[str], Path], fps: float
) -> None:
    with pytest.raises(OptionsError, match="a number above 0"):
        Engine.load(checkpoint("tied")).video(tmp_path / "x.mkv", fps)


def test_a_name_is_no_url_and_a_list_is_no_video(
    tmp_path: Path, checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine.load(checkpoint("tied"))
    write(tmp_path / "a.mkv", 8, 10)
    (tmp_path / "list.mkv").write_text("ffconcat version 1.0\nfile a.mkv\n")
    with pytest.raises(ImageError, match="a list of other files"):
        engine.video(tmp_path / "list.mkv")
    monkeypatch.chdir(tmp_path)
    shutil.copy("a.mkv", "rec:1.mkv")
    assert len(engine.video(Path("rec:1.mkv")).frames) == 4
    with pytest.raises(ImageError, match="No such file"):
        engine.video(Path("http:/127.0.0.1:9/a.mkv"))


def test_sizes_are_read_where_transformers_5_writes_them(
    tmp_path: Path, checkpoint: Callable[[str], Path]
) -> None:
    folder = Path(shutil.copytree(checkpoint("tied"), tmp_path / "copy"))
    told = {"video_processor": {"fps": 1.0, "size": {"longest_edge": 1 << 20}}}
    (folder / "processor_config.json").write_text(json.dumps(told))
    config = load_video_config(CheckpointFolder(folder))
    assert (config.fps, config.max_pixels) == (1.0, 1 << 20)
