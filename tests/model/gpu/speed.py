"""Time the core on a GPU beside transformers: ``make gpu-speed``, or ``--rehearse`` on the CPU.

Random weights of the 2B's, 4B's and 8B's dimensions, in bfloat16, FP8 and int4, each checked first:
its logits against transformers' (bfloat16) or against its own in float32 on the CPU (packed). Then
both sides take turns in every round. The card's copies and matrix products are measured in the same
run, and the share that is reached of them is told. Writes ``gpu-speed.json``.

``make gpu-experts`` does so for the 30B-A3B in FP8 and int4 alone, without transformers, for which
its plain weights would have to be written and loaded too; and it times one layer's experts beside
the same experts one by one. Writes ``gpu-experts.json``.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from handrail.model.engine import Engine
from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import say
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.suites.random_model import (
    EIGHT_BILLION,
    FOUR_BILLION,
    SEED,
    TWO_BILLION,
    Dimensions,
    Stored,
    write_model,
)
from tests.model.gpu import card
from tests.model.gpu.speed_sides import BATCH, Ours, Size, Theirs, Times, timed
from tests.model.llama.speed_child import ids, text
from tests.model.teacher_forced import Departure, told

SIZES = {"2B": TWO_BILLION, "4B": FOUR_BILLION, "8B": EIGHT_BILLION}
FORMATS: tuple[Stored, ...] = ("bfloat16", "FP8", "int4")
TINY = Dimensions(width=256, inner=512, layers=2, heads=8, tied=True, vision_depth=2,
                  vision_width=128, vision_inner=256, levels=(0,))  # fmt: skip
_TOLD = 32


@dataclass(frozen=True)
class Setting:
    """What is timed: rounds, screens, prompts, tokens that are written, tokens a batch's run holds.

    `copied`: bytes of the copy that measures the memory; `side`: of the square matrices.
    """

    device: str
    rounds: int
    screens: tuple[Size, ...]
    lengths: tuple[int, ...]
    written: int
    held: int
    copied: int
    side: int


WHOLE = Setting("cuda", 5, ((1024, 768), (1920, 1080)), (512, 2048), 128, 2048, 2**32, 8192)
REHEARSAL = Setting("cpu", 1, ((128, 96), (192, 128)), (64, 128), 4, 64, 2**24, 256)


@dataclass(frozen=True)
class Ceilings:
    """What the device can do: bytes copied a second (read and written), products a second."""

    memory: float
    products: float


def ceilings(setting: Setting) -> Ceilings:
    """Measure the device, the best of eight."""
    source = torch.empty(setting.copied, dtype=torch.uint8, device=setting.device)
    target = torch.empty_like(source)
    matrix = torch.randn(setting.side, setting.side, device=setting.device).bfloat16()
    copy = min(timed(lambda: target.copy_(source)) for _ in range(8))
    product = min(timed(lambda: matrix @ matrix) for _ in range(8))
    return Ceilings(2 * setting.copied / copy, 2 * setting.side**3 / product)


def compared(
    name: str, dimensions: Dimensions, formats: Sequence[Stored], setting: Setting, where: Path
) -> Iterator[Figure]:
    """Yield the figures of one size, all formats and transformers in the same rounds."""
    folders = {form: where / f"{name} {form}" for form in formats}
    for form, folder in folders.items():
        write_model(folder, dimensions, form)
    sides = {
        form: Ours(folder, setting.device, setting.written, setting.held)
        for form, folder in folders.items()
    }
    plain = where / f"{name} plain"
    if "bfloat16" not in formats:
        write_model(plain, dimensions)
    theirs = Theirs(folders.get("bfloat16", plain), setting.device, setting.written)
    for form, ours in sides.items():
        packed = form != "bfloat16"
        yield (
            packed_agreement(name, form, ours, folders[form])
            if packed
            else _agreement(name, ours, theirs)
        )
    found: dict[str, list[Times]] = {"transformers": [], **{form: [] for form in sides}}
    for number in range(-1, setting.rounds):
        say(f"{name}: round {number + 1} of {setting.rounds}" if number >= 0 else f"{name}: warm")
        for form, ours in sides.items():
            keep(found[form], ours.round(setting.screens, setting.lengths), number)
            tokens = ours.tokens
        keep(found["transformers"], theirs.round(setting.screens, setting.lengths, tokens), number)
    middle = {side: median(rows) for side, rows in found.items()}
    weights = {form: ours.read_per_token for form, ours in sides.items()}
    yield from figures(name, middle, weights, setting)


def keep(rows: list[Times], took: Times, number: int) -> None:
    """Note what a round took, from round 0 on."""
    if number >= 0:  # the round before the first compiles kernels and captures graphs
        rows.append(took)


def median(rows: list[Times]) -> Times:
    """Return the middle of each part's times."""
    return {part: statistics.median(row[part] for row in rows) for part in rows[0]}


