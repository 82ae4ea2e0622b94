"""Write tiny random checkpoints in the published layout, and draw pictures."""

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as FastTokenizer
from tokenizers.trainers import BpeTrainer

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


def write_checkpoint(shape: str, folder: Path, tokenizer: FastTokenizer) -> None:
    """Write a checkpoint of one of the shapes into a folder."""
    model = reference_class(shape)(tiny_config(shape, tokenizer)).eval()
    draw_weights(model, seed=len(shape))
    model.save_pretrained(folder)
    transpose_experts(folder)
    write_text_files(folder, tokenizer)


def draw_picture(width: int, height: int, seed: int) -> Image.Image:
    """Return a picture with edges, text-like noise, colours."""
    chance = random.Random(seed)
    pixels = np.full((height, width, 3), [chance.randrange(256) for _ in range(3)], np.uint8)
    for _ in range(25):
        left, top = chance.randrange(width), chance.randrange(height)
        box = pixels[top : top + chance.randrange(1, 30), left : left + chance.randrange(1, 40)]
        box[:] = [chance.randrange(256) for _ in range(3)]
    return Image.fromarray(pixels)
