"""LoRA adapters: ours and peft's give the same logits, and what cannot be merged is refused."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from safetensors.torch import load_file, save_file

from handrail.model.adapter import AdapterFolder, open_folder
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError, ConfigError, UnsupportedError, WeightsError
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.inspection import inspect, verify
from handrail.model.learning import Course, StateFile, learn
from handrail.model.lora import LoraPupil, Turns
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.quantizer import quantize
from tests.model.checkpoints import draw_picture

# peft asks transformers by a name that transformers has given up.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated")
WORDS = "press Save at [12, 345]"
SHAPES = ("2B", "8B", "30B-A3B")


class _Turn:
    """A picture, and what is to be said about it."""

    def __init__(self, number: int, reply: str) -> None:
        self.where, self.reply = f"row {number}", reply
        self._image = draw_picture(96, 64, number)

    def messages(self) -> list[Message]:
        return [Message("user", [ImagePart(self._image), TextPart(WORDS)])]


def _tuned(base: Path, folder: Path, steps: int = 6) -> list[float]:
    """Tune a base a little, write its adapter, and return the loss of every step."""
    turns = [_Turn(1, "click the button"), _Turn(2, "type hello world")]
    pupil = LoraPupil(Engine.load(base, dtype="float32"), Turns(turns, 2, (), 1))
    told: list[float] = []
    state = StateFile(folder.with_suffix(".state"), "x", 1e9)
    learn(pupil, Course(steps, 3e-3, 1), state, lambda _, loss: told.append(loss))
    folder.mkdir()
    pupil.write(folder, base)
    return told[1:]


def _logits(folder: Path, image: Image.Image) -> torch.Tensor:
    engine = Engine.load(folder, dtype="float32")
    return engine.begin([Message("user", [ImagePart(image), TextPart(WORDS)])]).logits


@pytest.mark.parametrize("shape", SHAPES)
def test_a_merged_adapter_equals_pefts_on_transformers(
    shape: str,
    checkpoint: Callable[[str], Path],
    reference: Callable[[str], Any],
    reference_inputs: Callable[[str, Sequence[Image.Image]], dict[str, Any]],
    relative_error: Callable[[torch.Tensor, torch.Tensor], float],
    tmp_path: Path,
) -> None:
    base, folder = checkpoint(shape), tmp_path / "adapter"
    losses = _tuned(base, folder)
    assert losses[-1] < losses[0], "it learns"
    image = draw_picture(96, 64, 7)
    plain = reference(shape)
    inputs = reference_inputs(WORDS, [image])
    with torch.no_grad():
        untuned = plain(**inputs).logits[0, -1]
        fresh = type(plain).from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
        theirs = PeftModel.from_pretrained(fresh, str(folder)).eval()(**inputs).logits[0, -1]
    ours = _logits(folder, image)
    assert relative_error(ours, theirs) < 1e-4
    assert relative_error(ours, untuned) > 1e-2, "the adapter is in it"


def test_an_adapter_that_peft_made_is_read(
    checkpoint: Callable[[str], Path],
    reference: Callable[[str], Any],
    reference_inputs: Callable[[str, Sequence[Image.Image]], dict[str, Any]],
    relative_error: Callable[[torch.Tensor, torch.Tensor], float],
    tmp_path: Path,
) -> None:
    """Also of the vision tower, and with the scale by the root of the rank."""
    base = checkpoint("2B")
    fresh = type(reference("2B")).from_pretrained(
        base, dtype=torch.float32, attn_implementation="eager"
    )
    config = LoraConfig(
        r=4, lora_alpha=6, use_rslora=True, init_lora_weights=False,
        target_modules=["q_proj", "down_proj", "qkv", "linear_fc2"],
    )  # fmt: skip
    torch.manual_seed(5)
    made = get_peft_model(fresh, config).eval()
    made.save_pretrained(str(tmp_path / "a"))
    written = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
    assert Path(written["base_model_name_or_path"]) == base
    image = draw_picture(64, 96, 3)
    with torch.no_grad():
        theirs = made(**reference_inputs(WORDS, [image])).logits[0, -1]
    assert relative_error(_logits(tmp_path / "a", image), theirs) < 1e-4


def test_an_adapter_is_inspected_checked_and_quantized_as_what_it_makes(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    base, folder = checkpoint("2B"), tmp_path / "adapter"
    _tuned(base, folder, steps=2)
    assert isinstance(open_checkpoint(folder), AdapterFolder)
    assert inspect(folder).weights == inspect(base).weights
    assert verify(folder) == verify(base)
    quantize(folder, tmp_path / "small", 8)
    image = draw_picture(64, 64, 1)
    small, whole = _logits(tmp_path / "small", image), _logits(folder, image)
    assert torch.corrcoef(torch.stack([small, whole]))[0, 1] > 0.99


def test_a_kill_between_two_states_changes_nothing(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    base = checkpoint("2B")
    _tuned(base, tmp_path / "whole")

    class Cut(Exception):
        pass

    def cut(step: int, _: float) -> None:
        if step == 4:
            raise Cut

    turns = [_Turn(1, "click the button"), _Turn(2, "type hello world")]
    for heard in (cut, lambda *_: None):
        pupil = LoraPupil(Engine.load(base, dtype="float32"), Turns(turns, 2, (), 1))
        state = StateFile(tmp_path / "state", "x", 0.0)
        try:
            learn(pupil, Course(6, 3e-3, 1), state, heard)
        except Cut:
            continue
        (tmp_path / "cut").mkdir()
        pupil.write(tmp_path / "cut", base)
    whole, parts = (load_file(tmp_path / f / "adapter_model.safetensors") for f in ("whole", "cut"))
    assert whole.keys() == parts.keys()
    assert all(whole[name].equal(parts[name]) for name in whole)


@pytest.fixture
def adapter(checkpoint: Callable[[str], Path], tmp_path: Path) -> Path:
    folder = tmp_path / "adapter"
    _tuned(checkpoint("2B"), folder, steps=1)
    return folder


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("peft_type", "IA3", "peft_type"),
        ("use_dora", True, "use_dora"),
        ("rank_pattern", {"q_proj": 2}, "rank_pattern"),
        ("modules_to_save", ["lm_head"], "modules_to_save"),
        ("r", 0, "r: "),
        ("base_model_name_or_path", None, "base_model_name_or_path"),
    ],
)
def test_what_is_no_plain_lora_is_refused(
    adapter: Path, field: str, value: object, words: str
) -> None:
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), field: value}))
    with pytest.raises(ConfigError, match=words) as caught:
        open_folder(adapter)
    assert str(file) in str(caught.value)


def test_a_missing_base_is_named(adapter: Path) -> None:
    file = adapter / "adapter_config.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"base_model_name_or_path": "Qwen/Qwen3-VL-2B-Instruct"}))
    with pytest.raises(CheckpointError, match=r"Qwen/Qwen3-VL-2B-Instruct is not in .*model pull"):
        open_folder(adapter)


def test_a_base_beside_the_adapter_is_found_by_a_relative_name(adapter: Path) -> None:
    file = adapter / "adapter_config.json"
    content = json.loads(file.read_text())
    shutil.copytree(content["base_model_name_or_path"], adapter.parent / "base")
    file.write_text(json.dumps(content | {"base_model_name_or_path": "../base"}))
    assert verify(adapter) > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: {"base_model.model.lm_head.lora_A.weight": torch.zeros(2, 2)}, "pairs"),
        (lambda found: {k: v[:, :-1] for k, v in found.items()}, "do not fit rank"),
        (lambda found: {k.replace("layers.0", "layers.77"): v for k, v in found.items()}, "hold"),
        (lambda found: {}, "it is empty"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    adapter: Path,
    change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
    words: str,
) -> None:
    file = adapter / "adapter_model.safetensors"
    save_file({k: v.contiguous() for k, v in change(load_file(file)).items()}, file)
    with pytest.raises(WeightsError, match=words):
        verify(adapter)


def test_a_quantized_base_is_neither_tuned_nor_merged(
    checkpoint: Callable[[str], Path], adapter: Path
) -> None:
    small = adapter.parent / "small"
    quantize(checkpoint("2B"), small, 8)
    with pytest.raises(UnsupportedError, match="quantized checkpoint cannot be tuned"):
        LoraPupil(Engine.load(small), Turns([_Turn(1, "x")], 1, (), 1))
    file = adapter / "adapter_config.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"base_model_name_or_path": str(small)}))
    with pytest.raises(WeightsError, match="a quantized one cannot be merged"):
        verify(adapter)
