"""The bench of the kernels measures what it says it does, and writes it down."""

from pathlib import Path

import pytest
import torch

from handrail.model.kernel_layers import KernelLinear
from handrail.model.kernels import native
from handrail.model.kernels.grouped import GroupedMatrix
from handrail.tasks.results.result import read_result
from handrail.tasks.suites import kernels, kernels_attention


@pytest.mark.timeout(600)
def test_a_short_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels_attention, "SIZES", (("a picture", 2, 64, 32),))
    monkeypatch.setattr(kernels, "SHAPES", ((64, 2048), (32, 6144)))
    short = ["--rounds", "1", "--rows", "1", "8", "--copies", "2", "--threads", "1", "2"]
    before = torch.get_num_threads()
    code = kernels.main([*short, "--results", str(tmp_path)])
    torch.set_num_threads(before)
    if not native.ways():
        assert code == 5
        return
    assert code == 0
    found = {f.name: f for f in read_result(tmp_path / "kernels.json").figures}
    for on in ("1 thread", "2 threads"):
        assert found[f"read bandwidth, {on}"].value > 0
        for way in (*(f"kernel for {name}" for name in native.attention_ways()), "torch"):
            assert "GFLOP/s" in found[f"attention of a picture, {way}, {on}"].note
        for what in ("GELU", "rotation"):
            assert found[f"{what} of a picture, torch, {on}"].value > 0
        for name in ("4 bits, kernel", "6 bits in super-blocks, kernel", "bfloat16, torch"):
            assert found[f"{name}, 1 row, {on}"].value > 0
            assert "of the read bandwidth" in found[f"{name}, 1 row, {on}"].note
    assert "a second" in found["4 bits, kernel, 8 rows, 1 thread"].note
    (beside,) = (f for name, f in found.items() if "busy process" in name)
    assert "% of its rate" in beside.note


def test_contenders_compute_the_same() -> None:
    if not native.ways():
        return
    for given in kernels.drawn(4, 1)[1:2]:
        x = torch.randn(2, 2048, generator=torch.Generator().manual_seed(1))
        wanted = kernels.unpacking(given)(x)
        ours = KernelLinear(GroupedMatrix(given), None)(x)
        assert (ours - wanted).pow(2).mean() < 1e-4 * wanted.pow(2).mean()
