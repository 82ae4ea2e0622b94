"""Ask the pocket model: say the next step, then look for its target in every tile of the screen.

The model's reply is written in two parts. What is to be done next depends on the instruction and on
what was done, and is said first ("Action: click NAME"). Where that is, is looked for on the screen
(see ``TileGrounder``). The two parts together are one reply in the ``computer_use`` format, parsed
like any model's.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.parse import CLOSE, OPEN, parse
from handrail.agent.prompt import user_text
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.quotation import Quotation
from handrail.agent.tool import computer_use
from handrail.model.messages import Message, TextPart
from handrail.model.tile_format import TileFormat

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.decode import Decode
    from handrail.model.engine import Engine
    from handrail.model.tile_grounder import TileGrounder


class PocketProposer:
    """Decides with a checkpoint that was trained on tiles (see ``handrail.json`` in its folder)."""

    def __init__(self, engine: "Engine", form: TileFormat, grounder: "TileGrounder") -> None:
        self.grounder = grounder
        self._engine = engine
        self._form = form
        self._tools = (computer_use(),)
        single = engine.tokenizer.single
        self._call, self._absent = single(form.call), single(form.absent)
        self._think = single(form.think)
        self._type, self._end_type = single(form.type), single(form.end_type)
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
        reply, image_tokens, confidence = said, 0, None
        if said.startswith(self._form.think) and self._form.call not in said:
            look = self.grounder.look(observation.image, user_text(goal, lines), said)
            reply_tokens += 4
            image_tokens, confidence = look.image_tokens, look.best.confidence
            x, y = round(look.best.x * 1000), round(look.best.y * 1000)
            reply = f"{said}{self._form.call}{self._form.write_point(x, y)}"
        usage = Usage(
            prompt_tokens=prompt_tokens,
            image_tokens=image_tokens,
            reply_tokens=reply_tokens,
            seconds=time.perf_counter() - began,
        )
        made = parse(reply, observation.geometry)
        if isinstance(made, Proposal):
            made = replace(made, confidence=confidence)
        return replace(made, usage=usage)

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


def _counts(step: Step) -> bool:
    """Tell whether a step was done, as far as the model's own bookkeeping goes."""
    if not isinstance(step.reply, Proposal):
        return False
    return step.outcome is None or step.outcome.kind in ("done", "in_doubt")


def _line(step: Step) -> str:
    assert isinstance(step.reply, Proposal)
    return step.reply.line
