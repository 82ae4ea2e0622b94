"""Fit a network to the way in which a checkpoint stores its experts and its linear layers.

Published checkpoints hold all experts of a layer in one tensor, transposed against the network's
use (width before output); others hold it untransposed, or every expert by itself. A quantized
layer is known by the names of its tensors.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from handrail.model.config import ModelConfig
from handrail.model.errors import WeightsError
from handrail.model.gguf_layers import PARTS, BlockEmbedding, BlockLinear, StackedExperts
from handrail.model.moe import Float8Experts, MoE, SeparateExperts
from handrail.model.packed import (
    AwqLinear,
    CompressedLinear,
    Float8Linear,
    GptqLinear,
    PackedLinear,
)
from handrail.model.quantization import Quantization
from handrail.model.stored import StoredTensor

HEAD, EMBEDDING = "lm_head.weight", "model.language_model.embed_tokens.weight"
Stored = Mapping[str, StoredTensor]
_SEPARATE = ("weight", "qweight", "weight_packed")
_SCALES = ("weight_scale_inv", "weight_scale")


def fit(network: nn.Module, config: ModelConfig, stored: Stored) -> dict[str, StoredTensor]:
    """Make the network's modules those that are stored; return what is stored, transposes marked.

    Raises WeightsError where a layer's tensors are of no format that config.json names.
    """
    fitted = _fit_experts(network, config, stored)
    embedding = stored.get(EMBEDDING)
    tied = embedding.blocks if embedding and config.tie_word_embeddings else None
    for name, module in list(network.named_modules()):
        weight = stored.get(f"{name}.weight")
        blocks = weight.blocks if weight else None
        if isinstance(module, nn.Embedding) and blocks:
            network.set_submodule(name, BlockEmbedding(module, blocks))
        if not isinstance(module, nn.Linear):
            continue
        if blocks or (tied and f"{name}.weight" == HEAD):
            network.set_submodule(name, BlockLinear(module, blocks or str(tied)))
        elif packed := _packed(name, module, config.quantization, stored):
            network.set_submodule(name, packed)
    return fitted


def _fit_experts(
    network: nn.Module, config: ModelConfig, stored: Stored
) -> dict[str, StoredTensor]:
    fitted = dict(stored)
    for name, module in network.named_modules():
        if not isinstance(module, MoE):
            continue
        if any(f"{name}.experts.0.gate_proj.{part}" in stored for part in _SEPARATE):
            module.experts = SeparateExperts(config.text)
            continue
        if all(f"{name}.experts.{part}_weight" in stored for part in PARTS):
            text = config.text
            sizes = (text.num_experts, text.hidden_size, text.moe_intermediate_size)
            blocks = {part: stored[f"{name}.experts.{part}_weight"].blocks for part in PARTS}
            module.experts = StackedExperts(sizes, blocks)
            continue
        if f"{name}.experts.gate_up_proj_scale_inv" in stored and config.quantization:
            module.experts = Float8Experts(config.text, config.quantization.block)
        for part, wanted in module.experts.state_dict().items():
            key = f"{name}.experts.{part}"
            turned = tuple(wanted.transpose(1, 2).shape)
            # where both sides are equal, the reference does not transpose either
            if key in stored and wanted.shape != turned == stored[key].shape:
                fitted[key] = replace(stored[key], shape=tuple(wanted.shape), transposed=True)
    return fitted


def _packed(
    name: str, plain: nn.Linear, how: Quantization | None, stored: Stored
) -> PackedLinear | None:
    """Return the packed layer whose tensors are stored under a name, None for a plain one."""
    if not any(f"{name}.{part}" in stored for part in ("qweight", "weight_packed", *_SCALES)):
        return None
    if how is None:
        raise WeightsError(
            f"{name} is stored quantized, but config.json has no quantization_config: "
            "copy config.json of the same model"
        )
    for scale in _SCALES:
        if f"{name}.{scale}" in stored and f"{name}.weight" in stored:
            return _float8(name, plain, scale, how, stored)
    if f"{name}.weight_packed" in stored:
        zeros, order = (f"{name}.{n}" in stored for n in ("weight_zero_point", "weight_g_idx"))
        return CompressedLinear(plain, how, zeros, order)
    if how.quant_method == "awq":
        return AwqLinear(plain, how)
    if how.quant_method == "gptq":
        return GptqLinear(plain, how, f"{name}.g_idx" in stored)
    raise WeightsError(f"{name} is not stored as quant_method {how.quant_method!r} has it")


def _float8(
    name: str, plain: nn.Linear, scale: str, how: Quantization, stored: Stored
) -> Float8Linear:
    if stored[f"{name}.weight"].dtype != torch.float8_e4m3fn:
        raise WeightsError(f"{name}.weight has a scale, but is not stored as F8_E4M3")
    return Float8Linear(plain, scale, stored[f"{name}.{scale}"].shape, how.block)
