"""Attention to what is held equals exact attention, within the bound that its module states."""

import pytest
import torch
from torch import Tensor

from handrail.model.kernels.gpu import ready
from handrail.model.kernels.gpu.attention import Held, attend_held, plain_attend_held

needs_triton = pytest.mark.skipif(not ready.interpreted(), reason="Triton is not installed")
CASES = {
    "one token": ((1, 4, 1, 32), 2, 130, [100]),
    "the first token": ((1, 4, 1, 32), 2, 70, [0]),
    "a full cache": ((1, 4, 3, 32), 2, 64, [61]),
    "a few tokens, odd heads": ((1, 6, 5, 24), 2, 200, [117]),
    "sequences of many lengths": ((3, 8, 2, 16), 2, 140, [5, 130, 64]),
    "one head for all": ((2, 8, 7, 32), 1, 90, [12, 80]),
}


def drawn(name: str) -> tuple[Tensor, Held]:
    (batch, heads, tokens, dim), shared, capacity, before = CASES[name]
    draw = torch.Generator().manual_seed(len(name))
    query, keys, values = (
        torch.randn(shape, generator=draw).bfloat16()
        for shape in ((batch, heads, tokens, dim), *[(batch, shared, capacity, dim)] * 2)
    )
    for sequence, length in enumerate(before):
        # what lies behind the new tokens must not matter, whatever it is
        keys[sequence, :, length + tokens :] = 1e4
        values[sequence, :, length + tokens :] = torch.nan
    return 2 * query, Held(keys, values, torch.tensor(before, dtype=torch.int32))


def exact(query: Tensor, held: Held, absolute: bool = False) -> Tensor:
    """Return attention by its definition, in float64; with `absolute`, to |value|."""
    batch, heads, tokens, dim = query.shape
    group, out = heads // held.keys.shape[1], torch.zeros(batch, tokens, heads, dim).double()
    for b in range(batch):
        for h in range(heads):
            for t in range(tokens):
                end = int(held.before[b]) + t + 1
                keys, values = (x[b, h // group, :end].double() for x in (held.keys, held.values))
                share = (keys @ query[b, h, t].double() / dim**0.5).softmax(0)
                out[b, t, h] = share @ (values.abs() if absolute else values)
    return out.flatten(2)


@needs_triton
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_attends_to_what_is_valid(name: str) -> None:
    query, held = drawn(name)
    off = (attend_held(query, held).double() - exact(query, held)).abs()
    assert bool((off <= exact(query, held, absolute=True) / 2**7).all())


@pytest.mark.parametrize("name", CASES)
def test_so_does_torch(name: str) -> None:
    query, held = drawn(name)
    held = Held(held.keys.float(), held.values.nan_to_num().float(), held.before)
    off = (plain_attend_held(query.float(), held).double() - exact(query, held)).abs()
    assert bool((off <= exact(query, held, absolute=True) / 2**18).all())
