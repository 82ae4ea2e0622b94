"""Ask the pocket model: say the next step, then look for its target in every tile of the screen.

The model's reply is written in two parts. What is to be done next depends on the instruction and on
what was done, and is said first ("Action: click NAME"). Where that is, is asked of each tile at
native scale; the tile in which the model is surest gives the coordinates. The two parts together
are one reply in the ``computer_use`` format, parsed like any model's.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.parse import CLOSE, OPEN, parse
from handrail.agent.pocket_format import PocketFormat
from handrail.agent.prompt import user_text
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.quotation import Quotation
from handrail.agent.tool import computer_use
from handrail.model import tiles
from handrail.model.messages import ImagePart, Message, TextPart

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.decode import Decode
    from handrail.model.engine import Engine


@dataclass(frozen=True)
class Found:
    """Where a name is, in fractions of the screen.

    ``odds``: log-odds of click against "not here"; ``score``: what tiles are compared by.
    """

    x: float
    y: float
    odds: float
    score: float


_LOOKED_AT_TWICE = 3
_NEAR = 0.02
"""How near two finds are the same place, in fractions of the screen's sides."""
_NOWHERE = Found(0.5, 0.5, -math.inf, -math.inf)


class PocketProposer:
    """Decides with a checkpoint that was trained on tiles (see ``handrail.json`` in its folder)."""

    def __init__(self, engine: "Engine", form: PocketFormat) -> None:
        self._engine = engine
        self._form = form
        self._tools = (computer_use(),)
        self._call = self._single(form.call)
        self._absent = self._single(form.absent)
        self._think = self._single(form.think)
        self._type, self._end_type = self._single(form.type), self._single(form.end_type)
        decoded = ((i, engine.tokenizer.decode([i])) for i in range(engine.tokenizer.size))
        self._spans = {i for i, text in decoded if OPEN in text or CLOSE in text}

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next action. Raises ModelError."""
        began = time.perf_counter()
        lines = [
            f"Step {i}: {line}"
            for i, line in enumerate((_line(s) for s in history if _counts(s)), start=1)
        ]
        said, prompt_tokens, reply_tokens = self._plan(goal, user_text(goal, lines))
        reply, image_tokens, odds = said, 0, None
        if said.startswith(self._form.think) and self._form.call not in said:
            found, image_tokens = self._look(observation.image, user_text(goal, lines), said)
            reply_tokens += 4
            odds = found.odds
            x, y = round(found.x * 1000), round(found.y * 1000)
            reply = f"{said}{self._form.call}{self._form.write_point(x, y)}"
        usage = Usage(
            prompt_tokens=prompt_tokens,
            image_tokens=image_tokens,
            reply_tokens=reply_tokens,
            seconds=time.perf_counter() - began,
        )
        made = parse(reply, observation.geometry)
        if isinstance(made, Proposal) and odds is not None:
            made = replace(made, confidence=_squash(odds))
        return replace(made, usage=usage)

    def locate(self, image: Image.Image, target: str) -> Found:
        """Find a target by its name, without planning. Raises ModelError."""
        said = self._form.think + target
        return self._look(image, user_text(f"click {target}", []), said)[0]

    def _plan(self, goal: str, text: str) -> tuple[str, int, int]:
        """Return what is said before the screen must be looked at, and tokens read and written."""
        decode = self._engine.begin([Message("user", [TextPart(text)])], self._tools)
        stop = self._engine.stop_ids | {self._call, self._absent}
        reply: list[int] = []
        token = int(decode.logits.argmax())
        while token not in stop and len(reply) < self._form.longest:
            reply.append(token)
            decode.step(token)
            if token == self._think:
                self._quote(decode, goal, self._spans, reply)
                break  # where it is has to be looked for
            token = int(decode.logits.argmax())
            if reply[-1] == self._type:
                token = self._quote(decode, goal, {self._end_type}, reply)
        return self._engine.tokenizer.decode(reply), len(decode.prompt_ids), len(reply)

    def _quote(self, decode: "Decode", goal: str, ends: set[int], reply: list[int]) -> int:
        """Say words of the goal until one of the ends is likelier; return that end."""
        tokenizer = self._engine.tokenizer
        ids = tokenizer.encode(goal)
        quoted = Quotation(ids, [tokenizer.decode([i]) for i in ids])
        while len(reply) < self._form.longest:
            may = sorted(quoted.allowed() | (ends if quoted.may_end else set()))
            if not may:
                break
            token = may[int(decode.logits[may].argmax())]
            if token in ends:
                return token
            quoted.accept(token)
            reply.append(token)
            decode.step(token)
        return min(ends)

    def _look(self, image: Image.Image, text: str, said: str) -> tuple[Found, int]:
        """Look in every tile, then once more with the best finds in the middle of a tile.

        At a tile's edge a name or its field may be cut off. The second look decides between the
        finds and gives the point (zoom-in refinement without zoom). Returns the best find and the
        visual tokens spent.
        """
        cut = tiles.cut(image, self._form.tile)
        first, spent = self._finds(cut, text, said)
        best = _apart(sorted(first, key=lambda f: -f.score))[:_LOOKED_AT_TWICE]
        if not best or len(cut) == 1:
            return best[0] if best else _NOWHERE, spent
        centred = [tiles.around(image, self._form.tile, f.x, f.y) for f in best]
        second, more = self._finds(centred, text, said)
        return max(second, key=lambda f: f.score, default=best[0]), spent + more

    def _finds(self, cut: Sequence[tiles.Tile], text: str, said: str) -> tuple[list[Found], int]:
        asked = [[Message("user", [ImagePart(t.image), TextPart(text)])] for t in cut]
        decodes = self._engine.begin_batch(asked, self._tools, said)
        spent = sum(d.image_tokens for d in decodes)
        found = (self._find(d, t) for d, t in zip(decodes, cut, strict=True))
        return [f for f in found if f is not None], spent

    def _find(self, decode: "Decode", tile: tiles.Tile) -> Found | None:
        """Decode a click in one tile; None where what is said is no place on the screen.

        A tile's score is its log-odds for being the one plus how sure it is of both coordinates:
        where the target is not on the tile, they are spread out even if the click is preferred.
        """
        odds = float(decode.logits[self._call] - decode.logits[self._absent])
        across = decode.step(self._call).log_softmax(-1)
        down = decode.step(int(across.argmax())).log_softmax(-1)
        written = self._engine.tokenizer.decode([int(across.argmax()), int(down.argmax())])
        place = self._form.read_point(written)
        on_screen = None if place is None else tile.to_screen(*place)
        if on_screen is None:
            return None
        return Found(*on_screen, odds, odds + float(across.max()) + float(down.max()))

    def _single(self, text: str) -> int:
        ids = self._engine.tokenizer.encode(text)
        if len(ids) != 1:
            raise ValueError(f"the checkpoint's tokenizer has no single token for {text!r}")
        return ids[0]


def _apart(finds: Sequence[Found]) -> list[Found]:
    """Leave out finds of a place that a better find is at already."""
    kept: list[Found] = []
    for find in finds:
        if all(abs(find.x - k.x) > _NEAR or abs(find.y - k.y) > _NEAR for k in kept):
            kept.append(find)
    return kept


def _counts(step: Step) -> bool:
    """Tell whether a step was done, as far as the model's own bookkeeping goes."""
    if not isinstance(step.reply, Proposal):
        return False
    return step.outcome is None or step.outcome.kind in ("done", "in_doubt")


def _line(step: Step) -> str:
    assert isinstance(step.reply, Proposal)
    return step.reply.line


def _squash(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
