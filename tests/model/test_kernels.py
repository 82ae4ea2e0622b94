"""The compiled kernels compute what torch computes, within the bound that their module states."""

import os
import platform
import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.kernels.grouped import Grouped, GroupedMatrix, fits
from handrail.model.kernels.laid import LANES, SCALE_TYPES, STEP

WAYS = range(len(native.ways()))
"""Empty where there are no kernels: then torch computes, and there is nothing to compare."""


def words(codes: Tensor, bits: int) -> Tensor:
    """Pack codes (rows, inputs) into words along the inputs, one by one."""
    per_word = 32 // bits
    padded = torch.nn.functional.pad(codes, (0, -codes.shape[1] % per_word)).long()
    fields = padded.view(len(codes), -1, per_word) << torch.arange(0, 32, bits)
    packed: Tensor = fields.sum(-1)
    return packed.to(torch.int32)  # keeps the lower 32 bits


def matrix(shape: tuple[int, int], group: int, bits: int, zeros: bool, seed: int = 1) -> Grouped:
    draw = torch.Generator().manual_seed(seed)
    groups = -(-shape[1] // group)
    codes = torch.randint(0, 2**bits, shape, generator=draw)
    scales = torch.rand(shape[0], groups, generator=draw) * 0.01 + 0.001
    made = torch.randint(0, 2**bits, (shape[0], groups), generator=draw).to(torch.uint8)
    return Grouped(
        words(codes, bits), scales.to(SCALE_TYPES[seed % 3]),
        made if zeros else None, shape[1], group, bits,
    )  # fmt: skip


def meant(given: Grouped) -> Tensor:
    """Return the matrix by the words' definition, in float64."""
    per_word = 32 // given.bits
    places = torch.arange(given.inputs)
    shifts = places % per_word * given.bits
    codes = (given.words.long()[:, places // per_word] >> shifts) & (2**given.bits - 1)
    of = places // given.group
    middle = torch.full_like(given.scales, 2 ** (given.bits - 1))
    zeros = (middle if given.zeros is None else given.zeros).double()
    weights: Tensor = (codes - zeros[:, of]) * given.scales.double()[:, of]
    return weights


def rounded(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the inputs as the kernels round them, and by how much each may be off, in float64."""
    rows = torch.nn.functional.pad(x.float(), (0, -x.shape[1] % STEP)).view(len(x), -1, STEP)
    most = rows.abs().amax(-1, keepdim=True)
    inverse = torch.where(most > 0, torch.full_like(most, 127.0) / most, 0.0)
    scale = most / 127.0
    near = (rows * inverse).round().double() * scale.double()
    off = (scale.double() / 2).expand_as(near)
    return tuple(part.flatten(1)[:, : x.shape[1]] for part in (near, off))  # type: ignore[return-value]


def check(given: Grouped, x: Tensor, bias: Tensor | None = None) -> None:
    """Compare every way with exact arithmetic, and with the product of the inputs as they are."""
    if not WAYS:
        return
    weights, made = meant(given), GroupedMatrix(given)
    near, off = rounded(x)
    extra = 0.0 if bias is None else bias.double()
    exact, whole = near @ weights.t() + extra, x.double() @ weights.t() + extra
    bound = off @ weights.abs().t()
    # every code counts, also where its zero cancels it
    largest = weights.abs() + given.scales.double().amax() * 2**given.bits
    # one rounding to float32 a step of 32 inputs, and a few more
    grain = (x.shape[1] / STEP + 4) * 2**-24 * (near.abs() @ largest.t())
    for way in WAYS:
        out = made.product(x, bias, way)
        assert out.dtype == x.dtype
        slack = grain + out.double().abs() * (2**-8 if x.dtype == torch.bfloat16 else 2**-23)
        assert ((out.double() - exact).abs() <= slack).all(), native.ways()[way]
        assert ((out.double() - whole).abs() <= bound * 1.001 + slack).all(), native.ways()[way]


def test_this_machine_has_its_kernels() -> None:
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler and platform.machine() == "x86_64" and sys.platform == "linux":
        assert native.compiled is not None, "make dev builds them"
        assert native.ways()[0] in native.described()


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("rows", range(1, 17))
def test_every_number_of_rows(rows: int, zeros: bool, bits: int) -> None:
    x = torch.randn(rows, 192, generator=torch.Generator().manual_seed(rows))
    check(matrix((40, 192), 64, bits, zeros, rows), x)
    check(matrix((40, 192), 64, bits, zeros, rows), x.bfloat16())


@settings(max_examples=60)
@given(
    outputs=st.integers(1, 70), inputs=st.integers(1, 300), rows=st.sampled_from((1, 2, 7, 70)),
    group=st.sampled_from((32, 64, 96, 128, 1000)), bits=st.sampled_from((4, 8)),
    zeros=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_odd_shapes(
    outputs: int, inputs: int, rows: int, group: int, bits: int, zeros: bool, seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=draw) * 10 ** float(torch.randn(1, generator=draw))
    bias = torch.randn(outputs, generator=draw) if seed % 3 == 0 else None
    made = matrix((outputs, inputs), min(group, inputs), bits, zeros, seed)
    assert fits(inputs, made.group) or group < inputs
    if fits(inputs, made.group):
        check(made, x, bias)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("code", [0, 1, -1])
@pytest.mark.parametrize("sign", [1.0, -1.0, 0.0])
def test_the_widest_codes_and_inputs_do_not_overflow(bits: int, code: int, sign: float) -> None:
    plain = matrix((32, 2048), 2048, bits, zeros=False)
    full = words(torch.full((32, 2048), code % 2**bits), bits)
    alternating = torch.tensor([1.0, sign if sign else -1.0]).repeat(1024)
    for zeros in (None, torch.full((32, 1), 2**bits - 1, dtype=torch.uint8)):
        check(replace(plain, words=full, zeros=zeros), alternating.expand(9, -1) * 3e4)


@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-20, 1e20, 1e30])
def test_sizes_of_inputs(size: float) -> None:
    x = torch.randn(3, 96, generator=torch.Generator().manual_seed(2)) * size
    made, given = matrix((16, 96), 32, 4, zeros=True), matrix((16, 96), 32, 4, zeros=True)
    if 0 < size < 1e-30:  # counts as zero
        for way in WAYS:
            assert not GroupedMatrix(made).product(x, way=way).any()
    else:
        check(given, x)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_not_hidden(odd: float) -> None:
    if not WAYS:
        return
    made = GroupedMatrix(matrix((20, 96), 32, 8, zeros=False))
    x = torch.randn(3, 96, generator=torch.Generator().manual_seed(3))
    clean = [made.product(x, way=way) for way in WAYS]
    x[1, 70] = odd
    for way in WAYS:
        for dtype in (torch.float32, torch.bfloat16):
            assert made.product(x.to(dtype), way=way)[1].isnan().all()
        assert torch.equal(made.product(x, way=way)[::2], clean[way][::2]), "other rows are"


@pytest.mark.parametrize("bits", [4, 8])
def test_the_layout_loses_nothing_and_takes_no_more(bits: int) -> None:
    given = matrix((37, 200), 64, bits, zeros=True)
    if not WAYS:
        return
    made = GroupedMatrix(given)
    assert torch.equal(made.unpacked().double(), meant(given).float().double())
    ids = torch.tensor([[36, 0], [17, 17]])
    assert torch.equal(made.rows(ids), made.unpacked()[ids])
    whole = matrix((64, 256), 64, bits, zeros=False)
    assert GroupedMatrix(whole).nbytes == whole.words.nbytes + whole.scales.nbytes
    assert LANES * STEP == 512


def test_shapes_of_rows_and_no_rows() -> None:
    if WAYS:
        made = GroupedMatrix(matrix((24, 64), 32, 4, zeros=False))
        x = torch.randn(2, 3, 64)
        assert torch.equal(made.product(x), made.product(x.view(6, 64)).view(2, 3, 24))
        assert made.product(torch.empty(0, 64)).shape == (0, 24)
        turned = torch.randn(64, 5).t()
        assert torch.equal(made.product(turned), made.product(turned.contiguous()))
        assert made.product(x.half()).dtype == torch.float16


@pytest.fixture
def many_threads() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    yield None
    torch.set_num_threads(before)


@pytest.mark.usefixtures("many_threads")
def test_threads_change_nothing() -> None:
    """More threads than cores: some are late in every product, and their parts are done again."""
    made = [GroupedMatrix(matrix((1024, 512), 128, bits, zeros=False)) for bits in (4, 8) if WAYS]
    x = torch.randn(200, 512, generator=torch.Generator().manual_seed(4))
    for one in made:
        for rows in (1, 5, 200):
            torch.set_num_threads(1)
            alone = one.product(x[:rows])
            torch.set_num_threads(8)
            for _ in range(60):
                assert torch.equal(one.product(x[:rows]), alone)


@pytest.mark.usefixtures("many_threads")
def test_callers_on_several_threads_do_not_disturb_each_other() -> None:
    if not WAYS:
        return
    made = GroupedMatrix(matrix((512, 256), 64, 4, zeros=True))
    inputs = [torch.randn(3, 256, generator=torch.Generator().manual_seed(n)) for n in range(4)]
    wanted = [made.product(x) for x in inputs]
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(100):
            if not torch.equal(made.product(inputs[number]), wanted[number]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


_FORKED = """
import os, warnings
warnings.simplefilter("ignore")
import torch
from tests.model.test_kernels import matrix
from handrail.model.kernels.grouped import GroupedMatrix
torch.set_num_threads(4)
made = GroupedMatrix(matrix((512, 256), 64, 4, zeros=True))
x = torch.randn(3, 256)
wanted = made.product(x)
child = os.fork()
if child == 0:
    os._exit(0 if torch.equal(made.product(x), wanted) else 1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    if WAYS:
        root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
        assert (
            subprocess.run([sys.executable, "-c", _FORKED], cwd=root, timeout=120).returncode == 0
        )
