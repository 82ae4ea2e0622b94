"""Time the compiled kernels beside torch: ``python -m handrail.tasks.suites.kernels``.

One decoder layer of the 2B's shapes, with drawn weights in 4 and 8 bits (groups of 128) and of 4
and 6 bits in super-blocks (GGUF's Q4_K and Q6_K), is applied to few rows (decoding), 16, and many
(reading a prompt): by the kernels, by torch as packed layers of groups do without them (at the
fewest and the most rows), and as bfloat16 by torch. All contenders take
turns in every round, and the read bandwidth is measured between them. One thread is timed by its
own clock, which stands still while others have the core. Then what a vision block does beside its
products, beside torch. Writes ``kernels.json``.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.kernel_layers import KernelLinear
from handrail.model.kernels import native
from handrail.model.kernels.grouped import Grouped, GroupedMatrix
from handrail.model.kernels.laid import STEP
from handrail.model.kernels.super_blocks import SUPER, Slab, SuperMatrix, Supers
from handrail.model.packed import CompressedLinear
from handrail.model.quantization import Quantization
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.neighbours import neighbours
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.results.tables import table
from handrail.tasks.suites.kernels_attention import attention_figures, timed

SHAPES = ((2048, 2048), (1024, 2048), (1024, 2048), (2048, 2048), (6144, 2048), (6144, 2048),
          (2048, 6144))  # fmt: skip
"""Outputs and inputs of the linear layers of a decoder layer of Qwen3-VL-2B."""
_GROUP = 128
_READ = 256 * 2**20


@dataclass(frozen=True)
class Contender:
    """One way of applying a layer's matrices, to x by the number of inputs."""

    name: str
    rows: int
    bytes: int
    layers: Sequence[nn.Module]
    share: int
    """How many times the shapes of a layer are in it: more than the caches hold."""


@dataclass(frozen=True)
class Setting:
    """How long to measure: rounds, rows, and copies of a layer for the kernels."""

    rounds: int
    rows: tuple[int, ...]
    copies: int


