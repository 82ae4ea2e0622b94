"""Check the core on a GPU: ``make gpu-parity``, or rehearse it on the CPU with ``--rehearse``.

Tiny random checkpoints of the published layouts, each line with its bound:

- float32: every logit of told replies against transformers on the same device, and greedy tokens;
- bfloat16: the error to float32, beside that of transformers' own bfloat16;
- packed: 4 and 8 bits, FP8, GGUF, experts too, in bfloat16 through the device's kernels, against
  the same checkpoint in float32 on the CPU;
- captured: passes replayed from CUDA graphs against the same passes run one operation at a time;
- pixels: pictures that the device resizes and cuts against Pillow's.

Exits with 1 where a bound does not hold. Writes ``gpu-parity.json``.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from handrail.tasks.cli_output import say
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from tests.model.gpu import card
from tests.model.gpu.parity_checks import (
    Bench,
    Checked,
    captured,
    float32,
    packed,
    pixels,
    rounded,
)
from tests.model.shapes import LAYOUTS

SEED = 1
_SHAPES = (*LAYOUTS, "yarn")
_PACKED = (
    ("8B", "4 bits"), ("8B", "8 bits"), ("8B", "FP8"), ("blocks", "Q4_0"), ("blocks", "Q8_0"),
    ("30B-A3B", "4 bits"), ("30B-A3B", "8 bits"), ("30B-A3B", "FP8"),
    ("30B-A3B", "FP8, separate"),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is checked: layouts, packed forms, and tokens of each reply that is told."""

    shapes: Sequence[str]
    packed: Sequence[tuple[str, str]]
    tokens: int


WHOLE = Plan(_SHAPES, _PACKED, 64)
REHEARSAL = Plan(("2B", "30B-A3B"), (("8B", "4 bits"), ("30B-A3B", "FP8, separate")), 12)


def checks(plan: Plan, device: str) -> Iterator[Checked]:
    """Yield every line as it is measured, the most telling first."""
    with tempfile.TemporaryDirectory(prefix="handrail-gpu-parity-") as name:
        bench = Bench(Path(name), torch.device(device), plan.tokens)
        for shape in plan.shapes:
            yield from float32(bench, shape)
            yield rounded(bench, shape)
        for shape, form in plan.packed:
            yield packed(bench, shape, form)
        for shape in plan.shapes:
            yield from captured(bench, shape)
        yield pixels(bench)


def main(argv: Sequence[str] | None = None) -> int:
    """Check, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.gpu.parity", description=__doc__)
    card.add_options(parser)
    given = parser.parse_args(argv)
    if card.missing(given.rehearse):
        return 2
    torch.backends.cudnn.allow_tf32 = False  # a convolution would round float32 to 10 bits
    plan, device = (REHEARSAL, "cpu") if given.rehearse else (WHOLE, "cuda")
    found = []
    for one in checks(plan, device):
        found.append(one)
        say(one.line)
    name, command = card.told("gpu-parity", given.rehearse)
    title = f"The core on {card.named(device)}, drawn weights"
    publish(measured(name, title, command, SEED, [_figure(one) for one in found]), given.results)
    failed = [one for one in found if not one.holds]
    say(f"{len(found) - len(failed)} of {len(found)} bounds hold")
    return 1 if failed else 0


def _figure(one: Checked) -> Figure:
    verdict = "" if one.holds else "DOES NOT HOLD: "
    note = f"{verdict}at most {one.limit:.3g}" + f"; {one.note}" * bool(one.note)
    return Figure(name=one.name, value=float(f"{one.value:.3g}"), note=note)


if __name__ == "__main__":
    sys.exit(main())
