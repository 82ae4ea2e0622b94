"""Compare GGUF models with llama.cpp: ``python -m tests.model.llama.compare --source --build``.

Random checkpoints are written with the gguf package and packed by llama.cpp's own quantizer.
Both read them; both are told the same replies. Writes ``gguf-llama.json``.
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.reader import ReuseBudget
from handrail.tasks.cli_output import say
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from tests.model import gguf_writer
from tests.model.checkpoints import draw_picture, train_tokenizer, write_checkpoint
from tests.model.llama.probe import FTYPES, MARKER, Probe, Seen
from tests.model.llama.rounding import rounded_inputs, rounded_vision
from tests.model.teacher_forced import Departure, begun, to_tell, told

COMMAND = "python -m tests.model.llama.compare --source llama.cpp --build llama.cpp/build"
SHAPES = {"blocks": "dense", "expert blocks": "experts"}
FORMATS = {"dense": ("F32", *FTYPES), "experts": ("F32", "F16", "Q8_0", "Q4_K_M")}
_TEXT = "press save field list 10 window then wait below label name dates type hello it's"
WORDS = _TEXT.split()
REPLIES, STEPS = 4, 24
WHOLE = ((256, 288), (512, 224))
RESIZED = ((301, 275), (290, 410))
SEED = 5


@dataclass(frozen=True)
class Told:
    """The replies that both are told: of each the text, the prompt's ids, the told ids."""

    texts: list[str]
    prompts: list[list[int]]
    replies: list[list[int]]


def texts() -> list[str]:
    """Return the user's turns."""
    chance = random.Random(SEED)
    return [" ".join(chance.choices(WORDS, k=chance.randint(3, 40))) for _ in range(REPLIES)]


def loaded(file: Path) -> Engine:
    """Load a model that reads every prompt anew: what was rounded otherwise must not be reused."""
    engine = Engine.load(file, dtype="float32")
    engine.reuse(ReuseBudget(0, 0))
    return engine


def told_to(engine: Engine) -> Told:
    """Return replies of an engine to the texts."""
    asked = texts()
    begins = [begun(engine, text, ()) for text in asked]
    replies = [to_tell(engine, decode, STEPS) for decode in begins]
    return Told(asked, [list(decode.prompt_ids) for decode in begins], replies)


def ours(engine: Engine, what: Told) -> Tensor:
    """Return our logits (replies x steps, vocab)."""
    rows = [
        told(begun(engine, text, ()), reply)
        for text, reply in zip(what.texts, what.replies, strict=True)
    ]
    return torch.cat(rows)


def text_figures(probe: Probe, folder: Path, kind: str) -> Iterator[Figure]:
    """Yield the differences in text of one checkpoint, in every format."""
    source, mmproj = folder / "model-Q.gguf", folder / "mmproj-model-f16.gguf"
    what = told_to(loaded(source))
    for format in FORMATS[kind]:
        target = source
        if format != "F32":
            (folder / format).mkdir()
            target = folder / format / "model-Q.gguf"
            (folder / format / mmproj.name).symlink_to(mmproj)
            probe.quantize(source, target, format)
        told_both = zip(what.prompts, what.replies, strict=True)
        theirs = torch.cat([probe.tell(target, *pair) for pair in told_both])
        engine = loaded(target)
        yield from _text(f"{kind}, {format}", Departure(ours(engine, what), theirs))
        if format != "F32":
            with rounded_inputs(engine.network, format == "F16"):
                apart = Departure(ours(engine, what), theirs)
            yield from _text(f"{kind}, {format}, inputs rounded alike", apart)


def _text(name: str, apart: Departure) -> Iterator[Figure]:
    same = (apart.given.argmax(-1) == apart.exact.argmax(-1)).float().mean()
    note = (
        ""
        if same == 1
        else f"else a gap of at most {apart.widest_flip:.2g}; logits up to {apart.largest:.2g} off"
    )
    yield _error(f"text, {name}", apart)
    yield Figure(
        name=f"same best token, {name}", value=round(float(same), 4), unit="share",
        count=len(apart.exact), note=note,
    )  # fmt: skip


def _error(name: str, apart: Departure) -> Figure:
    value = float(f"{apart.error:.2g}")
    return Figure(name=f"relative error, {name}", value=value, count=len(apart.exact))


