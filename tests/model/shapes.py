"""The shapes of the random checkpoints: the six published layouts, scaled down, and odd ones."""

from typing import Any

from tokenizers import Tokenizer as FastTokenizer
from transformers import (
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLMoeConfig,
    Qwen3VLMoeForConditionalGeneration,
)

VOCAB = 640
Overrides = dict[str, Any]
# The published towers have 16 heads, of 64 and of 72; the large one's inner width is an odd one.
_SMALL_TOWER: Overrides = {
    "depth": 4, "hidden_size": 64, "num_heads": 4, "intermediate_size": 256,
    "deepstack_visual_indexes": [0, 1, 2],
}  # fmt: skip
_LARGE_TOWER: Overrides = {
    "depth": 5, "hidden_size": 72, "num_heads": 2, "intermediate_size": 268,
    "deepstack_visual_indexes": [0, 2, 3],
}  # fmt: skip


def _published(
    hidden: int, heads: tuple[int, int], inner: int, tower: Overrides, **more: Any
) -> tuple[Overrides, Overrides]:
    """Return the overrides of a published layout; `heads` are those of queries and of keys."""
    text = {"hidden_size": hidden, "num_attention_heads": heads[0], "num_hidden_layers": 4,
            "num_key_value_heads": heads[1], "intermediate_size": inner, **more}  # fmt: skip
    return text, {**tower, "out_hidden_size": hidden}


def _experts(inner: int) -> Overrides:
    return {"num_experts": 16, "num_experts_per_tok": 4, "moe_intermediate_size": inner}


_BLOCKS: Overrides = {
    "hidden_size": 256, "intermediate_size": 512, "head_dim": 64, "num_hidden_layers": 4,
    "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [12, 10, 10],
                        "mrope_interleaved": True},
}  # fmt: skip
# Kept of each: the ratio of query heads to kv heads, of all heads' width to the model's, of the
# inner width to it, the tower, the tied or untied head. The head's dimension is a quarter.
LAYOUTS: dict[str, tuple[Overrides, Overrides, bool]] = {
    "2B": (*_published(128, (4, 2), 384, _SMALL_TOWER), True),
    "4B": (*_published(160, (8, 2), 608, _SMALL_TOWER), True),
    "8B": (*_published(256, (8, 2), 768, _LARGE_TOWER), False),
    "32B": (*_published(320, (16, 2), 1600, _LARGE_TOWER), False),
    "30B-A3B": (*_published(256, (16, 2), 768, _LARGE_TOWER, **_experts(96)), False),
    "235B-A22B": (*_published(256, (16, 1), 768, _LARGE_TOWER, **_experts(96)), False),
}
# name: (text overrides, vision overrides, tied)
SHAPES: dict[str, tuple[Overrides, Overrides, bool]] = {
    **LAYOUTS,
    "tied": ({}, {}, True),
    "untied": ({"num_key_value_heads": 1}, {"hidden_size": 96, "num_heads": 2}, False),
    "wide": (
        {"hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 24,
         "rope_parameters": {"rope_type": "default", "rope_theta": 5e6,
                             "mrope_section": [4, 4, 4], "mrope_interleaved": True},
         "num_hidden_layers": 4},
        {"depth": 4, "deepstack_visual_indexes": [0, 1, 3], "num_position_embeddings": 144,
         "out_hidden_size": 96},
        True,
    ),
    "fused": (
        {"num_experts": 6, "num_experts_per_tok": 3, "moe_intermediate_size": 48,
         "num_hidden_layers": 4}, {}, False,
    ),
    "some experts": (
        {"num_experts": 5, "num_experts_per_tok": 3, "moe_intermediate_size": 40,
         "num_hidden_layers": 5, "decoder_sparse_step": 2, "mlp_only_layers": [3]}, {}, True,
    ),
    "yarn": (
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 5e4, "mrope_section": [6, 5, 5],
                             "mrope_interleaved": True, "factor": 4.0, "beta_fast": 6,
                             "original_max_position_embeddings": 256}}, {}, False,
    ),
    # Rows of whole blocks in every GGUF format: multiples of 256.
    "blocks": (_BLOCKS, {"out_hidden_size": 256, "num_heads": 2}, False),
    "expert blocks": (
        # not 256: an expert's matrix with equal sides does not tell whether it is transposed
        {**_BLOCKS, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 512},
        {"out_hidden_size": 256, "num_heads": 2}, False,
    ),
}  # fmt: skip


def tiny_config(shape: str, tokenizer: FastTokenizer) -> Any:
    """Return a transformers configuration of one of the shapes."""
    text, vision, tied = SHAPES[shape]
    build: Any = Qwen3VLMoeConfig if "num_experts" in text else Qwen3VLConfig
    return build(
        text_config={
            "vocab_size": VOCAB, "hidden_size": 64, "intermediate_size": 128, "head_dim": 32,
            "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
            "max_position_embeddings": 4096, "rope_parameters": {
                "rope_type": "default", "rope_theta": 5e6, "mrope_section": [6, 5, 5],
                "mrope_interleaved": True}, **text,
        },
        vision_config={
            "depth": 3, "hidden_size": 64, "intermediate_size": 112, "num_heads": 4,
            "out_hidden_size": 64, "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 2], **vision,
        },
        image_token_id=tokenizer.token_to_id("<|image_pad|>"),
        video_token_id=tokenizer.token_to_id("<|video_pad|>"),
        vision_start_token_id=tokenizer.token_to_id("<|vision_start|>"),
        vision_end_token_id=tokenizer.token_to_id("<|vision_end|>"),
        tie_word_embeddings=tied,
    )  # fmt: skip


def reference_class(shape: str) -> Any:
    """Return transformers' model class of one of the shapes."""
    with_experts = "num_experts" in SHAPES[shape][0]
    return Qwen3VLMoeForConditionalGeneration if with_experts else Qwen3VLForConditionalGeneration
