"""Answer the pocket model's questions: look for what is asked about, and write the reply.

What is to be read, or whose state is asked, is searched for like the target of a click; whether
something is there is asked of the screen as it is. The reply is put together here, and what was
read off the screen is in it as one quoted text: whatever a screen says, it can become nothing but
the text of an answer.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handrail.actuators.observation import Observation
from handrail.agent.finder import Finder, Place, Sought
from handrail.agent.parse import parse
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.search import Taken
from handrail.model.tile_format import Asking, Pointing, TileFormat

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.tile_answerer import Answered


@dataclass(frozen=True)
class Question:
    """What is asked: the user's words, how the reply begins, and what was done to find the thing.

    ``think`` is what opens the reply; what is asked about follows it in ``said``. ``usage`` is what
    it took so far.
    """

    text: str
    said: str
    think: str
    done: Sequence[Taken]
    usage: Usage

    @property
    def name(self) -> str:
        """Return the words for what is asked about."""
        return self.said.removeprefix(self.think)


class PocketAnswers:
    """Writes the replies to questions, for a checkpoint that has learned to answer them."""

    def __init__(self, finder: Finder, form: TileFormat, asking: Asking) -> None:
        from handrail.model.tile_answerer import TileAnswerer

        self.answerer = TileAnswerer(finder.grounder.engine, form, asking)
        self._finder, self._form, self._asking = finder, form, asking

    def think(self, said: str) -> str | None:
        """Return what opens a reply that asks about the screen, None where it asks nothing."""
        return self._asking.think(said)

    def reply(self, question: Question, observation: Observation) -> Proposal | ParseError:
        """Return the answer, or a step of the search for what is asked about. Raises ModelError."""
        place = self._place(question, observation)
        if not isinstance(place, Place):
            return place
        usage = place.sought.usage
        if place.at is None:
            ended = self._missing(question)
            return replace(parse(ended, observation.geometry), usage=usage)
        at = (place.at.x, place.at.y)
        found = self.answerer.answer(observation.image, question.text, question.said, at)
        reply = self._written(question, found)
        made = parse(reply, observation.geometry, "stop" if found.whole else "length")
        if isinstance(made, Proposal):
            made = replace(made, confidence=min(1.0, math.exp(found.sure)))
        return replace(made, usage=_paid(usage, found))

    def _place(self, question: Question, observation: Observation) -> Place | Proposal | ParseError:
        """Return where the thing is that is asked about, or would be."""
        click = Pointing(think=self._form.think, call=self._form.call)
        text = self._form.ask.replace("{phrase}", question.name)
        said = click.think + question.name
        sought = Sought(text, said, click, question.done, question.usage)
        if question.think != self._asking.there:
            return self._finder.place(sought, observation)
        look = self._finder.look(sought, observation)
        usage = replace(question.usage, image_tokens=look.image_tokens)
        missed = math.isinf(look.best.odds)
        return Place(replace(sought, usage=usage), None if missed else look.best)

    def _missing(self, question: Question) -> str:
        there = question.think == self._asking.there
        return question.said + (self._asking.no if there else self._form.absent)

    def _written(self, question: Question, found: "Answered") -> str:
        """Return the whole reply; a failure where what is asked about is not there after all."""
        if found.text is None:
            return self._missing(question)
        if question.think != self._asking.read:
            return question.said + (self._asking.yes if found.text == "yes" else self._asking.no)
        # no tag of a tool call may stand in it: "<" is written as JSON writes any character
        quoted = json.dumps(found.text, ensure_ascii=False)[1:-1].replace("<", r"\u003c")
        return f"{question.said}{self._asking.answer}{quoted}{self._form.end_type}"


def _paid(usage: Usage, found: "Answered") -> Usage:
    tokens = usage.image_tokens + found.image_tokens
    return replace(usage, image_tokens=tokens, reply_tokens=usage.reply_tokens + found.tokens)