def picture_figures(probe: Probe, folder: Path, kind: str) -> Iterator[Figure]:
    """Yield the differences of pictures' features, and of text after a picture, in float32."""
    engine = loaded(folder / "model-Q.gguf")
    files = folder / "model-Q.gguf", folder / "mmproj-model-f16.gguf"
    for sizes, name in ((WHOLE, "whole blocks"), (RESIZED, "resized")):
        far: dict[str, list[float]] = {}
        for size in sizes:
            picture = draw_picture(*size, sum(size))
            shown = picture if sizes is WHOLE else fitted(picture, engine)
            reply = to_tell(engine, engine.begin(_turn(shown)), STEPS)
            rendered = engine.prompts.template.render(_turn(shown), (), engine.tokenizer)
            text = rendered.replace("<|vision_start|><|image_pad|><|vision_end|>", MARKER)
            seen = probe.see(*files, picture, text, reply)
            for part, value in _ways(engine, picture, shown, reply, seen):
                far.setdefault(part, []).append(value)
        for part, values in far.items():
            value = float(f"{max(values):.2g}")
            yield Figure(name=f"{part}, {kind}, {name}", value=value, count=len(values))


def _ways(
    engine: Engine, picture: Image.Image, shown: Image.Image, reply: Sequence[int], seen: Seen
) -> Iterator[tuple[str, float]]:
    """Yield how far apart both are, first as they are, then with each difference taken away."""
    cosine, text = "1 - cosine of features", "relative error of text after a picture"
    yield cosine, farthest(features(engine, picture), seen.features)
    if shown is not picture:
        yield f"{cosine}, fitted alike", farthest(features(engine, shown), seen.features)
    yield text, Departure(told(engine.begin(_turn(shown)), reply), seen.logits).error
    with rounded_vision():
        yield f"{cosine}, rounded alike", farthest(features(engine, shown), seen.features)
        alike = Departure(told(engine.begin(_turn(shown)), reply), seen.logits)
        yield f"{text}, rounded alike", alike.error


def _turn(picture: Image.Image) -> list[Message]:
    return [Message("user", [ImagePart(picture), TextPart(texts()[0])])]


def features(engine: Engine, picture: Image.Image) -> Tensor:
    """Return the tokens of a picture and DeepStack's levels, side by side."""
    with torch.inference_mode():
        (seen,) = engine.network.see(engine.prompts.build(_turn(picture), (), "").images)
    return torch.cat((seen.tokens[0], *(level[0] for level in seen.deepstack)), dim=-1)


def farthest(mine: Tensor, theirs: Tensor) -> float:
    """Return the largest 1 - cosine of a token, or of a level of one."""
    parts = mine.double().view(-1, 256), theirs.double().view(-1, 256)
    return float(1 - F.cosine_similarity(*parts, dim=-1).min())


def fitted(picture: Image.Image, engine: Engine) -> Image.Image:
    """Fit a picture as llama.cpp does: in its own proportions, on black."""
    grid = engine.prompts.build(_turn(picture), (), "").images[0].grid
    width, height = grid.columns * 16, grid.rows * 16
    scale = min(width / picture.width, height / picture.height)
    size = [min(math.ceil(side * scale), most) for side, most in
            ((picture.width, width), (picture.height, height))]  # fmt: skip
    canvas = Image.new("RGB", (width, height))
    place = ((width - size[0]) // 2, (height - size[1]) // 2)
    canvas.paste(picture.resize((size[0], size[1]), Image.Resampling.BICUBIC), place)
    return canvas


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.llama.compare")
    parser.add_argument("--source", type=Path, required=True, help="llama.cpp's sources")
    parser.add_argument("--build", type=Path, required=True, help="a build with shared libraries")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    given = parser.parse_args(argv)
    torch.set_num_threads(1)
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        probe = Probe(given.source, given.build, Path(name))
        for shape, kind in SHAPES.items():
            plain, folder = Path(name) / f"{kind}-plain", Path(name) / kind
            for made in (plain, folder):
                made.mkdir()
            write_checkpoint(shape, plain, train_tokenizer())
            gguf_writer.write(plain, folder)
            for figure in (
                *picture_figures(probe, folder, kind),
                *text_figures(probe, folder, kind),
            ):
                say(f"{figure.name}: {figure.value} {figure.note}")
                found.append(figure)
    title = "GGUF models against llama.cpp"
    publish(measured("gguf-llama", title, COMMAND, SEED, found), given.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
