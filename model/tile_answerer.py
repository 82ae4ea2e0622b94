"""Answer questions about a screen with checkpoints that were trained on tiles.

What is asked about was looked for as for a click, in all tiles. The question is then asked of one
tile with the find in its middle: yes or no is one token, a text is read letter by letter. Only
letters can be read, and their number is bounded: whatever a screen says is text.
"""

from dataclasses import dataclass

from PIL import Image

from handrail.model import tiles
from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.tile_format import Asking, TileFormat
from handrail.model.tile_grounder import TOOLS


@dataclass(frozen=True)
class Answered:
    """What a question's answer is: a text, or None where what is asked about is not there.

    ``whole``: the text ends where the model ended it, and not where its length is bounded;
    ``sure``: the model's log-probability of the answer; ``tokens``: how many it said, and
    ``image_tokens`` how many visual ones that took.
    """

    text: str | None
    whole: bool
    sure: float
    tokens: int
    image_tokens: int


class TileAnswerer:
    """Answers questions about what is at a place; use from one thread at a time."""

    def __init__(self, engine: Engine, form: TileFormat, asking: Asking) -> None:
        self._engine, self._form, self._asking = engine, form, asking
        self._tokenizer = engine.tokenizer
        single = self._tokenizer.single
        self._answer, self._yes, self._no = (
            single(text) for text in (asking.answer, asking.yes, asking.no)
        )
        self._absent, self._end = single(form.absent), single(form.end_type)
        texts = ((i, self._tokenizer.decode([i])) for i in range(self._tokenizer.size))
        letters = [i for i, text in texts if len(text) == 1 and text.isprintable()]
        self._may_read = sorted({*letters, self._end})

    def answer(self, image: Image.Image, text: str, said: str, at: tuple[float, float]) -> Answered:
        """Answer what ``said``, the beginning of the reply to ``text``, asks.

        ``at``: where that is which it asks about, in fractions of the picture. Raises ModelError.
        """
        return self._ask(tiles.around(image, self._form.tile, *at), text, said)

    def read_at(self, image: Image.Image, x: float, y: float) -> Answered:
        """Read the line of text at a point, in fractions of the picture. Raises ModelError."""
        tile = tiles.around(image, self._form.tile, x, y)
        across = (x * image.width - tile.left) / tile.image.width
        down = (y * image.height - tile.top) / tile.image.height
        point = self._form.write_point(round(across * 1000), round(down * 1000))
        return self._ask(tile, "", self._asking.read + point)

    def _ask(self, tile: tiles.Tile, text: str, said: str) -> Answered:
        """Ask a question of one tile."""
        message = Message("user", [ImagePart(tile.image), TextPart(text)])
        decode = self._engine.begin([message], TOOLS, said)
        may = self._replies(said)
        chances = decode.logits[may].log_softmax(-1)
        best = int(chances.argmax())
        sure = float(chances[best])
        if may[best] == self._answer:
            return self._read(decode, sure)
        answers = {self._yes: "yes", self._no: "no"}
        return Answered(answers.get(may[best]), True, sure, 1, decode.image_tokens)

    def _replies(self, said: str) -> list[int]:
        """Return the tokens that may follow a question: of "is there", absent is the answer no."""
        if said.startswith(self._asking.read):
            return [self._answer, self._absent]
        if said.startswith(self._asking.there):
            return [self._yes, self._no]
        return [self._yes, self._no, self._absent]

    def _read(self, decode: Decode, sure: float) -> Answered:
        """Read letter by letter until the end is likelier than any."""
        letters: list[int] = []
        scores, whole = decode.step(self._answer), False
        while len(letters) < self._asking.longest:
            chances = scores[self._may_read].log_softmax(-1)
            best = int(chances.argmax())
            sure += float(chances[best])
            if whole := self._may_read[best] == self._end:
                break
            letters.append(self._may_read[best])
            scores = decode.step(letters[-1])
        text = self._tokenizer.decode(letters)
        return Answered(text, whole, sure, len(letters) + 2, decode.image_tokens)
