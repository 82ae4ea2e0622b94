"""The decoder's part of a configuration: sizes, positions, experts.

Position settings are read from rope_parameters (transformers 5), from rope_scaling beside
rope_theta (transformers 4), or from the class defaults. YaRN: arXiv 2309.00071.
"""

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from handrail.model.checkpoint import JsonObject, section

Count = Annotated[int, Field(gt=0)]
Index = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A part of config.json; fields that inference does not need are passed over."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, protected_namespaces=()
    )


class Yarn(Part):
    """Stretches the positions that a model was trained on by a factor."""

    factor: float = Field(ge=1)
    original_max_position_embeddings: Count
    beta_fast: float = Field(default=32.0, gt=0)
    beta_slow: float = Field(default=1.0, gt=0)
    attention_factor: float | None = Field(default=None, gt=0)
    mscale: float | None = None
    mscale_all_dim: float | None = None
    truncate: bool = True

    @property
    def scale(self) -> float:
        """Return what cosines and sines are multiplied by, which sharpens attention."""
        if self.attention_factor is not None:
            return self.attention_factor
        if self.mscale and self.mscale_all_dim:
            return self._growth(self.mscale) / self._growth(self.mscale_all_dim)
        return self._growth(1.0)

    def _growth(self, weight: float) -> float:
        return 0.1 * weight * math.log(self.factor) + 1.0


class TextConfig(Part):
    """Sizes of the decoder, its interleaved M-RoPE, and its experts where it has any.

    A layer with experts sends each token to `num_experts_per_tok` of `num_experts` networks of
    width `moe_intermediate_size`.
    """

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
    yarn: Yarn | None = None
    num_experts: Index = 0
    num_experts_per_tok: Count = 1
    moe_intermediate_size: Count = 1
    decoder_sparse_step: Count = 1
    mlp_only_layers: tuple[Index, ...] = ()

    @property
    def longest(self) -> int:
        """Return how many tokens the model can read."""
        if self.yarn is None:
            return self.max_position_embeddings
        stretched = int(self.yarn.factor * self.yarn.original_max_position_embeddings)
        return max(self.max_position_embeddings, stretched)

    def has_experts(self, layer: int) -> bool:
        """Tell whether a layer's network is a mixture of experts."""
        every = (layer + 1) % self.decoder_sparse_step == 0
        return self.num_experts > 0 and every and layer not in self.mlp_only_layers

    @model_validator(mode="before")
    @classmethod
    def _read_rope(cls, data: object) -> JsonObject:
        fields = section(data)
        rope: JsonObject = {
            **section(fields.get("rope_scaling")),
            **section(fields.get("rope_parameters")),
        }
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind not in ("default", "mrope", "yarn"):
            raise ValueError(f"rope_type {kind!r} is not supported (only 'default' and 'yarn')")
        if rope.get("mrope_interleaved") is False:
            raise ValueError("mrope_interleaved=false is not supported: Qwen3-VL interleaves")
        kept: JsonObject = {
            key: rope[key] for key in ("rope_theta", "mrope_section") if key in rope
        }
        merged: JsonObject = {**fields, **kept}
        if merged.get("num_key_value_heads") is None:
            merged["num_key_value_heads"] = merged.get("num_attention_heads")
        if "num_local_experts" in fields:  # transformers 5's name
            merged.setdefault("num_experts", fields["num_local_experts"])
        if merged.get("mlp_only_layers") is None:
            merged.pop("mlp_only_layers", None)
        if kind == "yarn":
            merged["yarn"] = {
                "original_max_position_embeddings": fields.get("max_position_embeddings"),
                **{key: value for key, value in rope.items() if value is not None},
            }
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
        if self.num_experts and self.num_experts_per_tok > self.num_experts:
            raise ValueError("num_experts_per_tok must not be above num_experts")
        return self