def _agreement(name: str, ours: Ours, theirs: Theirs) -> Figure:
    """Compare what both say of told text in bfloat16."""
    prompt, reply = ids(64), ids(64 + _TOLD)[64:]
    (decode,) = ours.engine.reader.read([text(64)])
    mine, exact = told(decode, reply), theirs.told(prompt, reply)
    return _error(f"{name}, bfloat16: error of the logits to transformers's", mine, exact)


def packed_agreement(name: str, form: Stored, ours: Ours, folder: Path) -> Figure:
    """Compare a packed form with its float32 on the CPU.

    There each pass unpacks all of the weights: it is asked for one token, not for a whole reply.
    """
    (decode,) = ours.engine.reader.read([text(64)])
    (plain,) = Engine.load(folder, dtype="float32").reader.read([text(64)])
    told_by = f"{name}, {form}: error of the logits to the CPU's"
    return _error(told_by, decode.logits[None], plain.logits[None].to(decode.logits.device))


def _error(name: str, mine: torch.Tensor, exact: torch.Tensor) -> Figure:
    value = float(f"{Departure(mine.float(), exact).error:.2g}")
    return Figure(name=name, value=value, count=len(mine))


def figures(
    name: str, middle: dict[str, Times], weights: dict[Stored, int], setting: Setting
) -> Iterator[Figure]:
    """Yield what the device can do, every part's time, and what a token reaches of it."""
    reached = ceilings(setting)
    yield Figure(name=f"{name}: copies of memory", value=round(reached.memory / 1e9), unit="GB/s")
    yield Figure(name=f"{name}: bfloat16 products", value=round(reached.products / 1e12, 1),
                 unit="TFLOP/s")  # fmt: skip
    for side, parts in middle.items():
        for part, seconds in parts.items():
            quicker = middle.get("transformers", {}).get(part)
            note = f"{quicker / seconds:.2f} times transformers" if quicker else ""
            yield Figure(name=f"{name}, {side}: {part}", value=round(1000 * seconds, 3),
                         unit="ms", count=setting.rounds, note=note)  # fmt: skip
    for form, size in weights.items():
        seconds = middle[form]["write"]
        yield Figure(
            name=f"{name}, {form}: tokens a second", value=round(1 / seconds, 1),
            note=f"{size / 2**30:.2f} GiB of weights a token: "
            f"{size / seconds / reached.memory:.0%} of the memory's rate",
        )  # fmt: skip
        together = middle[form][f"write, batch of {BATCH}"]
        yield Figure(name=f"{name}, {form}: tokens a second, batch of {BATCH}",
                     value=round(BATCH / together, 1))  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Check, measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.gpu.speed", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--rounds", type=positive, default=WHOLE.rounds, metavar="N")
    parser.add_argument("--folder", type=Path, help="where weights are written: 30 GB at a time")
    card.add_options(parser)
    given = parser.parse_args(argv)
    if card.missing(given.rehearse):
        return 2
    chosen = {"tiny": TINY} if given.rehearse else {name: SIZES[name] for name in given.sizes}
    setting = REHEARSAL if given.rehearse else replace(WHOLE, rounds=given.rounds)
    found: list[Figure] = []
    for name, dimensions in chosen.items():
        with tempfile.TemporaryDirectory(dir=given.folder) as where:
            found += compared(name, dimensions, given.formats, setting, Path(where))
        title = f"The core beside transformers on {card.named(setting.device)}, drawn weights"
        result, command = card.told("gpu-speed", given.rehearse)
        publish(measured(result, title, command, SEED, found), given.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