def drawn(bits: int, seed: int) -> list[Grouped]:
    """Return a decoder layer's matrices with drawn codes."""
    draw = torch.Generator().manual_seed(seed)
    made = []
    for outputs, inputs in SHAPES:
        words = torch.randint(-(2**31), 2**31, (outputs, inputs * bits // 32), generator=draw)
        scales = torch.rand(outputs, inputs // _GROUP, generator=draw).bfloat16() * 0.01
        made.append(Grouped(words.int(), scales, None, inputs, _GROUP, bits))
    return made


def drawn_supers(bits: int, seed: int) -> list[Supers]:
    """Return a decoder layer's matrices with drawn super-blocks."""
    draw = torch.Generator().manual_seed(seed)

    def made(outputs: int, inputs: int) -> Supers:
        def read(rows: slice) -> Slab:
            count = len(range(*rows.indices(outputs)))
            codes = torch.randint(0, 2**bits, (count, inputs), generator=draw, dtype=torch.uint8)
            shape = (count, inputs // STEP, 2)
            parts = torch.randint(0, 64, shape, generator=draw, dtype=torch.uint8)
            scales = torch.rand(count, inputs // SUPER, 1 if bits == 6 else 2, generator=draw)
            return codes, parts, (scales * 1e-3).half()

        return Supers(outputs, inputs, bits, read)

    return [made(*shape) for shape in SHAPES]


def unpacking(given: Grouped) -> CompressedLinear:
    """Return the packed layer that torch unpacks at each call."""
    weights = {"num_bits": given.bits, "strategy": "group", "group_size": _GROUP}
    how = Quantization.model_validate({
        "quant_method": "compressed-tensors", "format": "pack-quantized",
        "config_groups": {"group_0": {"weights": weights}},
    })  # fmt: skip
    plain = nn.Linear(given.inputs, len(given.words), bias=False, device="meta")
    layer = CompressedLinear(plain, how, zeros=False, act_order=False)
    shape = torch.tensor([len(given.words), given.inputs])
    state = {"weight_packed": given.words, "weight_scale": given.scales, "weight_shape": shape}
    layer.load_state_dict(state, assign=True)
    return layer


class Plain(nn.Module):
    """A bfloat16 matrix, applied by torch."""

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(shape).bfloat16(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight)


def contenders(setting: Setting) -> Iterator[Contender]:
    """Yield all contenders, those of one number of rows after the other."""
    matrices = {bits: [drawn(bits, n) for n in range(setting.copies)] for bits in (4, 8)}
    kernels = {
        bits: [KernelLinear(GroupedMatrix(g), None) for layer in made for g in layer]
        for bits, made in matrices.items()
    }
    supers = {
        bits: [
            KernelLinear(SuperMatrix(one), None)
            for n in range(setting.copies)
            for one in drawn_supers(bits, n)
        ]
        for bits in (4, 6)
    }
    torches = {bits: [unpacking(g) for g in made[0]] for bits, made in matrices.items()}
    plain = [Plain(shape) for shape in SHAPES]
    size = sum(layer.weight.nbytes for layer in plain)
    for rows in setting.rows:
        for bits in (4, 8):
            held = sum(layer.matrix.nbytes for layer in kernels[bits]) // setting.copies
            yield Contender(f"{bits} bits, kernel", rows, held, kernels[bits], setting.copies)
            if rows in (min(setting.rows), max(setting.rows)):
                yield Contender(f"{bits} bits, torch", rows, held, torches[bits], 1)
        for bits, layers in supers.items():
            held = sum(layer.matrix.nbytes for layer in layers) // setting.copies
            name = f"{bits} bits in super-blocks, kernel"
            yield Contender(name, rows, held, layers, setting.copies)
        yield Contender("bfloat16, torch", rows, size, plain, 1)


def applied(one: Contender, inputs: Mapping[tuple[int, int], Tensor]) -> float:
    """Return the seconds that a contender takes for a layer."""
    xs = [inputs[one.rows, n] for _ in range(one.share) for _, n in SHAPES]
    return timed(lambda: [f(x) for f, x in zip(one.layers, xs, strict=True)]) / one.share


def rounds(
    all_of_them: Sequence[Contender], count: int
) -> tuple[dict[tuple[str, int], float], float]:
    """Return the median seconds a layer of each contender, and the median bytes read a second."""
    memory = torch.zeros(_READ, dtype=torch.uint8)
    inputs = {
        (c.rows, n): torch.randn(c.rows, n).bfloat16() for c in all_of_them for n in (2048, 6144)
    }
    threads = torch.get_num_threads()
    times: dict[tuple[str, int], list[float]] = {(c.name, c.rows): [] for c in all_of_them}
    reads = []
    for number in range(count + 1):
        for one in all_of_them:
            took = applied(one, inputs)
            read = timed(lambda: native.read(memory, threads))
            if number:  # the first round warms up
                times[one.name, one.rows].append(took)
                reads.append(_READ / read)
    return {key: statistics.median(t) for key, t in times.items()}, statistics.median(reads)


def figures(setting: Setting, threads: int) -> list[Figure]:
    """Return the figures of so many threads."""
    torch.set_num_threads(threads)
    known = list(contenders(setting))
    medians, read = rounds(known, setting.rounds)
    on = f"{threads} thread{'s' if threads > 1 else ''}"
    found = [_figure(f"read bandwidth, {on}", read / 1e9, "GB/s", setting.rounds * len(known))]
    for one in known:
        took = medians[one.name, one.rows]
        rate = one.bytes / took
        note = f"{rate / 1e9:.1f} GB/s of weights, {100 * rate / read:.0f} % of the read bandwidth"
        work = 2 * one.rows * sum(n * k for n, k in SHAPES) / took / 1e9
        note = note if one.rows == 1 else f"{work:,.0f} billion operations a second"
        rows = f"{one.rows} row{'s' if one.rows > 1 else ''}"
        found.append(_figure(f"{one.name}, {rows}, {on}", 1e3 * took, "ms", setting.rounds, note))
    return found + attention_figures(setting.rounds, on)


def disturbed(setting: Setting, threads: int) -> Figure:
    """Return how much of its rate the 4 bit kernel keeps beside a busy process on each core."""
    torch.set_num_threads(threads)
    one = next(contenders(Setting(1, (1,), setting.copies)))
    key, count = (one.name, one.rows), 5 * setting.rounds
    alone = rounds([one], count)[0][key]
    with neighbours():
        beside = rounds([one], count)[0][key]
    name = f"4 bits, kernel, 1 row, {threads} threads, a busy process on each core"
    return _figure(name, 1e3 * beside, "ms", count, f"{100 * alone / beside:.0f} % of its rate")


def _figure(name: str, value: float, unit: str, count: int, note: str = "") -> Figure:
    return Figure(name=name, value=round(value, 3), unit=unit, count=count, note=note)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.suites.kernels")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 16, 256])
    parser.add_argument("--copies", type=int, default=3, help="of a layer, beyond the caches")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    given = parser.parse_args(argv)
    if not native.ways():
        complain(f"kernels: {native.described()}")
        return ExitCode.ENVIRONMENT
    setting = Setting(given.rounds, tuple(given.rows), given.copies)
    before = os.getloadavg()[0]
    note = "what else ran when this began: 0 on a quiet machine"
    found = [Figure(name="load average", value=round(before, 2), note=note)]
    for threads in given.threads:
        say(f"{threads} threads")
        found += figures(setting, threads)
    if sys.platform == "linux" and max(given.threads) > 1:
        found.append(disturbed(setting, max(given.threads)))
    title = f"One decoder layer of the 2B, kernels for {native.described()}, medians"
    threads = " ".join(map(str, given.threads))
    command = f"python -m handrail.tasks.suites.kernels --rounds {given.rounds} --threads {threads}"
    result = measured("kernels", title, command, None, found)
    say(table(result))
    say(f"written: {write_result(result, given.results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
