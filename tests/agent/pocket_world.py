"""A pocket model whose words are known beforehand, and screens with one red pixel to find."""

from collections.abc import Sequence
from typing import cast

import torch
from PIL import Image
from torch import Tensor

from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.pocket_proposer import PocketProposer
from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.export import form
from handrail.model.tile_format import TileFormat
from handrail.model.tile_grounder import TileGrounder
from handrail.model.tokenizer import Tokenizer

SIZE = (1280, 800)
RED = (255, 0, 0)
FORM = TileFormat.model_validate(form())


class Said:
    """A reply that is known beforehand: tokens to say, one after the other."""

    image_tokens = 280
    gaze = None

    def __init__(self, ids: Sequence[int], odds: float = 0.0) -> None:
        self._ids = list(ids)
        self.prompt_ids = (1, 2, 3)
        self.logits = self._next()
        self.logits[[v.token(call) for call in v.CALLS.values()]] += odds

    def _next(self) -> Tensor:
        logits = torch.zeros(v.SIZE)
        logits[self._ids.pop(0) if self._ids else v.token("<|im_end|>")] = 9.0
        return logits

    def step(self, token_id: int) -> Tensor:
        self.logits = self._next()
        return self.logits


class Seer:
    """Stands in for the engine: plans by a script, and finds the one red pixel of a screen."""

    def __init__(self, plan: Sequence[int], tokenizer: Tokenizer) -> None:
        self._plan = plan
        self.tokenizer = tokenizer
        self.stop_ids = frozenset({v.token("<|im_end|>")})
        self.heard: list[str] = []
        self.looks = 0
        self.skips_ground = False

    def skip_ground(self) -> None:
        self.skips_ground = True

    def begin(self, messages: Sequence[Message], tools: object = (), prefix: str = "") -> Said:
        self.heard.append("".join(p.text for p in messages[0].content if isinstance(p, TextPart)))
        return Said(self._plan)

    def begin_batch(
        self,
        conversations: Sequence[Sequence[Message]],
        tools: object,
        prefix: str,
        watched: object = None,
    ) -> list[Said]:
        self.looks += 1
        return [self._look(said[0]) for said in conversations]

    def step_batch(self, decodes: Sequence[Said], token_ids: Sequence[int]) -> list[Tensor]:
        return [said.step(token) for said, token in zip(decodes, token_ids, strict=True)]

    def _look(self, message: Message) -> Said:
        (picture,) = [p.image for p in message.content if isinstance(p, ImagePart)]
        box = picture.getbbox()
        if box is None:
            return Said([v.token(v.ABSENT)], odds=-5.0)
        x, y = round(box[0] / picture.width * 1000), round(box[1] / picture.height * 1000)
        return Said([v.token(v.CALL_CLICK), v.FIRST_X + x, v.FIRST_Y + y], odds=5.0)


def proposer_of(
    plan: Sequence[int], shape: TileFormat = FORM, tokenizer: Tokenizer | None = None
) -> tuple[PocketProposer, Seer]:
    seer = Seer(plan, tokenizer or Tokenizer(v.tokenizer()))
    engine = cast(Engine, seer)
    return PocketProposer(engine, shape, TileGrounder(engine, shape)), seer


def seen(at: tuple[int, int] | None, size: tuple[int, int] = SIZE) -> Observation:
    image = Image.new("RGB", size)
    if at is not None:
        image.putpixel(at, RED)
    geometry = ScreenGeometry(width=size[0], height=size[1])
    return Observation(image, geometry, 0.0, Surface("fake", "test"))
