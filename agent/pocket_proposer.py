"""Ask the pocket model: say the next step, then look for its target in every tile of the screen.

The model's reply is written in two parts. What is to be done next depends on the instruction and on
what was done, and is said first ("Action: click NAME"). Where that is, is looked for on the screen
(see ``TileGrounder``). The two parts together are one reply in the ``computer_use`` format, parsed
like any model's. What names no place (a key, a wait) is a whole reply at once. A question about the
screen names what it is about, too, and is answered by looking (see ``PocketAnswers``).
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from handrail.actuators.observation import Observation
from handrail.agent import search
from handrail.agent.finder import Finder, Sought
from handrail.agent.history import Step
from handrail.agent.parse import CLOSE, OPEN, parse
from handrail.agent.pocket_answers import PocketAnswers, Question
from handrail.agent.prompt import user_text
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.quotation import Quotation
from handrail.agent.stand_in import StandIns
from handrail.agent.told_keys import ToldKeys
from handrail.agent.tool import computer_use
from handrail.model.messages import Message, TextPart
from handrail.model.tile_format import TileFormat

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.decode import Decode
    from handrail.model.engine import Engine
    from handrail.model.tile_grounder import TileGrounder


@dataclass(frozen=True)
class _Said:
    """What was said before the screen is looked at, why it ended there, and its costs in tokens."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    reply_tokens: int


@dataclass(frozen=True)
class _Asked:
    """A goal in words that the model can say, and the whole question with the steps before."""

    goal: str
    text: str
    words: StandIns


class PocketProposer:
    """Decides with a checkpoint that was trained on tiles (see ``handrail.json`` in its folder).

    It says the likeliest thing: asked the same of the same screen it would say the same. So after a
    reply that was no action it is not asked again before the screen or what was done has changed.
    """

    def __init__(self, engine: "Engine", form: TileFormat, grounder: "TileGrounder") -> None:
        self.grounder = grounder
        self._finder = Finder(grounder, form)
        self._engine = engine
        self._form = form
        self._tools = (computer_use(),)
        single = engine.tokenizer.single
        self._looked_for = {single(form.absent), *(single(p.call) for p in form.pointings)}
        self._thinks = {single(p.think) for p in form.pointings}
        self.answers = _answers(form, self._finder)
        if asking := form.asking:
            self._looked_for |= {single(text) for text in (asking.answer, asking.yes, asking.no)}
            self._thinks |= {single(think) for think in asking.thinks}
        self._type, self._end_type = single(form.type), single(form.end_type)
        self._names = [engine.tokenizer.encode(name) for name in form.names]
        decoded = [(i, engine.tokenizer.decode([i])) for i in range(engine.tokenizer.size)]
        self._keys = ToldKeys(decoded)
        self._spans = {i for i, text in decoded if OPEN in text or CLOSE in text}
        self._refused: tuple[str, str, ParseError] | None = None

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next action. Raises ModelError."""
        began = time.perf_counter()
        words = StandIns(goal)
        lines = [
            f"Step {i}: {words.put(line)}"
            for i, line in enumerate((_line(s) for s in history if _counts(s)), start=1)
        ]
        asked = _Asked(words.put(goal), user_text(words.put(goal), lines), words)
        seen = (asked.text, observation.fingerprint)
        if self._refused is not None and self._refused[:2] == seen:
            bad = self._refused[2]
            problem = f"{bad.problem}; asked again, this model would say the same"
            return ParseError(problem, bad.reply, Usage(calls=0))
        made = words.named(self._decide(asked, history, observation))
        if isinstance(made, ParseError):
            self._refused = (*seen, made)
        return replace(made, usage=replace(made.usage, seconds=time.perf_counter() - began))

    def _decide(
        self, asked: _Asked, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        said = self._plan(asked)
        usage = Usage(prompt_tokens=said.prompt_tokens, reply_tokens=said.reply_tokens)
        think = self.answers and self.answers.think(said.text)
        if self.answers and think and said.finish == "stop":
            name = asked.words.back(said.text.removeprefix(think))
            done = search.taken(history, name)
            question = Question(asked.text, said.text, think, done, usage)
            return self.answers.reply(question, observation)
        pointing = self._form.pointing(said.text)
        if said.finish == "length" or pointing is None or pointing.call in said.text:
            return replace(parse(said.text, observation.geometry, said.finish), usage=usage)
        name = asked.words.back(said.text.removeprefix(pointing.think))
        sought = Sought(asked.text, said.text, pointing, search.taken(history, name), usage)
        return self._finder.find(sought, observation)

    def _plan(self, asked: _Asked) -> _Said:
        """Return what is said before the screen must be looked at."""
        decode = self._engine.begin([Message("user", [TextPart(asked.text)])], self._tools)
        stop = self._engine.stop_ids | self._looked_for
        untold = self._keys.untold(asked.goal)
        reply: list[int] = []
        token = _likeliest(decode, untold)
        while token not in stop and len(reply) < self._form.longest:
            reply.append(token)
            decode.step(token)
            if token in self._thinks:
                self._quote(decode, self._quotation(asked.goal, self._names), self._spans, reply)
                break  # where it is has to be looked for
            token = _likeliest(decode, untold)
            if reply[-1] == self._type:
                token = self._quote(
                    decode, self._quotation(asked.goal, ()), {self._end_type}, reply
                )
        cut = token not in stop and len(reply) >= self._form.longest
        whole = self._engine.tokenizer.decode(reply)
        return _Said(whole, "length" if cut else "stop", len(decode.prompt_ids), len(reply))

    def _quotation(self, goal: str, names: Sequence[Sequence[int]]) -> Quotation:
        """Return what may be said of a goal; names that it lacks are clicked and never typed."""
        tokenizer = self._engine.tokenizer
        ids = tokenizer.encode(goal)
        return Quotation(ids, [tokenizer.decode([i]) for i in ids], names)

    def _quote(self, decode: "Decode", quoted: Quotation, ends: set[int], reply: list[int]) -> int:
        """Say what may be quoted until one of the ends is likelier; return that end."""
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


def _likeliest(decode: "Decode", untold: Sequence[int]) -> int:
    """Return the likeliest next token that presses nothing untold."""
    logits = decode.logits.clone()
    logits[untold] = -math.inf
    return int(logits.argmax())


def _answers(form: TileFormat, finder: Finder) -> PocketAnswers | None:
    """Return what answers questions, None for a checkpoint that has not learned to."""
    return None if form.asking is None else PocketAnswers(finder, form, form.asking)


def _counts(step: Step) -> bool:
    """Tell whether a step was done, as far as the model's own bookkeeping goes."""
    if not isinstance(step.reply, Proposal) or search.is_search(step):
        return False
    return step.outcome is None or step.outcome.kind in ("done", "in_doubt")


def _line(step: Step) -> str:
    assert isinstance(step.reply, Proposal)
    return step.reply.line
