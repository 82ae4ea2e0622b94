"""The configuration of a Qwen3-VL checkpoint: the part of config.json that inference needs.

Layout as published (transformers' Qwen3VLConfig and Qwen3VLMoeConfig): vision_config, text_config
and token ids at the top.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from handrail.model.checkpoint import CheckpointFolder, JsonObject, section
from handrail.model.errors import ConfigError
from handrail.model.quantization import Quantization
from handrail.model.text_config import Count, Index, Part, TextConfig


class VisionConfig(Part):
    """Sizes of the vision tower."""

    depth: Count
    hidden_size: Count
    intermediate_size: Count
    num_heads: Count
    out_hidden_size: Count
    num_position_embeddings: Count = 2304
    deepstack_visual_indexes: tuple[Index, ...] = (8, 16, 24)
    patch_size: Count = 16
    spatial_merge_size: Count = 2
    temporal_patch_size: Count = 2
    in_channels: Literal[3] = 3
    hidden_act: Literal["gelu_pytorch_tanh"] = "gelu_pytorch_tanh"
    rope_theta: float = Field(default=10_000.0, gt=0)

    @property
    def head_dim(self) -> int:
        """Return the channels of one attention head."""
        return self.hidden_size // self.num_heads

    @property
    def grid_side(self) -> int:
        """Return the side of the square table of learned positions."""
        return int(self.num_position_embeddings**0.5)

    @model_validator(mode="before")
    @classmethod
    def _read_rope(cls, data: object) -> JsonObject:
        fields = section(data)
        theta = section(fields.get("rope_parameters")).get("rope_theta")
        return fields if theta is None else {**fields, "rope_theta": theta}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.hidden_size % self.num_heads or self.head_dim % 4:
            raise ValueError("hidden_size / num_heads must be a multiple of 4")
        if self.grid_side**2 != self.num_position_embeddings:
            raise ValueError("num_position_embeddings must be a square number")
        if len(set(self.deepstack_visual_indexes)) < len(self.deepstack_visual_indexes):
            raise ValueError("deepstack_visual_indexes names a block twice")
        if any(index >= self.depth for index in self.deepstack_visual_indexes):
            raise ValueError(f"deepstack_visual_indexes must be below depth ({self.depth})")
        return self


class ModelConfig(Part):
    """A whole checkpoint's configuration."""

    model_type: Literal["qwen3_vl", "qwen3_vl_moe"]
    vision: VisionConfig = Field(alias="vision_config")
    text: TextConfig = Field(alias="text_config")
    quantization: Quantization | None = Field(default=None, alias="quantization_config")
    image_token_id: Index = 151_655
    video_token_id: Index = 151_656
    tie_word_embeddings: bool = False
    eos_token_ids: tuple[Index, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_shared(cls, data: JsonObject) -> JsonObject:
        text = section(data.get("text_config"))
        tied = data.get("tie_word_embeddings")
        return {
            **data,
            "tie_word_embeddings": text.get("tie_word_embeddings", False) if tied is None else tied,
            "eos_token_ids": token_ids(data.get("eos_token_id"))
            + token_ids(text.get("eos_token_id")),
        }

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.model_type == "qwen3_vl_moe") != (self.text.num_experts > 0):
            raise ValueError(
                f"model_type {self.model_type} does not go with text_config.num_experts = "
                f"{self.text.num_experts}"
            )
        if self.vision.out_hidden_size != self.text.hidden_size:
            raise ValueError(
                f"vision_config.out_hidden_size ({self.vision.out_hidden_size}) must equal "
                f"text_config.hidden_size ({self.text.hidden_size})"
            )
        if len(self.vision.deepstack_visual_indexes) > self.text.num_hidden_layers:
            raise ValueError("more deepstack levels than decoder layers")
        return self


def token_ids(value: object) -> tuple[int, ...]:
    """Return the ids of a JSON value that may be absent, one id, or a list of ids."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(item for item in values if isinstance(item, int) and not isinstance(item, bool))


def load_config(folder: CheckpointFolder) -> ModelConfig:
    """Read and check config.json.

    Raises ConfigError naming every field that is missing or not supported.
    """
    data = folder.json("config.json")
    if data is None:
        raise ConfigError(f"{folder.path} has no config.json: is it a checkpoint folder?")
    return parse_config(data, str(folder.path / "config.json"))


def parse_config(data: Mapping[str, object], source: str) -> ModelConfig:
    """Check a configuration that was already read; `source` is named in the error."""
    try:
        return ModelConfig.model_validate(dict(data))
    except ValidationError as error:
        lines = (
            f"{'.'.join(str(step) for step in item['loc']) or 'config'}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigError(f"{source} cannot be used: {'; '.join(lines)}") from error
