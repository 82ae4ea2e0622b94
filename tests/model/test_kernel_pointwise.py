"""What is done to single numbers is off by one rounding at most, whatever their place."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.kernels.pointwise import gelu, turned
from handrail.model.rope import Rotation, rotate, rotation_of

HERE = native.can_point()
ROUNDING = 1.01 * 2**-8
SMALLEST = 1e-37


def exact_gelu(x: Tensor) -> Tensor:
    u = (2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)
    return x * torch.sigmoid(2 * u)


def every_bfloat16() -> Tensor:
    """Return every number of the type, infinite ones and NaN left out."""
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    numbers = bits.view(torch.bfloat16)
    return numbers[numbers.isfinite()]


def test_gelu_of_every_number_there_is() -> None:
    numbers = every_bfloat16()
    ours = gelu(numbers.clone())
    exact = exact_gelu(numbers.double())
    assert ours.dtype == torch.bfloat16
    assert ((ours.double() - exact).abs() <= ROUNDING * exact.abs() + SMALLEST).all()


@pytest.mark.parametrize("count", [4096, 4097, 16383, 16384, 16385, 40_001])
def test_gelu_in_odd_lengths_and_nothing_beside_it(count: int) -> None:
    whole = torch.randn(count + 32, generator=torch.Generator().manual_seed(count)).bfloat16()
    before = whole.clone()
    ours = gelu(whole[16 : 16 + count])
    wanted = F.gelu(before[16 : 16 + count].float(), approximate="tanh")
    torch.testing.assert_close(ours.float(), wanted, rtol=2**-7, atol=1e-6)
    assert torch.equal(whole[:16], before[:16])
    assert torch.equal(whole[16 + count :], before[16 + count :])


def test_gelu_hides_nothing_that_is_no_number() -> None:
    numbers = torch.full((5000,), 2.0).bfloat16()
    numbers[4321], numbers[77] = float("nan"), float("inf")
    ours = gelu(numbers)
    assert ours.isnan().nonzero().flatten().tolist() == [4321]
    assert ours[77] == float("inf")


def drawn(batch: int, rows: int, heads: int, dim: int) -> tuple[Tensor, Rotation]:
    draw = torch.Generator().manual_seed(rows * dim)
    mixed = torch.randn(batch, rows, 3, heads, dim, generator=draw).bfloat16()
    return mixed, rotation_of(torch.randn(rows, dim // 2, generator=draw) * 50)


@pytest.mark.parametrize("dim", [16, 32, 48, 64, 72, 80])
@pytest.mark.parametrize("rows", [33, 100, 1000])
def test_queries_and_keys_turn_and_values_stay(rows: int, dim: int) -> None:
    mixed, rotation = drawn(2, rows, 3, dim)
    before = mixed.clone()
    query, key, value = turned(mixed, rotation)
    wanted = before.permute(2, 0, 3, 1, 4)
    exact = Rotation(rotation.cos.double(), rotation.sin.double())
    size = Rotation(rotation.cos.double().abs(), rotation.sin.double().abs())
    for ours, part in ((query, wanted[0]), (key, wanted[1])):
        off = (ours.double() - rotate(part.double(), exact)).abs()
        assert (off <= ROUNDING * rotate(part.double().abs(), size) + SMALLEST).all()
    assert torch.equal(value, wanted[2])


def test_filling_behind_the_last_row_is_left_out() -> None:
    mixed, rotation = drawn(1, 160, 4, 64)
    shown = Rotation(rotation.cos[:144].contiguous(), rotation.sin[:144].contiguous())
    whole = turned(mixed.clone(), rotation)
    fewer = turned(mixed.clone(), shown)
    for part, all_of_it in zip(fewer, whole, strict=True):
        assert part.shape == (1, 4, 144, 64)
        assert torch.equal(part, all_of_it[:, :, :144])


def test_threads_change_nothing() -> None:
    mixed, rotation = drawn(1, 700, 8, 64)
    numbers = mixed.flatten().clone()
    query, wanted = turned(mixed.clone(), rotation)[0], gelu(numbers.clone())
    before = torch.get_num_threads()
    torch.set_num_threads(6)
    try:
        for _ in range(20):
            assert torch.equal(turned(mixed.clone(), rotation)[0], query)
            assert torch.equal(gelu(numbers.clone()), wanted)
    finally:
        torch.set_num_threads(before)


def test_what_learns_and_other_types_are_torchs_and_stay() -> None:
    numbers = torch.randn(5000).bfloat16().requires_grad_()
    gelu(numbers).float().sum().backward()  # type: ignore[no-untyped-call]
    assert numbers.grad is not None
    plain = torch.randn(5000)
    before = plain.clone()
    assert torch.equal(gelu(plain), F.gelu(before, approximate="tanh"))
    assert torch.equal(plain, before)
    mixed, rotation = drawn(1, 64, 2, 32)
    learning = mixed.clone().requires_grad_()
    query, key, _ = turned(learning, rotation)
    (query + key).float().sum().backward()  # type: ignore[no-untyped-call]
    assert learning.grad is not None
    exact = mixed.float()
    query, _, _ = turned(exact, rotation)
    assert torch.equal(query, rotate(exact.permute(2, 0, 3, 1, 4)[0], rotation))


@pytest.mark.skipif(not HERE, reason="this processor has no bfloat16 products")
def test_the_kernels_work_in_place() -> None:
    mixed, rotation = drawn(1, 64, 2, 32)
    query, key, _ = turned(mixed, rotation)
    parts = mixed.permute(2, 0, 3, 1, 4)
    assert query.data_ptr() == parts[0].data_ptr()
    assert torch.equal(key, parts[1])
    numbers = torch.randn(5000).bfloat16()
    assert gelu(numbers).data_ptr() == numbers.data_ptr()
