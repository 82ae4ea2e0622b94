"""GGUF models say what the published layout of the same weights says."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError, ConfigError, TokenizerError, WeightsError
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.messages import ImagePart, Message, TextPart
from tests.model import gguf_writer
from tests.model.gguf_writer import Choose, brains, eights, fours, halves, mixed, plain

TEXT = "It's Step 10:  press <tool_call> \u00e9\u4e2d\n\nSave, then wait."


def turn(image: Image.Image) -> list[Message]:
    return [Message("user", [ImagePart(image), TextPart(TEXT)])]


CASES = [
    *itertools.product(("tied", "untied", "fused", "yarn"), (plain, halves, eights, fours)),
    ("expert blocks", mixed), ("untied", brains),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "choose"), CASES)
def test_a_gguf_model_says_what_its_weights_say(
    shape: str, choose: Choose, checkpoint: Callable[[str], Path], tmp_path: Path,
    picture: Callable[[int, int, int], Image.Image],
) -> None:  # fmt: skip
    folder = Path(copytree(checkpoint(shape), tmp_path / "plain"))
    (tmp_path / "gguf").mkdir()
    meant = gguf_writer.write(folder, tmp_path / "gguf", choose)
    save_file({n: t.contiguous() for n, t in meant.items()}, folder / "model.safetensors")
    _plain_yarn(folder)
    # the files hold no pixel budget: the published one stands in, so the picture fits it
    image = picture(256, 288, 3)
    ours = Engine.load(tmp_path / "gguf", dtype="float32").begin(turn(image))
    wanted = Engine.load(folder, dtype="float32").begin(turn(image))
    assert ours.prompt_ids == wanted.prompt_ids
    scale = wanted.logits.pow(2).mean().sqrt()
    # sums of 256 products in another order: with these weights plain float32 is as far off
    worst = 3e-3 if shape == "expert blocks" else 1e-4
    assert (ours.logits - wanted.logits).abs().max() < worst * scale


def _plain_yarn(folder: Path) -> None:
    """Take out what GGUF does not hold: YaRN's bounds, and the tests' small pixel budget."""
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["rope_parameters"].pop("beta_fast", None)
    (folder / "config.json").write_text(json.dumps(config))
    processor = json.loads((folder / "preprocessor_config.json").read_text())
    processor["size"] = {"longest_edge": 16_777_216, "shortest_edge": 65_536}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))


@pytest.fixture
def written(checkpoint: Callable[[str], Path], tmp_path: Path) -> Path:
    gguf_writer.write(checkpoint("tied"), tmp_path, eights)
    return tmp_path


def test_blocks_stay_packed_and_a_tied_head_is_the_embedding(written: Path) -> None:
    network = Engine.load(written / "model-Q.gguf", dtype="float32").network
    head = network.lm_head.get_buffer("weight")
    assert head.dtype == torch.uint8
    assert head is network.model.language_model.embed_tokens.get_buffer("weight")


def test_the_reply_ends_where_the_file_says(written: Path) -> None:
    engine = Engine.load(written)
    assert engine.stop_ids == {engine.tokenizer.control_id("<|im_end|>")}
    assert engine.config.text.longest == 4096


def test_files_that_do_not_belong_together_are_named(written: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        open_checkpoint(written / "absent.gguf")
    other = written / "other.gguf"
    other.write_bytes((written / "model-Q.gguf").read_bytes())
    with pytest.raises(CheckpointError, match=r"2 GGUF models \(model-Q.gguf, other.gguf\)"):
        open_checkpoint(written)
    (written / "mmproj-model-f16.gguf").unlink()
    with pytest.raises(CheckpointError, match="lie 0 vision files"):
        open_checkpoint(other)
    (written / "mmproj-b.gguf").write_bytes(other.read_bytes())
    with pytest.raises(ConfigError, match=r"clip\.projector_type"):
        open_checkpoint(other)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("file", ["model-Q.gguf", "mmproj-model-f16.gguf"])
def test_a_truncated_file_is_named(file: str, kept: float, written: Path) -> None:
    whole = (written / file).read_bytes()
    (written / file).write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(WeightsError, match=f"{file} is truncated, damaged") as caught:
        Engine.load(written)
    assert "\n" not in str(caught.value)


def test_another_kind_of_model_is_named(written: Path) -> None:
    file = written / "model-Q.gguf"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"qwen3vl", b"qwen2vl"))
    with pytest.raises(ConfigError, match=r"qwen2vl model; supported are qwen3vl, qwen3vlmoe"):
        Engine.load(written)
    file.write_bytes(whole.replace(b"qwen2", b"llama", 1))
    with pytest.raises(TokenizerError, match=r"gpt2/llama; supported is gpt2/qwen2"):
        Engine.load(written)
