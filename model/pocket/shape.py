"""The pocket model's sizes, as the config.json of a published Qwen3-VL says such things."""

from dataclasses import dataclass

from handrail.model.config import ModelConfig
from handrail.model.pocket import vocabulary as v

HEAD = 64


@dataclass(frozen=True)
class Shape:
    """Widths and depths; heads are 64 wide throughout."""

    vision_width: int = 256
    vision_depth: int = 6
    text_width: int = 256
    text_depth: int = 6


def shape_of(config: ModelConfig) -> Shape:
    """Return the shape of a checkpoint of this family, from its configuration."""
    vision, text = config.vision, config.text
    return Shape(vision.hidden_size, vision.depth, text.hidden_size, text.num_hidden_layers)


def config_json(shape: Shape) -> dict[str, object]:
    """Return the content of the checkpoint's config.json."""
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"],
        "model_type": "qwen3_vl",
        "dtype": "bfloat16",
        "image_token_id": v.token("<|image_pad|>"),
        "video_token_id": v.token("<|video_pad|>"),
        "vision_start_token_id": v.token("<|vision_start|>"),
        "vision_end_token_id": v.token("<|vision_end|>"),
        "tie_word_embeddings": True,
        "text_config": _text(shape),
        "vision_config": _vision(shape),
    }


def _text(shape: Shape) -> dict[str, object]:
    return {
        "model_type": "qwen3_vl_text",
        "vocab_size": v.SIZE,
        "hidden_size": shape.text_width,
        "intermediate_size": 3 * shape.text_width,
        "num_hidden_layers": shape.text_depth,
        "num_attention_heads": shape.text_width // HEAD,
        "num_key_value_heads": 2,
        "head_dim": HEAD,
        "max_position_embeddings": 8192,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "rope_scaling": {
            "rope_type": "default",
            "mrope_interleaved": True,
            "mrope_section": [12, 10, 10],
        },
        "tie_word_embeddings": True,
        "bos_token_id": v.token("<|endoftext|>"),
        "eos_token_id": v.token("<|im_end|>"),
    }


def _vision(shape: Shape) -> dict[str, object]:
    return {
        "model_type": "qwen3_vl",
        "depth": shape.vision_depth,
        "hidden_size": shape.vision_width,
        "intermediate_size": 4 * shape.vision_width,
        "num_heads": shape.vision_width // HEAD,
        "hidden_act": "gelu_pytorch_tanh",
        "in_channels": 3,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": shape.text_width,
        "num_position_embeddings": 2304,
        "deepstack_visual_indexes": [1, 3],
    }
