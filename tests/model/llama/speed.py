"""Time an agent's step beside llama.cpp: ``python -m tests.model.llama.speed --source --build``.

Random weights of Qwen3-VL-2B's dimensions, written once: bfloat16 for transformers, and GGUF files
of it that Handrail and llama.cpp both read. Every side is a process of its own, and they take turns
in every round, llama.cpp with and without flash attention, of which the better counts: what was
slower in every part is not run again in the rounds behind. That both compute the same is shown by
``compare.py`` on small models, and here by the logits of every format. Writes
``speed-1-thread.json``, ``speed-2-threads.json``: ten rounds of both take two to three hours.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.engine import Engine
from handrail.model.memory import cache_bytes
from handrail.tasks.cli_output import say
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.suites.random_model import SEED, TWO_BILLION, Dimensions, write_model
from tests.model import gguf_writer
from tests.model.llama.probe import MARKER, Look, Probe
from tests.model.llama.speed_child import ids, picture, text, turn
from tests.model.teacher_forced import Departure

COMMAND = "python -m tests.model.llama.speed --source llama.cpp --build llama.cpp/build --threads"
FORMATS = ("Q4_0", "Q8_0", "Q4_K_M")
LENGTHS = (512, 2048)
TOLD = 16
SMALL = Dimensions(width=256, inner=512, layers=2, heads=8, tied=True, vision_depth=2,
                   vision_width=128, vision_inner=256, levels=(0,))  # fmt: skip
Times = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """The files that are timed, and how."""

    probe: Probe
    plain: Path
    folder: Path
    threads: int
    lengths: tuple[int, ...]
    written: int

    @property
    def mmproj(self) -> Path:
        """Return the vision file."""
        return self.folder / "mmproj-model-f16.gguf"

    def model(self, format: str) -> Path:
        """Return the text file of a format, beside the vision file."""
        return self.folder / format / "model-Q.gguf"

    def bytes_a_token(self, format: str) -> int:
        """Return what is read from memory to write a token behind the longest prompt.

        Every weight of the text file (its embedding is the head, too), and all keys and values.
        """
        text = load_config(CheckpointFolder(self.plain)).text
        held = cache_bytes(text, max(self.lengths))
        return self.model(format).stat().st_size + held

    def ours(self, model: Path) -> Times:
        """Time Handrail."""
        return self._child("handrail", model)

    def transformers(self) -> Times:
        """Time transformers in bfloat16."""
        return self._child("transformers", self.plain)

    def llama(self, model: Path, reply: int, flash: bool) -> Times:
        """Time llama.cpp, which writes a reply of so many tokens in a step."""
        engine = Engine.load(model)
        said = engine.prompts.template.render(turn(picture()), (), engine.tokenizer)
        asked = said.replace("<|vision_start|><|image_pad|><|vision_end|>", MARKER)
        del engine
        look = Look(picture(), asked, reply, self.threads, flash, self.lengths, self.written)
        return self.probe.time(model, self.mmproj, look)

    def _child(self, *given: object) -> Times:
        lengths = ",".join(map(str, self.lengths))
        return child(*given, self.threads, lengths, self.written)


def child(*given: object) -> Times:
    """Run a process of ``speed_child`` and return what it says."""
    command = [sys.executable, "-m", "tests.model.llama.speed_child", *map(str, given)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found: Times = json.loads(ended.stdout)
    return found


def prepare(probe: Probe, dimensions: Dimensions, where: Path, formats: Sequence[str]) -> Path:
    """Write the weights in every format; return the folder of the GGUF files."""
    write_model(where / "plain", dimensions)
    whole = where / "gguf"
    whole.mkdir()
    gguf_writer.write(where / "plain", whole, gguf_writer.halves)
    for format in formats:
        (whole / format).mkdir()
        probe.quantize(whole / "model-Q.gguf", whole / format / "model-Q.gguf", format)
        (whole / format / "mmproj-model-f16.gguf").symlink_to(whole / "mmproj-model-f16.gguf")
    (whole / "model-Q.gguf").unlink()
    return whole


def rounds(bench: Bench, formats: Sequence[str], count: int) -> dict[str, list[Times]]:
    """Let every side have its turn so many times; return what each took."""
    found: dict[str, list[Times]] = {}
    for number in range(count):
        say(f"{bench.threads} threads, round {number + 1} of {count}")
        found.setdefault("memory", []).append(child("bandwidth", bench.threads))
        found.setdefault("transformers, bfloat16", []).append(bench.transformers())
        for format in formats:
            mine = bench.ours(bench.model(format))
            found.setdefault(f"Handrail, {format}", []).append(mine)
            for name, flash in contenders(found, format):
                took = bench.llama(bench.model(format), int(mine["tokens"]), flash)
                found.setdefault(name, []).append(took)
    return found


def contenders(found: dict[str, list[Times]], format: str) -> list[tuple[str, bool]]:
    """Return llama.cpp's names with and without flash attention; later only what led somewhere."""
    names = [(f"llama.cpp, {format}, flash", True), (f"llama.cpp, {format}", False)]
    if not all(name in found for name, _ in names):
        return names
    first, second = (found[name][0] for name, _ in names)
    leads = [first[part] < second[part] for part in first if part != "peak"]
    return [pair for pair, led in zip(names, (any(leads), not all(leads)), strict=True) if led]


