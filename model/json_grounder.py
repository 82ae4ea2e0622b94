"""Grounding with published Qwen3-VL checkpoints, which answer in JSON.

``point_2d`` and ``bbox_2d`` are the fields of Qwen's grounding cookbooks. A grammar leaves the
model no other answer, and the branch it takes says whether the thing is there. The second, closer
look is zoom-in refinement as of RegionFocus (arXiv 2505.00684): around the first answer, asked
again.
"""

import math
import re
from dataclasses import dataclass, replace

from PIL import Image

from handrail.model.engine import Engine
from handrail.model.errors import ImageError
from handrail.model.grammar import Schema
from handrail.model.grounding import Boxed, Pointed, Scale, fraction
from handrail.model.messages import ImagePart, Message, TextPart

CLOSER = 0.5
"""The share of each side that the second look sees."""
_SAME_PLACE = 0.03
_MOST_BOXES = 50
_POINT = re.compile(r'"point_2d": \[(\d+), (\d+)\]')
_BOX = re.compile(r'"bbox_2d": \[(\d+), (\d+), (\d+), (\d+)\]')
_OPENING = '{"point_2d":'


@dataclass(frozen=True)
class _Said:
    """A constrained reply; ``tokens`` holds where each token ends and its log-probability."""

    text: str
    tokens: tuple[tuple[int, float], ...]

    def logprob(self, start: int, end: int) -> float:
        """Return how likely the tokens are that end in this span, given what may be said."""
        return sum(chance for at, chance in self.tokens if start < at <= end)


class JsonGrounder:
    """Asks a checkpoint for points and boxes as JSON; use from one thread at a time."""

    def __init__(self, engine: Engine, scale: Scale = 1000, closer: bool = True) -> None:
        self._engine = engine
        self._scale: Scale = scale
        self._closer = closer

    def point(self, image: Image.Image, phrase: str) -> Pointed:
        """Return the best place, looked at twice unless ``closer`` is off. Raises ModelError."""
        first = self._point(image, phrase)
        if not self._closer or not first.found:
            return first
        left, right = _closer(first.x, image.width)
        top, bottom = _closer(first.y, image.height)
        try:
            second = self._point(image.crop((left, top, right, bottom)), phrase)
        except ImageError:
            return first  # half of a thin picture may be too thin
        x = (left + second.x * (right - left)) / image.width
        y = (top + second.y * (bottom - top)) / image.height
        seen = replace(second, x=x, y=y)
        agreed = second.found and first.near(seen, _SAME_PLACE)
        return replace(seen if second.found else first, agreed=agreed)

    def boxes(self, image: Image.Image, phrase: str) -> tuple[Boxed, ...]:
        """Return a box around each thing that the phrase names. Raises ModelError."""
        asked = f'Locate every "{phrase}" in the picture. Answer with a JSON list of '
        said = self._said(image, f"{asked}bbox_2d; it is empty where there is none.", self._boxes())
        return tuple(self._box(said, found) for found in _BOX.finditer(said.text))

    def _point(self, image: Image.Image, phrase: str) -> Pointed:
        asked = f'Locate "{phrase}" in the picture. Answer with JSON: its point_2d, '
        asked += "or null where it is not there."
        said = self._said(image, asked, self._points(absent=True))
        if (found := _POINT.search(said.text)) is not None:
            odds = _odds(said.logprob(len(_OPENING), found.start(1)))
        else:
            odds = -_odds(said.logprob(len(_OPENING), len(said.text)))
            said = self._said(image, asked, self._points(absent=False))
            found = _POINT.search(said.text)
        assert found is not None, "the grammar leaves nothing else"
        x, y = (fraction(int(n), self._scale) for n in found.groups())
        return Pointed(x, y, odds, said.logprob(found.start(1), found.end()), None, self._scale)

    def _box(self, said: _Said, found: re.Match[str]) -> Boxed:
        a, b, c, d = (fraction(int(n), self._scale) for n in found.groups())
        sure = said.logprob(found.start(1), found.end())
        return Boxed(min(a, c), min(b, d), max(a, c), max(b, d), sure, self._scale)

    def _said(self, image: Image.Image, text: str, schema: Schema) -> _Said:
        """Let the model answer by the schema, always with the likeliest token."""
        message = Message("user", [ImagePart(image), TextPart(text)])
        # a model that thinks first is asked for the answer at once
        decode = self._engine.begin([message], prefix="</think>\n\n" if self._engine.thinks else "")
        constraint, written = self._engine.constraint(schema), self._engine.tokenizer.stream()
        said, tokens = "", []
        while True:
            chances = constraint.allowed(decode.logits).log_softmax(-1)
            token = int(chances.argmax())
            constraint.accept(token)
            said += written.add(token)
            tokens.append((len(said), float(chances[token])))
            if constraint.complete:
                return _Said(said, tuple(tokens))
            decode.step(token)

    def _points(self, absent: bool) -> Schema:
        point = self._numbers(2)
        return _object("point_2d", {"anyOf": [point, {"type": "null"}]} if absent else point)

    def _boxes(self) -> Schema:
        box = _object("bbox_2d", self._numbers(4))
        return {"type": "array", "items": box, "maxItems": _MOST_BOXES}

    def _numbers(self, count: int) -> Schema:
        number = {"type": "integer", "minimum": 0, "maximum": self._scale}
        return {"type": "array", "items": number, "minItems": count, "maxItems": count}


def _object(field: str, content: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {field: content},
        "required": [field],
        "additionalProperties": False,
    }


def _closer(at: float, side: int) -> tuple[int, int]:
    """Return the pixels of a side between which the second look is, around a fraction of it."""
    length = max(1, round(CLOSER * side))
    begin = min(max(0, round(at * side - length / 2)), side - length)
    return begin, begin + length


def _odds(logprob: float) -> float:
    """Turn the log-probability of one of two things into its log-odds."""
    chance = min(math.exp(logprob), 1 - 1e-12)
    return math.log(chance) - math.log1p(-chance)
