"""Fit how sure the pocket model may be: ``python -m handrail.model.pocket.calibrate FOLDER``.

It is asked, on screens that it never learned from, for names that stand there and for names that do
not. What tells the two apart becomes a chance, whose few weights are written into the folder's
``handrail.json``. Figures are of screens that were left out of the fit they are measured by.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from handrail.model.calibration import Calibration
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError
from handrail.model.pocket import logistic
from handrail.model.pocket.network import LOOKING_HEAD, LOOKING_LAYER
from handrail.model.pocket.trial import Answer, Trial, drawn_screens, photographed
from handrail.model.stored import SINGLE_FILE
from handrail.model.tile_format import FILE, TileFormat, load_format
from handrail.model.tile_grounder import TileGrounder

_PARTS = 5
_PLAIN = Calibration(layer=LOOKING_LAYER, head=LOOKING_HEAD, bias=0.0, odds=1.0, gaze=0.0)
"""Watches the head that training taught; what it makes of it is not used."""


def fit(told: Sequence[Answer]) -> Calibration:
    """Return what the signals count, by these answers. Raises ValueError without both kinds."""
    bias, odds, gaze = (round(float(w), 4) for w in logistic.fitted(*_arrays(told)))
    return Calibration(layer=LOOKING_LAYER, head=LOOKING_HEAD, bias=bias, odds=odds, gaze=gaze)


def apart(told: Sequence[Answer]) -> logistic.Floats:
    """Return each answer's chance by a fit on the screens of other parts than its own."""
    signals, truths = _arrays(told)
    names = sorted({answer.screen for answer in told})
    random.Random("parts").shuffle(names)
    part = {name: number % _PARTS for number, name in enumerate(names)}
    parts = np.array([part[answer.screen] for answer in told])
    out = np.zeros(len(told))
    for number in set(parts):
        own = parts == number
        weights = logistic.fitted(signals[~own], truths[~own])
        out[own] = logistic.chances(signals[own], weights)
    return out


def lines(told: Sequence[Answer]) -> Iterator[str]:
    """Yield the figures, of all and of each source, in words."""
    found = apart(told)
    for source in ("", *sorted({answer.source for answer in told})):
        chosen = np.array([source in ("", answer.source) for answer in told])
        some = [answer for answer in told if source in ("", answer.source)]
        signals, truths = _arrays(some)
        hits = sum(answer.hit for answer in some)
        yield f"{source or 'all'}: {truths.sum()} there ({hits} hit), {(~truths).sum()} not"
        bare = logistic.chance(signals[:, 0])
        yield f"  gaze alone: area under the curve {logistic.area(signals[:, 1], truths):.3f}"
        yield f"  odds alone: {_told(bare, truths)}"
        yield f"  chance: {_told(found[chosen], truths)}"


def _told(chances: logistic.Floats, truths: logistic.Truths) -> str:
    said = chances <= 0.5
    right, absent = int((said & ~truths).sum()), int((~truths).sum())
    return (
        f"area under the curve {logistic.area(chances, truths):.3f}, log loss "
        f"{logistic.loss(chances, truths):.3f}; not found, precision {right} of {said.sum()}, "
        f"recall {right} of {absent}"
    )


def write(folder: Path, calibration: Calibration) -> None:
    """Put a calibration into a checkpoint's ``handrail.json``, in place of the one before."""
    file = folder / FILE
    content = json.loads(file.read_text("utf-8")) | {"calibration": calibration.model_dump()}
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def answers_file(folder: Path, photographs: Path, seed: int) -> Path:
    """Return where the answers of these weights to this seed's questions are kept."""
    weights = hashlib.sha256((folder / SINGLE_FILE).read_bytes()).hexdigest()
    return photographs / f"answers-{weights[:12]}-{seed}.jsonl"


def _arrays(told: Sequence[Answer]) -> tuple[logistic.Floats, logistic.Truths]:
    signals = np.array([(answer.odds, answer.gaze) for answer in told], np.float64)
    return signals.reshape(-1, 2), np.array([answer.there for answer in told], np.bool_)


def _form(folder: Path) -> TileFormat:
    form = load_format(folder)
    if form is None:
        raise CheckpointError(f"{folder} has no {FILE}: only checkpoints with one are calibrated")
    return form.model_copy(update={"calibration": _PLAIN})


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, fit, print the figures, and write the fit; return the exit code."""
    given = _parser().parse_args(arguments)
    engine = Engine.load(given.folder, given.device, threads=given.threads)
    grounder = TileGrounder(engine, _form(given.folder))
    photos = photographed(given.photographs, given.screens)
    seen = chain(photos, drawn_screens(given.screens, given.seed))
    kept = answers_file(given.folder, given.photographs, given.seed)
    told = Trial(grounder.point, given.seed, kept).answers(seen)
    found = fit(told)
    print("\n".join(lines(told)))
    print(found.model_dump_json())
    write(given.folder, found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.model.pocket.calibrate", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="the checkpoint, with its handrail.json")
    parser.add_argument(
        "--photographs",
        type=Path,
        default=Path("build/calibration"),
        help="photographed screens of a seed that no training saw: python -m handrail.tasks.data "
        "--seed 4711 --out build/calibration, and the same with --source toolkits",
    )
    parser.add_argument("--screens", type=int, default=40, help="so many of each source")
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    return parser


if __name__ == "__main__":
    sys.exit(main())
