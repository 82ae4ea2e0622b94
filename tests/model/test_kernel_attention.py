"""The attention kernel gives what exact attention gives, within the bound its module states."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.kernels.attention import attend

HERE = bool(native.attention_ways())
WAYS = range(max(1, len(native.attention_ways())))
"""Of this processor's instruction sets each; 0 is torch where there is none."""


def drawn(batch: int, heads: int, rows: int, dim: int, sharp: float = 1.0) -> list[Tensor]:
    """Return queries, keys and values as a vision block has them: views of one tensor."""
    draw = torch.Generator().manual_seed(rows * dim)
    mixed = torch.randn(batch, rows, 3, heads, dim, generator=draw)
    mixed[:, :, 0] *= sharp
    return list(mixed.bfloat16().permute(2, 0, 3, 1, 4))


def check(query: Tensor, key: Tensor, value: Tensor) -> None:
    q, k, v = (x.double() for x in (query, key, value))
    exact = F.scaled_dot_product_attention(q, k, v)
    size = F.scaled_dot_product_attention(q, k, v.abs())
    for way in WAYS:
        ours = attend(query, key, value, way)
        assert ours.shape == query.shape
        assert ours.dtype == torch.bfloat16
        assert ((ours.double() - exact).abs() <= 2**-7 * size + 1e-30).all(), way


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 255, 256, 257, 300, 521])
@pytest.mark.parametrize("dim", [2, 16, 24, 64, 72, 80, 96])
def test_odd_lengths_and_widths(rows: int, dim: int) -> None:
    check(*drawn(1, 2, rows, dim))


def test_batches_heads_and_a_large_picture() -> None:
    check(*drawn(3, 4, 140, 64))
    check(*drawn(1, 1, 3072, 64))


@pytest.mark.parametrize("sharp", [0.0, 1e-3, 30.0, 1000.0])
def test_flat_and_sharp_attention(sharp: float) -> None:
    check(*drawn(1, 2, 290, 64, sharp))


def test_scores_that_grow_from_block_to_block() -> None:
    """The running maximum moves with every block of keys, up or down."""
    query, key, value = drawn(1, 1, 1100, 32)
    slope = torch.linspace(0.1, 40, 1100)[:, None].bfloat16()
    check(query.abs(), key.abs() * slope, value)
    check(query.abs(), key.abs() * slope.flip(0), value)
    check(-query.abs(), key.abs() * slope, value)


@pytest.mark.parametrize("way", WAYS)
def test_any_layout_of_the_rows(way: int) -> None:
    query, key, value = drawn(2, 3, 64, 32)
    wanted = attend(query, key, value, way)
    turned = query.transpose(2, 3).contiguous().transpose(2, 3)
    assert torch.equal(attend(turned, key.contiguous(), value, way), wanted)
    assert not HERE or wanted.transpose(1, 2).is_contiguous(), "made for the next layer"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_what_is_not_finite_is_not_hidden(odd: float, way: int) -> None:
    query, key, value = (x.clone() for x in drawn(1, 2, 300, 64))
    clean = attend(query, key, value, way)
    key[0, 1, 299, 5] = odd
    mixed = attend(query, key, value, way)
    assert torch.equal(mixed[:, 0], clean[:, 0])
    assert mixed[0, 1].isnan().any(-1).any()


@pytest.mark.parametrize("way", WAYS)
def test_threads_change_nothing(way: int) -> None:
    """Nor does a product of torch in between, which shapes the processor's tiles its own way."""
    query, key, value = drawn(1, 6, 290, 64)
    wanted, before = attend(query, key, value, way), torch.get_num_threads()
    left, right = drawn(1, 1, 512, 80)[0][0, 0], drawn(1, 1, 300, 80)[1][0, 0]
    product = left @ right.T
    torch.set_num_threads(6)
    try:
        for _ in range(20):
            assert torch.equal(attend(query, key, value, way), wanted)
            assert torch.equal(left @ right.T, product)
    finally:
        torch.set_num_threads(before)


def test_what_learns_and_other_types_are_torchs() -> None:
    query, key, value = drawn(1, 2, 64, 32)
    query = query.clone().requires_grad_()
    attend(query, key, value).float().sum().backward()  # type: ignore[no-untyped-call]
    assert query.grad is not None
    query, key, value = (x.float() for x in drawn(1, 2, 64, 32))
    wanted = F.scaled_dot_product_attention(query, key, value)
    assert torch.equal(attend(query, key, value), wanted)
