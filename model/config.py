"""The configuration of a Qwen3-VL checkpoint: the part of config.json that inference needs.

Layout as published (transformers' Qwen3VLConfig): vision_config, text_config and token ids at
the top. Position settings are read from rope_parameters (transformers 5), from rope_scaling
beside rope_theta (transformers 4), or from the class defaults.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from handrail.model.checkpoint import CheckpointFolder, JsonObject, section
from handrail.model.errors import ConfigError

Count = Annotated[int, Field(gt=0)]
Index = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, protected_namespaces=()
    )


class VisionConfig(_Part):
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


class TextConfig(_Part):
    """Sizes of the decoder and its interleaved M-RoPE."""

    vocab_size: Count
    hidden_size: Count
    intermediate_size: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    num_key_value_heads: Count
    head_dim: Count = 128
    max_position_embeddings: Count = 128_000
    rms_norm_eps: float = 1e-6
    hidden_act: Literal["silu"] = "silu"
    attention_bias: Literal[False] = False
    rope_theta: float = Field(default=500_000.0, gt=0)
    mrope_section: tuple[Index, Index, Index] = (24, 20, 20)

    @model_validator(mode="before")
    @classmethod
    def _read_rope(cls, data: object) -> JsonObject:
        fields = section(data)
        rope: JsonObject = {
            **section(fields.get("rope_scaling")),
            **section(fields.get("rope_parameters")),
        }
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind not in ("default", "mrope"):
            raise ValueError(f"rope_type {kind!r} is not supported (only 'default')")
        if rope.get("mrope_interleaved") is False:
            raise ValueError("mrope_interleaved=false is not supported: Qwen3-VL interleaves")
        kept: JsonObject = {
            key: rope[key] for key in ("rope_theta", "mrope_section") if key in rope
        }
        merged: JsonObject = {**fields, **kept}
        if merged.get("num_key_value_heads") is None:
            merged["num_key_value_heads"] = merged.get("num_attention_heads")
        return merged

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError("num_attention_heads must be a multiple of num_key_value_heads")
        if sum(self.mrope_section) * 2 != self.head_dim:
            raise ValueError(
                f"mrope_section {list(self.mrope_section)} must sum to head_dim / 2 "
                f"({self.head_dim // 2})"
            )
        return self


class ModelConfig(_Part):
    """A whole checkpoint's configuration."""

    model_type: Literal["qwen3_vl"]
    vision: VisionConfig = Field(alias="vision_config")
    text: TextConfig = Field(alias="text_config")
    image_token_id: Index = 151_655
    video_token_id: Index = 151_656
    tie_word_embeddings: bool = False
    eos_token_ids: tuple[Index, ...] = ()

    @field_validator("model_type", mode="before")
    @classmethod
    def _check_type(cls, value: object) -> object:
        if value == "qwen3_vl_moe":
            raise ValueError("mixture-of-experts checkpoints are not supported yet")
        return value

    @model_validator(mode="before")
    @classmethod
    def _read_shared(cls, data: JsonObject) -> JsonObject:
        if data.get("quantization_config"):
            raise ValueError("quantized checkpoints are not supported yet: use a bf16 one")
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
