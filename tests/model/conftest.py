"""Tiny random checkpoints in the published layout, and transformers as the reference."""

import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as FastTokenizer
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.model.shapes import reference_class, tiny_config

DATA = Path(__file__).parent / "data"
# As in the published tokenizer: some added tokens are control tokens, some are ordinary text.
CONTROL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
PLAIN = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>")
WORDS = (
    "Please press the button named Save, then type hello world into the field below the label. "
    "The window shows a list of names, dates and numbers: 10 20 30 400 1000. It's here; they're "
    "there!\n\nStep 1: click at [12, 345]\nStep 2: wait\n"
)
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PREPROCESSOR: dict[str, Any] = {
    "size": {"longest_edge": 64 * 1024, "shortest_edge": 4 * 1024}, "patch_size": 16,
    "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip


def train_tokenizer() -> FastTokenizer:
    """Make a byte-level BPE tokenizer with Qwen's way of splitting and its kinds of tokens."""
    tokenizer = FastTokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([WORDS], trainer)
    added = [AddedToken(token, special=True, normalized=False) for token in CONTROL]
    added += [AddedToken(token, special=False, normalized=False) for token in PLAIN]
    tokenizer.add_tokens(added)
    return tokenizer


def write_text_files(folder: Path, tokenizer: FastTokenizer) -> None:
    """Write the tokenizer, template and processor files as published checkpoints have them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    template = (DATA / "chat_template.jinja").read_text(encoding="utf-8")
    files: dict[str, object] = {
        "tokenizer_config.json": {
            "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>", "model_max_length": 262144,
        },
        "chat_template.json": {"chat_template": template},
        "preprocessor_config.json": {
            **PREPROCESSOR, "image_processor_type": "Qwen2VLImageProcessorFast",
        },
        "generation_config.json": {
            "eos_token_id": [tokenizer.token_to_id("<|im_end|>"),
                             tokenizer.token_to_id("<|endoftext|>")],
            "do_sample": True, "temperature": 0.7,
        },
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def draw_weights(model: Any, seed: int) -> None:
    """Draw weights wide enough that the text is varied and depends on the image.

    With the usual initialisation a random model repeats one token and hardly sees the image, so
    that a comparison would pass with half of the network missing.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if "norm" in name and name.endswith("weight"):
            # Sharp attention is what keeps the text from running in circles.
            drawn = 0.3 * noise + (2.5 if "q_norm" in name else 1.0)
        elif value.dim() == 1:
            drawn = 0.2 * noise
        elif "embed_tokens" in name:
            drawn = 0.1 * noise
        elif "pos_embed" in name or "lm_head" in name:
            drawn = noise
        else:
            # An expert is one of many matrices in a tensor; a convolution's kernel is one.
            inputs = value.shape[-1] if ".experts." in name else value[0].numel()
            drawn = noise * 1.6 / math.sqrt(inputs)
        value.data.copy_(drawn)


def transpose_experts(folder: Path) -> None:
    """Turn the experts' tensors as the published checkpoints have them (transformers does not)."""
    tensors = load_file(folder / "model.safetensors")
    turned = {
        name: value.transpose(1, 2).contiguous() if ".experts." in name else value
        for name, value in tensors.items()
    }
    save_file(turned, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture(scope="session")
def fast_tokenizer() -> FastTokenizer:
    return train_tokenizer()


@pytest.fixture(scope="session")
def checkpoint(
    tmp_path_factory: pytest.TempPathFactory, fast_tokenizer: FastTokenizer
) -> Callable[[str], Path]:
    """Return a function from a shape's name to a checkpoint folder, written once."""
    made: dict[str, Path] = {}

    def make(shape: str) -> Path:
        if shape not in made:
            folder = tmp_path_factory.mktemp(shape)
            model = reference_class(shape)(tiny_config(shape, fast_tokenizer)).eval()
            draw_weights(model, seed=len(shape))
            model.save_pretrained(folder)
            transpose_experts(folder)
            write_text_files(folder, fast_tokenizer)
            made[shape] = folder
        return made[shape]

    return make


@pytest.fixture(scope="session")
def reference(checkpoint: Callable[[str], Path]) -> Callable[[str], Any]:
    """Return a function from a shape's name to transformers' model of that checkpoint."""
    made: dict[str, Any] = {}

    def load(shape: str) -> Any:
        if shape not in made:
            made[shape] = (
                reference_class(shape)
                .from_pretrained(
                    checkpoint(shape), dtype=torch.float32, attn_implementation="eager"
                )
                .eval()
            )
        return made[shape]

    return load


@pytest.fixture(scope="session")
def picture() -> Callable[[int, int, int], Image.Image]:
    """Return a function (width, height, seed) to a picture with edges, text-like noise, colours."""

    def draw(width: int, height: int, seed: int) -> Image.Image:
        chance = random.Random(seed)
        pixels = np.full((height, width, 3), [chance.randrange(256) for _ in range(3)], np.uint8)
        for _ in range(25):
            left, top = chance.randrange(width), chance.randrange(height)
            box = pixels[top : top + chance.randrange(1, 30), left : left + chance.randrange(1, 40)]
            box[:] = [chance.randrange(256) for _ in range(3)]
        return Image.fromarray(pixels)

    return draw


@pytest.fixture(scope="session")
def relative_error() -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Return a function that gives the largest difference, in units of the reference's size."""

    def compare(ours: torch.Tensor, theirs: torch.Tensor) -> float:
        assert ours.shape == theirs.shape
        scale = float(theirs.float().pow(2).mean().sqrt())
        return float((ours.float() - theirs.float()).abs().max()) / scale

    return compare


@pytest.fixture(scope="session")
def reference_inputs(
    fast_tokenizer: FastTokenizer,
) -> Callable[[str, Sequence[Image.Image]], dict[str, Any]]:
    """Return a function that makes transformers' inputs of one user turn, by its own code."""
    template = (DATA / "chat_template.jinja").read_text(encoding="utf-8")
    wrap: Any = PreTrainedTokenizerFast
    tokenizer = wrap(
        tokenizer_object=FastTokenizer.from_str(fast_tokenizer.to_str()), chat_template=template
    )
    processor = Qwen2VLImageProcessorPil(**PREPROCESSOR)
    pad = "<|image_pad|>"

    def build(text: str, images: Sequence[Image.Image]) -> dict[str, Any]:
        content: Any = [{"type": "image"} for _ in images] + [{"type": "text", "text": text}]
        rendered: Any = tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        pixels = processor(images=list(images), return_tensors="pt") if images else {}
        for grid in pixels.get("image_grid_thw", ()):
            rendered = rendered.replace(pad, "<mark>" * (int(grid.prod()) // 4), 1)
        ids = tokenizer(rendered.replace("<mark>", pad), return_tensors="pt")["input_ids"]
        types = (ids == tokenizer.convert_tokens_to_ids(pad)).int()
        return {
            "input_ids": ids, "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": types, **pixels,
        }  # fmt: skip

    return build


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: its threads wait for each other badly on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
