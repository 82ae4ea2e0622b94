"""Try a mixture of experts on a GPU: ``make gpu-experts``, or ``--rehearse`` on the CPU.

Random weights of the 30B-A3B's dimensions in FP8 and int4: whether they fit, their logits against
their own in float32 on the CPU, every part of a step as ``speed.py`` times it, and one layer's
experts all at once beside experts of the same size in bfloat16, one after the other. There is no
transformers beside it, for which 60 GB of plain weights would have to be written and loaded too.
Writes ``gpu-experts.json``.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from handrail.model.kernel_experts import KernelExperts
from handrail.model.kernel_layers import settle
from handrail.model.moe import FusedExperts, MoE
from handrail.model.network import Network
from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import say
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.suites.random_model import (
    SEED,
    THIRTY_BILLION,
    Dimensions,
    Mixture,
    Stored,
    write_model,
)
from tests.model.gpu import card
from tests.model.gpu.speed import (
    REHEARSAL,
    TINY,
    WHOLE,
    Setting,
    figures,
    keep,
    median,
    packed_agreement,
)
from tests.model.gpu.speed_sides import Ours, Times, timed

FORMATS: tuple[Stored, ...] = ("int4", "FP8")
FEW = replace(TINY, mixture=Mixture(experts=8, chosen=2, inner=256), key_heads=4)
ROWS = (1, 8, 64, 512)


def tried(
    name: str, dimensions: Dimensions, form: Stored, setting: Setting, where: Path
) -> Iterator[Figure]:
    """Yield the figures of one form, which is written and loaded on the spot."""
    folder = where / form
    write_model(folder, dimensions, form)
    if setting.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    ours = Ours(folder, setting.device, setting.written, setting.held)
    took = time.perf_counter() - began
    yield Figure(name=f"{name}, {form}: to load", value=round(took, 1), unit="s")
    yield packed_agreement(name, form, ours, folder)
    rounds: list[Times] = []
    for number in range(-1, setting.rounds):
        say(f"{name}, {form}: round {number + 1} of {setting.rounds}")
        keep(rounds, ours.round(setting.screens, setting.lengths), number)
    if setting.device == "cuda":
        most = torch.cuda.max_memory_allocated() / 2**30
        yield Figure(name=f"{name}, {form}: peak memory", value=round(most, 2), unit="GiB")
    yield from figures(name, {form: median(rounds)}, {form: ours.read_per_token}, setting)
    yield from together(f"{name}, {form}", ours.engine.network, setting)


def together(name: str, network: Network, setting: Setting) -> Iterator[Figure]:
    """Yield the times of one layer's experts, all at once and one after the other."""
    if not any(isinstance(m, KernelExperts) for m in network.modules()):
        settle(network, network.config.quantization, on_gpu=True)  # a rehearsal, by torch
    layer = next(m for m in network.modules() if isinstance(m, MoE))
    plain = MoE(network.config.text).to(setting.device, torch.bfloat16)
    assert isinstance(plain.experts, FusedExperts)
    for matrix in plain.experts.parameters():
        nn.init.normal_(matrix, std=0.02)
    width = network.config.text.hidden_size
    for rows in ROWS:
        x = torch.randn(1, rows, width, device=setting.device, dtype=layer.gate.weight.dtype)
        packed, loose = _times(layer, x, setting), _times(plain, x.bfloat16(), setting)
        yield Figure(
            name=f"{name}: a layer's experts, {rows} rows", value=round(1000 * packed, 3),
            unit="ms", count=setting.rounds,
            note=f"{loose / packed:.1f} times as quick as one after the other in bfloat16",
        )  # fmt: skip


def _times(layer: MoE, x: torch.Tensor, setting: Setting) -> float:
    with torch.inference_mode():
        layer(x)  # compiles
        return statistics.median(timed(lambda: layer(x)) for _ in range(max(3, setting.rounds)))


def main(argv: Sequence[str] | None = None) -> int:
    """Check, measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.gpu.experts", description=__doc__)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--rounds", type=positive, default=WHOLE.rounds, metavar="N")
    parser.add_argument("--folder", type=Path, help="where weights are written: 32 GB at a time")
    card.add_options(parser)
    given = parser.parse_args(argv)
    if card.missing(given.rehearse):
        return 2
    name, dimensions = ("tiny", FEW) if given.rehearse else ("30B-A3B", THIRTY_BILLION)
    setting = REHEARSAL if given.rehearse else replace(WHOLE, rounds=given.rounds)
    found: list[Figure] = []
    for form in given.formats:
        with tempfile.TemporaryDirectory(dir=given.folder) as where:
            found += tried(name, dimensions, form, setting, Path(where))
    title = f"A mixture of experts on {card.named(setting.device)}, drawn weights"
    result, command = card.told("gpu-experts", given.rehearse)
    publish(measured(result, title, command, SEED, found), given.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
