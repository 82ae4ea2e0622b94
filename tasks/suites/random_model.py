"""Checkpoints of published dimensions with random weights, in the published layout.

For measuring what a size needs without downloading it: the weights say nothing, but their shapes,
their number and the size of the vocabulary are the real ones.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from handrail.model.blank import blank
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import ModelConfig, load_config
from handrail.model.moe import MoE, SeparateExperts
from handrail.model.network import Network
from handrail.model.shards import SHARD_BYTES, write_shards

SEED = 1
Stored = Literal["bfloat16", "int4", "FP8"]
"""How the decoder's matrices are stored; all else is bfloat16."""
_GROUP, _BLOCK = 128, 128
_SPREAD = 0.02
_ADDED = (
    "endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end", "box_start",
    "box_end", "quad_start", "quad_end", "vision_start", "vision_end", "vision_pad",
    "image_pad", "video_pad",
)  # fmt: skip
_PLAIN = 151_643
"""Tokens of the published tokenizer before those that were added."""
_DRAWN = 2**24 - 3
"""Random numbers that are drawn once, and repeated out of step with every matrix."""
_PROCESSOR = {
    "size": {"longest_edge": 16_777_216, "shortest_edge": 65_536},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


@dataclass(frozen=True)
class Mixture:
    """Of a layer's mixture: its experts, how many of them each token is sent to, their width."""

    experts: int
    chosen: int
    inner: int


@dataclass(frozen=True)
class Dimensions:
    """The numbers in which the published sizes differ; ``mixture`` is None for dense ones."""

    width: int
    inner: int
    layers: int
    heads: int
    tied: bool
    vocabulary: int = 151_936
    vision_depth: int = 24
    vision_width: int = 1024
    vision_inner: int = 4096
    levels: tuple[int, ...] = (5, 11, 17)
    key_heads: int = 8
    mixture: Mixture | None = None

    def config(self) -> dict[str, object]:
        """Return the content of a config.json."""
        rope = {"rope_type": "default", "mrope_section": [24, 20, 20], "mrope_interleaved": True}
        text = {
            "vocab_size": self.vocabulary, "hidden_size": self.width,
            "intermediate_size": self.inner, "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads, "num_key_value_heads": self.key_heads,
            "head_dim": 128,
            "max_position_embeddings": 262_144, "rope_theta": 5_000_000, "rope_scaling": rope,
            "rms_norm_eps": 1e-6,
        }  # fmt: skip
        if self.mixture is not None:
            text |= {
                "num_experts": self.mixture.experts, "num_experts_per_tok": self.mixture.chosen,
                "moe_intermediate_size": self.mixture.inner, "decoder_sparse_step": 1,
            }  # fmt: skip
        vision = {
            "depth": self.vision_depth, "hidden_size": self.vision_width,
            "intermediate_size": self.vision_inner, "num_heads": 16,
            "out_hidden_size": self.width, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": list(self.levels),
        }  # fmt: skip
        return {
            "model_type": "qwen3_vl_moe" if self.mixture else "qwen3_vl",
            "tie_word_embeddings": self.tied, "text_config": text,
            "vision_config": vision, "eos_token_id": 151_645,
        }  # fmt: skip


TWO_BILLION = Dimensions(width=2048, inner=6144, layers=28, heads=16, tied=True)
FOUR_BILLION = Dimensions(width=2560, inner=9728, layers=36, heads=32, tied=True)
EIGHT_BILLION = Dimensions(
    width=4096, inner=12_288, layers=36, heads=32, tied=False, vision_depth=27,
    vision_width=1152, vision_inner=4304, levels=(8, 16, 24),
)  # fmt: skip
THIRTY_BILLION = Dimensions(
    width=2048, inner=6144, layers=48, heads=32, tied=False, vision_depth=27,
    vision_width=1152, vision_inner=4304, levels=(8, 16, 24), key_heads=4,
    mixture=Mixture(experts=128, chosen=8, inner=768),
)  # fmt: skip
"""30B-A3B, as its published configuration has it."""


def wide(layers: int) -> Dimensions:
    """Return the 32B's widths with fewer layers, a small vocabulary and a small tower."""
    return Dimensions(
        width=5120, inner=25_600, layers=layers, heads=64, tied=False, vocabulary=8192,
        vision_depth=1, levels=(0,),
    )  # fmt: skip


def write_model(folder: Path, dimensions: Dimensions, stored: Stored = "bfloat16") -> None:
    """Write a checkpoint folder; memory holds one file of it at a time."""
    folder.mkdir(parents=True)
    contents = {
        "config.json": {**dimensions.config(), **_QUANTIZED[stored]},
        "preprocessor_config.json": _PROCESSOR,
        "tokenizer_config.json": {"eos_token": "<|im_end|>"},
        "tokenizer.json": _tokenizer(),
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    template = files("handrail.model.pocket") / "weights" / "chat_template.jinja"
    (folder / "chat_template.jinja").write_bytes(template.read_bytes())
    weights = _weights(load_config(CheckpointFolder(folder)), separate=stored != "bfloat16")
    if stored != "bfloat16":
        weights = _packed(weights, stored)
    write_shards(folder, weights, SHARD_BYTES)


_QUANTIZED: dict[Stored, dict[str, object]] = {
    "bfloat16": {},
    "FP8": {
        "quantization_config": {"quant_method": "fp8", "weight_block_size": [_BLOCK, _BLOCK]},
    },
    "int4": {
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "config_groups": {
                "group_0": {
                    "targets": ["Linear"],
                    "weights": {"num_bits": 4, "strategy": "group", "group_size": _GROUP},
                }
            },
        },
    },
}


def _packed(weights: Iterator[tuple[str, Tensor]], stored: Stored) -> Iterator[tuple[str, Tensor]]:
    """Put drawn codes in the place of the decoder's matrices, spread about as those are."""
    generator = torch.Generator().manual_seed(SEED)
    words = torch.randint(-(2**31), 2**31, (_DRAWN,), generator=generator).int()
    codes = torch.empty(_DRAWN).normal_(0, 100, generator=generator).to(torch.float8_e4m3fn)
    for name, value in weights:
        if not (".layers." in name and name.endswith("_proj.weight")):
            yield name, value
            continue
        stem, (rows, columns) = name.removesuffix(".weight"), value.shape
        if stored == "FP8":
            blocks = (-(-rows // _BLOCK), -(-columns // _BLOCK))
            yield name, _repeated(codes, value.shape)
            yield f"{name}_scale_inv", torch.full(blocks, _SPREAD / 100)
            continue
        # 16 codes that are equally likely have a standard deviation of 4.6
        scale = torch.full((rows, columns // _GROUP), _SPREAD / 4.6, dtype=torch.bfloat16)
        yield f"{stem}.weight_packed", _repeated(words, torch.Size((rows, columns // 8)))
        yield f"{stem}.weight_scale", scale
        yield f"{stem}.weight_shape", torch.tensor((rows, columns))


def _repeated(drawn: Tensor, shape: torch.Size) -> Tensor:
    size = shape.numel()
    return drawn.repeat(-(-size // _DRAWN))[:size].view(shape)


def _weights(config: ModelConfig, separate: bool) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of a network, small enough that no activation overflows.

    ``separate``: each expert of a mixture by itself, as packed checkpoints have them.
    """
    with blank():
        network = Network(config)
        for module in [m for m in network.modules() if separate and isinstance(m, MoE)]:
            module.experts = SeparateExperts(config.text)
    generator = torch.Generator().manual_seed(SEED)
    noise = torch.empty(_DRAWN, dtype=torch.bfloat16).normal_(0, _SPREAD, generator=generator)
    for name, shape in ((n, p.shape) for n, p in network.named_parameters()):
        if "norm" in name and name.endswith("weight"):
            yield name, torch.ones(shape, dtype=torch.bfloat16)
        else:
            yield name, _repeated(noise, shape)


def _tokenizer() -> dict[str, object]:
    """Return a byte-level tokenizer of the published size: pairs, and pairs of pairs and bytes."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    pairs = [(a, b) for a in letters for b in letters]
    threes = [(a + b, c) for (a, b), c in itertools.product(pairs, letters)]
    merges = [*pairs, *threes][: _PLAIN - len(letters)]
    tokens = [*letters, *(a + b for a, b in merges)]
    added = [
        {"id": _PLAIN + i, "content": f"<|{name}|>", "special": True, "single_word": False,
         "lstrip": False, "rstrip": False, "normalized": False}
        for i, name in enumerate(_ADDED)
    ]  # fmt: skip
    bytewise = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False,
                "use_regex": False}  # fmt: skip
    return {
        "version": "1.0", "added_tokens": added, "pre_tokenizer": bytewise, "decoder": bytewise,
        "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)},
                  "merges": [list(m) for m in merges]},
    }  # fmt: skip
