"""Fit a network to the way in which a checkpoint stores its experts.

Published checkpoints hold all experts of a layer in one tensor, transposed against the network's
use (width before output); others hold it untransposed, or every expert by itself.
"""

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from handrail.model.moe import FusedExperts, MoE, SeparateExperts
from handrail.model.stored import StoredTensor
from handrail.model.text_config import TextConfig


def fit_experts(
    network: nn.Module, config: TextConfig, stored: Mapping[str, StoredTensor]
) -> dict[str, StoredTensor]:
    """Give each mixture the experts that are stored; return what is stored, transposes marked."""
    fitted = dict(stored)
    for name, module in network.named_modules():
        if not isinstance(module, MoE):
            continue
        if f"{name}.experts.0.gate_proj.weight" in stored:
            module.experts = SeparateExperts(config)
            continue
        assert isinstance(module.experts, FusedExperts)
        for part, wanted in module.experts.named_parameters():
            key = f"{name}.experts.{part}"
            turned = tuple(wanted.transpose(1, 2).shape)
            # where both sides are equal, the reference does not transpose either
            if key in stored and wanted.shape != turned == stored[key].shape:
                fitted[key] = replace(stored[key], shape=tuple(wanted.shape), transposed=True)
    return fitted
