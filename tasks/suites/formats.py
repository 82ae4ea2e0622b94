"""Measure what fewer bits cost in grounding: ``python -m handrail.tasks.suites.formats``.

The pocket model is written in each format by ``handrail model quantize`` and asked the first
questions of the fixed suite of renders. As it is stored it is asked in float32, too, where no
kernel rounds anything, about screens of which it knows every tile from the question before, and
about screens without their plain ground. How far each kind of weights is off is told as well.
Writes ``format-grounding.json``.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.model.errors import ModelError
from handrail.model.pocket import suite
from handrail.model.pocket.errors import PocketError
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate import add_model, chosen_model, publish
from handrail.tasks.evaluate_score import locator_on
from handrail.tasks.results.result import Figure, measured, share
from handrail.tasks.run_model import ModelChoice, load_proposer, model_folder
from handrail.tasks.suites.renders import answer_all

if TYPE_CHECKING:
    from handrail.model.quantizer import Bits, Keep

DEFAULT_COUNT = 200
FORMATS: tuple[tuple[str, "Bits | None", "Keep"], ...] = (
    ("as stored", None, "vision"),
    ("8 bits", 8, "vision"),
    ("8 bits, the vision tower too", 8, "nothing"),
    ("4 bits", 4, "vision"),
    ("4 bits, the vision tower too", 4, "nothing"),
)
IN_FLOAT32, SEEN_BEFORE = "as stored, in float32", "as stored, tiles known from before"
WITHOUT_GROUND = "as stored, without plain ground"


@dataclass(frozen=True)
class Written:
    """A checkpoint in a format, and each kind of weights' error: root mean square, relative."""

    folder: Path
    errors: dict[str, float]


@contextmanager
def written(source: Path, bits: "Bits | None", keep: "Keep") -> Iterator[Written]:
    """Yield the checkpoint in a format, until it is left. Raises CheckpointError."""
    if bits is None:
        yield Written(source, {})
        return
    from handrail.model.quantizer import quantize

    with tempfile.TemporaryDirectory() as folder:
        done = quantize(source, Path(folder) / "copy", bits, keep)
        yield Written(Path(folder) / "copy", done.errors)


def measure(choice: ModelChoice, count: int) -> tuple[Figure, ...]:
    """Return the hits in each format, and how far the weights are off.

    Raises ModelError and PocketError.
    """
    hits, off = [], []
    stored = replace(choice, model=str(model_folder(choice.model)))
    exact = replace(stored, dtype="float32")
    for name, bits, keep in FORMATS:
        with written(model_folder(choice.model), bits, keep) as made:
            hits.append(_hits(name, replace(choice, model=str(made.folder)), count))
        if keep == "nothing":  # the other copy of these bits has some of the same weights
            off += [
                Figure(name=f"{kind} off, {bits} bits", value=round(error, 4), unit="share")
                for kind, error in made.errors.items()
            ]
    hits.append(_hits(IN_FLOAT32, exact, count))
    hits.append(_hits(SEEN_BEFORE, stored, count, asked=2))
    hits.append(_hits(WITHOUT_GROUND, replace(stored, skip_ground=True), count))
    return (*hits, *off)


def _hits(name: str, choice: ModelChoice, count: int, asked: int = 1) -> Figure:
    """Return the share of hits; each question is asked so many times, and the last counts."""
    size = sum(file.stat().st_size for file in Path(choice.model).glob("*.safetensors"))
    items = (item for item in suite.items(count) for _ in range(asked))
    answers = answer_all(locator_on(load_proposer(choice)), items)[asked - 1 :: asked]
    seconds = statistics.median(a.seconds for a in answers)
    note = f"{size / 2**20:.1f} MiB, {seconds:.2f} s a question"
    found = share(f"point in box, {name}", sum(a.hit for a in answers), len(answers), note=note)
    say(f"{found.name}: {found.value:.1%} of {len(answers)}, {note}")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.formats", description=__doc__
    )
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_model(parser)
    arguments = parser.parse_args(argv)
    try:
        found = measure(chosen_model(arguments), arguments.count)
    except (ModelError, PocketError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = "Grounding of the pocket model by weight format"
    command = f"python -m handrail.tasks.suites.formats --count {arguments.count}"
    publish(measured("format-grounding", title, command, suite.SEED, found), arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
