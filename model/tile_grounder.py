"""Grounding with checkpoints that were trained on tiles of screens, as the pocket model is.

The target is asked of each tile at native scale; the tile in which the model is surest gives the
coordinates. Near a tile's edge a name or its field may be cut off: unless the model is very sure of
a find there, it is looked at once more in the middle of a tile of its own (zoom-in refinement,
without the zoom).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from torch import Tensor

from handrail.model import regions, tiles
from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError, UnsupportedError
from handrail.model.grounding import Boxed, Pointed
from handrail.model.hinted import Hints, Named
from handrail.model.messages import ImagePart, Message, TextPart, ToolSchema
from handrail.model.spatial import REACHES, Relation, Row, relation_in, row_in, strip
from handrail.model.tile_format import TileFormat

SURE = -3.0
"""The score from which a find is believed at once."""
EDGE = 0.25
"""In which part of a tile, from an edge behind which the screen goes on, a find is looked at again.

Of 719 names on screens in training's fonts and photographs of training, and 700 that were not on
them, 534 were hit and 476 refused with 0.28 tiles looked at again for a question; of all finds in
doubt and their rivals, 2.0 tiles: 524 and 468; with none at all 529 and 459.
"""
_SAME_PLACE = 0.02
TOOLS: tuple[ToolSchema, ...] = ({"type": "function", "function": {"name": "computer_use"}},)
"""Such a checkpoint's template knows whether there are tools, not what they are."""


NOWHERE = Pointed(0.5, 0.5, -math.inf, -math.inf)
"""What is said of a picture on which there is nothing to point at."""


@dataclass(frozen=True)
class Look:
    """The best find, and the visual tokens that were spent on it."""

    best: Pointed
    image_tokens: int