def figures(found: dict[str, list[Times]], bench: Bench) -> Iterator[Figure]:
    """Yield the median of every part of every side, and how many times quicker ours is."""
    middle = {
        side: {part: statistics.median(row[part] for row in rows) for part in rows[0]}
        for side, rows in found.items()
    }
    tail = counted(bench.threads)
    for side, parts in middle.items():
        for part, value in parts.items():
            yield _figure(f"{part}, {side}, {tail}", part, value, len(found[side]))
    for side in [side for side in middle if side.startswith("Handrail")]:
        format = side.partition(", ")[2]
        rivals = [m for s, m in middle.items() if s.startswith(f"llama.cpp, {format}")]
        for part in ("see", *[p for p in rivals[0] if p.startswith("read")], "write", "step"):
            best = min(rival[part] for rival in rivals)
            yield Figure(
                name=f"{part}, {format}, {tail}: times quicker than llama.cpp",
                value=round(best / middle[side][part], 2), count=len(found[side]),
            )  # fmt: skip
        rate = bench.bytes_a_token(format) / middle[side]["write"]
        share = rate / middle["memory"]["bandwidth"]
        note = f"{rate / 1e9:.1f} GB/s of weights, keys, values"
        name = f"write, {format}, {tail}: share of the read bandwidth"
        count = len(found[side])
        yield Figure(name=name, value=round(share, 3), unit="share", count=count, note=note)


def counted(threads: int) -> str:
    """Return a number of threads in words."""
    return f"{threads} thread" + "s" * (threads > 1)


def _figure(name: str, part: str, value: float, count: int) -> Figure:
    if part in ("peak", "bandwidth"):
        unit = "MB" if part == "peak" else "GB/s"
        return Figure(name=name, value=round(value / (1e6 if part == "peak" else 1e9), 1),
                      unit=unit, count=count)  # fmt: skip
    whole = part in ("tokens", "passes")
    return Figure(name=name, value=round(value, 4), unit="" if whole else "s", count=count)


def agreement(bench: Bench, format: str) -> Figure:
    """Return how far the logits of both are apart, told the same tokens."""
    engine = Engine.load(bench.model(format), threads=bench.threads)
    (decode,) = engine.reader.read([text(64)])
    rows, reply = [], ids(TOLD + 64)[64:]
    for token in reply:
        rows.append(decode.logits)
        decode.step(token)
    theirs = bench.probe.tell(bench.model(format), ids(64), reply)
    error = Departure(torch.stack(rows), theirs).error
    return Figure(name=f"relative error of the logits to llama.cpp's, {format}",
                  value=float(f"{error:.2g}"), count=TOLD)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.llama.speed")
    parser.add_argument("--source", type=Path, required=True, help="llama.cpp's sources")
    parser.add_argument("--build", type=Path, required=True, help="a build with shared libraries")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default: 1,2)")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="a small model: tries the command")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    given = parser.parse_args(argv)
    formats: list[str] = given.formats.split(",")
    with tempfile.TemporaryDirectory() as name:
        probe = Probe(given.source, given.build, Path(name))
        folder = prepare(probe, SMALL if given.small else TWO_BILLION, Path(name), formats)
        for threads in map(int, given.threads.split(",")):
            bench = Bench(probe, Path(name) / "plain", folder, threads, LENGTHS, 32)
            found = list(figures(rounds(bench, formats, given.rounds), bench))
            found += [agreement(bench, format) for format in formats]
            title = f"A step beside llama.cpp: the 2B drawn, 1024x768, {counted(threads)}"
            result = "speed-" + counted(threads).replace(" ", "-")
            publish(measured(result, title, f"{COMMAND} {threads}", SEED, found), given.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
