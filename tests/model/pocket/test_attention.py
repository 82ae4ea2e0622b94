"""The trainer's own attention and its gradients are torch's."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from handrail.model.pocket.attention import attend


def _drawn(kv_heads: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(2)
    heads = (4, kv_heads, kv_heads)
    query, key, value = (torch.randn(3, h, 40, 16, dtype=dtype, requires_grad=True) for h in heads)
    return query, key, value


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("kv_heads", "dtype", "within"),
    [(4, torch.float64, 1e-9), (2, torch.float64, 1e-9), (2, torch.bfloat16, 0.03)],
)
def test_it_is_torchs(kv_heads: int, dtype: torch.dtype, within: float, masked: bool) -> None:
    inputs = _drawn(kv_heads, dtype)
    allowed = torch.ones(3, 1, 40, 40, dtype=torch.bool).tril()
    allowed[1, 0, 20:, 3:9] = False
    mask = allowed if masked else None
    mixed = attend(*inputs, mask)
    wanted = functional.scaled_dot_product_attention(*inputs, attn_mask=mask, enable_gqa=True)
    assert (mixed - wanted).abs().max() <= within * wanted.abs().max()
    given = torch.randn(mixed.shape, dtype=dtype)
    for ours, theirs in zip(
        torch.autograd.grad(mixed, inputs, given),
        torch.autograd.grad(wanted, inputs, given),
        strict=True,
    ):
        assert (ours - theirs).abs().max() <= within * theirs.abs().max()