class TileGrounder:
    """Looks for phrases in all tiles of a picture; use from one thread at a time."""

    def __init__(self, engine: Engine, form: TileFormat) -> None:
        self.engine = engine
        self._form = form
        if form.skips_ground:
            engine.skip_ground()
        self._calls = {p.think: engine.tokenizer.single(p.call) for p in form.pointings}
        self._absent = engine.tokenizer.single(form.absent)
        self._calibration = form.calibration
        if self._calibration and not self._calibration.watched.fits(engine.config.text):
            raise CheckpointError(
                f"handrail.json's calibration watches {self._calibration.watched}, which this "
                "checkpoint lacks: fit it anew (python -m handrail.model.pocket.calibrate)"
            )

    def point(self, image: Image.Image, phrase: str, named: Sequence[Named] = ()) -> Pointed:
        """Return the best place, with scores that say whether it is one. Raises ModelError."""
        return self.look(image, *self._click(phrase), named).best

    def boxes(self, image: Image.Image, phrase: str) -> tuple[Boxed, ...]:
        """Raise UnsupportedError: such checkpoints have learned points only."""
        raise UnsupportedError(
            "this checkpoint points at things and draws no boxes: ask it for a point, "
            "or use a published Qwen3-VL checkpoint"
        )

    def look(self, image: Image.Image, text: str, said: str, named: Sequence[Named] = ()) -> Look:
        """Look for what ``said``, the beginning of the reply to ``text``, names.

        It is called for as what is to be done there is; a click where ``said`` does not say.
        ``named`` is what the screen says it shows, where that may be heard.
        """
        pointing = self._form.pointing(said) or self._form.pointings[0]
        phrase = said.removeprefix(pointing.think)
        hints = Hints(phrase, named)
        if not hints.exact and (relation := relation_in(phrase)):
            return self._beside(image, relation, named)
        if not hints.exact and (row := row_in(phrase)):
            return self._in_row(image, row, named)
        question = _Question(text, said, self._calls[pointing.think])
        seen, spent = self._seen(image, question, hints)
        return Look(hints.settled(seen) or NOWHERE, spent)

    def _beside(self, image: Image.Image, relation: Relation, named: Sequence[Named]) -> Look:
        """Look for what stands beside something else, and is there no surer than that is.

        It is asked for by its role, where nothing but one side of the other is shown.
        """
        look = self.look(image, *self._click(relation.anchor), named)
        anchor, spent, finds = look.best, look.image_tokens, [NOWHERE]
        x, y = anchor.x * image.width, anchor.y * image.height
        box = regions.around(np.asarray(image.convert("RGB")), x, y)
        question = _Question(*self._click(f"the {relation.role}"), self._calls[self._form.think])
        for reach in REACHES:
            if shown := strip(image, box, relation.side, reach, self._form.tile):
                found, more = self._finds([shown.tile], question)
                spent += more
                finds += [find for find in found if find and shown.holds(find.x, find.y)]
                if any(find.found for find in finds):
                    break
        best = max(finds, key=_score)
        if not anchor.found:  # nothing stands beside it, however sure the other is
            best = replace(best, odds=min(best.odds, anchor.odds), chance=anchor.chance)
        return Look(best, spent)

    def _in_row(self, image: Image.Image, row: Row, named: Sequence[Named]) -> Look:
        """Look for what is found by its name in some row, and take its likeness in the one meant.

        There is none where fewer of them stand in that column.
        """
        look = self.look(image, *self._click(row.name), named)
        x, y = look.best.x * image.width, look.best.y * image.height
        pixels = np.asarray(image.convert("RGB"))
        alike = regions.repeats(pixels, regions.around(pixels, x, y))
        if len(alike) < row.number:
            return Look(NOWHERE, look.image_tokens)
        left, top, right, bottom = alike[row.number - 1]
        x, y = (left + right) / 2 / image.width, (top + bottom) / 2 / image.height
        return Look(replace(look.best, x=x, y=y), look.image_tokens)

    def _click(self, phrase: str) -> tuple[str, str]:
        """Return how a click on something is asked for, and how the reply to it begins."""
        return self._form.ask.replace("{phrase}", phrase), self._form.think + phrase

    def _seen(
        self, image: Image.Image, question: "_Question", hints: Hints
    ) -> tuple[Pointed | None, int]:
        """Return the best find in the pixels, None where there is none, and the tokens spent."""

        def score(find: Pointed) -> float:
            return _score(find) + hints.worth(find)

        cut = tiles.cut(image, self._form.tile)
        first, spent = self._finds(cut, question)
        found = [(find, tile) for find, tile in zip(first, cut, strict=True) if find is not None]
        if not found:
            return None, spent
        best, tile = max(found, key=lambda one: score(one[0]))
        if score(best) >= SURE or not tile.ends_near(best.x, best.y, EDGE):
            return best, spent
        centred = tiles.around(image, self._form.tile, best.x, best.y)
        (second,), more = self._finds([centred], question)
        chosen = best if second is None else second
        return replace(chosen, agreed=chosen.near(best, _SAME_PLACE)), spent + more

    def _finds(
        self, cut: Sequence[tiles.Tile], question: "_Question"
    ) -> tuple[list[Pointed | None], int]:
        """Return what is found in each tile, and the tokens spent."""
        asked = [[Message("user", [ImagePart(t.image), TextPart(question.text)])] for t in cut]
        watched = None if self._calibration is None else self._calibration.watched
        decodes = self.engine.begin_batch(asked, TOOLS, question.said, watched)
        spent = sum(d.image_tokens for d in decodes)
        odds = [float(d.logits[question.call] - d.logits[self._absent]) for d in decodes]
        calls = [question.call] * len(decodes)
        across = [logits.log_softmax(-1) for logits in self.engine.step_batch(decodes, calls)]
        columns = [int(scores.argmax()) for scores in across]
        down = [logits.log_softmax(-1) for logits in self.engine.step_batch(decodes, columns)]
        said = [_Said(*one) for one in zip(odds, across, down, strict=True)]
        return [self._find(*one) for one in zip(decodes, cut, said, strict=True)], spent

    def _find(self, decode: Decode, tile: tiles.Tile, said: "_Said") -> Pointed | None:
        """Return the place that is said in a tile; None where it is none on the screen."""
        written = self.engine.tokenizer.decode([int(said.across.argmax()), int(said.down.argmax())])
        place = self._form.read_point(written)
        on_screen = None if place is None else tile.to_screen(*place)
        if on_screen is None:
            return None
        sure = float(said.across.max()) + float(said.down.max())
        find = Pointed(*on_screen, said.odds, sure, gaze=self._gaze(decode))
        return find if self._calibration is None else self._calibration.judged(find)

    def _gaze(self, decode: Decode) -> float | None:
        """Return by how much the watched head prefers a place on the picture to "not here".

        The token before the picture stands for "not here" (``losses.looking`` teaches that).
        """
        if decode.gaze is None:
            return None
        first = decode.prompt_ids.index(self.engine.config.image_token_id)
        cells = decode.gaze[first : first + decode.image_tokens]
        return float(cells.max() - decode.gaze[first - 1])


@dataclass(frozen=True)
class _Question:
    """What is asked of a tile, the beginning of the reply, and the token that calls for a place."""

    text: str
    said: str
    call: int


@dataclass(frozen=True)
class _Said:
    """A tile's reply: log-odds of its calling for a place, log-probabilities of coordinates."""

    odds: float
    across: Tensor
    down: Tensor


def _score(find: Pointed) -> float:
    """Return what tiles are compared by.

    Where the target is not on a tile, its coordinates are spread out even if a click is preferred.
    """
    return find.odds + find.sure
