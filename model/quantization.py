"""How a checkpoint's weights are quantized, as its config.json says.

Formats: DeepSeek-style FP8 (blocks), AutoAWQ "gemm", GPTQ, and compressed-tensors' float-quantized
and pack-quantized. Which layers are quantized is not read here but seen from the stored tensors.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from handrail.model.checkpoint import JsonObject, section
from handrail.model.text_config import Part

Method = Literal["fp8", "awq", "gptq", "compressed-tensors"]
_FORMATS = ("float-quantized", "pack-quantized")


class Quantization(Part):
    """One scheme for all quantized layers.

    `bits` of an integer weight; `group_size`: inputs that share a scale, -1 for all; `block`: rows
    and columns that share an FP8 scale; `zero_offset`: what is added to GPTQ's stored zeros.
    """

    quant_method: Method
    bits: Literal[4, 8] = 4
    group_size: int = Field(default=128, ge=-1)
    block: tuple[int, int] = (128, 128)
    zero_offset: Literal[0, 1] = 1

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: object) -> JsonObject:
        fields = section(data)
        read = _READERS.get(str(fields.get("quant_method")), dict)(fields)
        return {"quant_method": fields.get("quant_method"), **read}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.group_size == 0:
            raise ValueError("group_size must be -1 or positive")
        return self

    def groups(self, inputs: int) -> int:
        """Return how many groups a row of so many inputs has; the last one may be shorter."""
        return 1 if self.group_size == -1 else -(-inputs // self.group_size)


def _fp8(fields: Mapping[str, object]) -> JsonObject:
    if fields.get("fmt", "e4m3") != "e4m3":
        raise ValueError(f"fmt {fields['fmt']!r} is not supported (only 'e4m3')")
    block = fields.get("weight_block_size")
    return {} if block is None else {"block": block}


def _awq(fields: Mapping[str, object]) -> JsonObject:
    version = str(fields.get("version", "gemm")).lower()
    if version != "gemm":
        raise ValueError(f"AWQ version {version!r} is not supported (only 'gemm')")
    if fields.get("bits", fields.get("w_bit", 4)) != 4:
        raise ValueError("AWQ with other than 4 bits is not supported")
    return {"group_size": fields.get("group_size", fields.get("q_group_size", 128))}


def _gptq(fields: Mapping[str, object]) -> JsonObject:
    layout = fields.get("checkpoint_format", "gptq")
    if layout not in ("gptq", "gptq_v2"):
        raise ValueError(f"checkpoint_format {layout!r} is not supported (gptq, gptq_v2)")
    return {
        "bits": fields.get("bits", 4),
        "group_size": fields.get("group_size", 128),
        "zero_offset": 1 if layout == "gptq" else 0,
    }


def _compressed(fields: Mapping[str, object]) -> JsonObject:
    layout = fields.get("format")
    if layout not in _FORMATS:
        raise ValueError(f"format {layout!r} is not supported ({', '.join(_FORMATS)})")
    for key in ("sparsity_config", "transform_config"):
        # a dense model says so with a format of its own
        if section(fields.get(key)).get("format", "dense") != "dense" or section(
            section(fields.get(key)).get("config_groups")
        ):
            raise ValueError(f"{key} is not supported")
    schemes = [section(g).get("weights") for g in section(fields.get("config_groups")).values()]
    if not schemes or any(scheme != schemes[0] for scheme in schemes):
        raise ValueError("config_groups must hold one scheme for all weights")
    weights = section(schemes[0])
    if layout == "float-quantized":
        block = weights.get("block_structure")
        return {} if block is None else {"block": block}
    whole = weights.get("strategy") == "channel" or weights.get("group_size") is None
    return {
        "bits": weights.get("num_bits", 4),
        "group_size": -1 if whole else weights["group_size"],
    }


_READERS = {"fp8": _fp8, "awq": _awq, "gptq": _gptq, "compressed-tensors": _compressed}
