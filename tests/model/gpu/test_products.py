"""The GPU's products compute what they say, in Triton's interpreter on the CPU."""

import pytest
import torch
from torch import Tensor

from handrail.model.kernels.gpu import ready
from handrail.model.kernels.gpu.matrix import FEW, Chosen, DeviceMatrix
from handrail.model.kernels.gpu.plan import plan
from handrail.model.kernels.grouped import Grouped
from tests.model.test_kernels import matrix, meant

pytestmark = pytest.mark.skipif(not ready.interpreted(), reason="Triton is not installed")
ROWS = (1, 2, FEW, FEW + 1, 70)
KINDS = {
    "4 bits": ((70, 256), 128, 4, False),
    "4 bits, zeros, small groups": ((33, 300), 32, 4, True),
    "4 bits, odd groups": ((20, 260), 96, 4, True),
    "4 bits, whole rows": ((9, 90), 90, 4, False),
    "8 bits": ((40, 256), 64, 8, False),
    "8 bits, zeros, whole rows": ((17, 200), 200, 8, True),
}


def drawn(rows: int, inputs: int, seed: int = 7) -> Tensor:
    return torch.randn(rows, inputs, generator=torch.Generator().manual_seed(seed)).bfloat16()


def float8(shape: tuple[int, int, int], block: tuple[int, int]) -> tuple[DeviceMatrix, Tensor]:
    """Return FP8 matrices with block scales, and what they mean in float64."""
    draw = torch.Generator().manual_seed(3)
    codes = (torch.randn(shape, generator=draw) * 60).to(torch.float8_e4m3fn)
    down, across = (-(-shape[i + 1] // block[i]) for i in (0, 1))
    scales = torch.rand(shape[0], down, across, generator=draw) * 0.01 + 0.001
    full = scales.repeat_interleave(block[0], 1).repeat_interleave(block[1], 2)
    exact = codes.double() * full[:, : shape[1], : shape[2]].double()
    return DeviceMatrix.float8(codes, scales, block), exact


def within(out: Tensor, x: Tensor, weights: Tensor, bias: Tensor | None = None) -> None:
    """Hold a product to the bound that its module states.

    The interpreter has no products of bfloat16: there, scaled weights are not rounded to it.
    """
    extra = torch.zeros(1).double() if bias is None else bias.double()
    exact = x.double() @ weights.t() + extra
    size = x.double().abs() @ weights.abs().t()
    bound = (2 + x.shape[1]) / 2**23 * (size + extra.abs())
    if out.dtype == torch.bfloat16:
        # the card rounds to the nearest, 2^-8; the interpreter rounds towards zero
        bound += exact.abs() / 2**7
    off = (out.double() - exact).abs()
    assert bool((off <= bound + 1e-30).all()), float((off / bound).max())


def used(made: DeviceMatrix, x: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the kernel's sums in float32; what it does not write is poisoned."""
    out = torch.full((len(x), made.outputs), torch.nan)
    made.launch(x, out, bias, None)
    return out


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", KINDS)
def test_codes_in_groups(kind: str, rows: int) -> None:
    given = matrix(*KINDS[kind], seed=rows)
    made, x = DeviceMatrix.grouped(given), drawn(rows, given.inputs)
    weights = meant(given)
    within(used(made, x), x, weights)
    assert (made.unpacked().double() - weights).abs().max() <= weights.abs().max() / 2**22
    within(made.plain_product(x.double()).float(), x, weights)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("block", [(128, 128), (1, 1000), (40, 32), (1000, 1000)])
def test_float8_with_blocks(block: tuple[int, int], rows: int) -> None:
    made, exact = float8((1, 50, 200), block)
    x = drawn(rows, 200)
    within(used(made, x), x, exact[0])
    assert (made.unpacked().double() - exact[0]).abs().max() < 1e-6


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_a_bias_is_added(rows: int) -> None:
    given = matrix((20, 256), 64, 4, True)
    x, bias = drawn(rows, 256), torch.linspace(-3, 3, 20)
    within(used(DeviceMatrix.grouped(given), x, bias), x, meant(given), bias)


@pytest.mark.parametrize("rows", [1, 5, 6, 40])
@pytest.mark.parametrize("kind", ["4 bits", "8 bits", "FP8", "plain"])
def test_each_row_has_the_matrix_of_its_expert(kind: str, rows: int) -> None:
    share, count, draw = 3, 6, torch.Generator().manual_seed(rows)
    if kind == "FP8":
        made, exact = float8((count, 24, 96), (16, 32))
    elif kind == "plain":
        weight = torch.randn(count, 24, 96, generator=draw).bfloat16()
        made, exact = DeviceMatrix.plain(weight), weight.double()
    else:
        parts = [matrix((24, 96), 32, int(kind[0]), False, seed=6 + 3 * i) for i in range(count)]
        made, exact = DeviceMatrix.stacked(parts), torch.stack([meant(part) for part in parts])
    experts = torch.randint(0, count - 1, (rows * share,), generator=draw, dtype=torch.int32)
    x = drawn(rows, 96)
    out = made.product(x, None, Chosen(experts, share))
    plain = made.plain_product(x.float(), None, Chosen(experts, share))
    for row, expert in enumerate(experts.tolist()):
        one = x[row // share, None]
        within(out[row, None], one, exact[expert])
        within(plain[row, None], one, exact[expert])


@pytest.mark.parametrize(
    ("pairs", "count", "rows"), [(1, 4, 16), (40, 6, 16), (64, 2, 16), (7, 9, 2)]
)
def test_a_plan_sends_every_row_to_its_expert_once(pairs: int, count: int, rows: int) -> None:
    draw = torch.Generator().manual_seed(pairs)
    experts = torch.randint(0, count, (pairs,), generator=draw, dtype=torch.int32)
    made, seen = plan(experts, count, rows), []
    for expert, first, end in zip(made.tiles, made.begins, made.ends, strict=True):
        if expert < 0:
            continue
        here = made.order[first:end].long()
        assert 0 < len(here) <= rows
        assert bool((experts[here] == expert).all())
        seen += here.tolist()
    assert sorted(seen) == list(range(pairs))


def test_torch_computes_what_the_kernels_do_not_take() -> None:
    given = matrix((20, 256), 64, 4, True)
    made, x = DeviceMatrix.grouped(given), drawn(3, 256).float()
    assert torch.equal(made.product(x), made.plain_product(x))
    assert made.product(x[:0]).shape == (0, 20)
    assert made.product(drawn(0, 256)).shape == (0, 20)


def test_an_embedding_reads_rows() -> None:
    given: Grouped = matrix((20, 256), 64, 8, True)
    made = DeviceMatrix.grouped(given)
    ids = torch.tensor([[3, 19], [0, 3]])
    assert torch.equal(made.rows(ids), made.unpacked()[ids])
