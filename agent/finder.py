"""Turn what a model said it would do at a named place into a reply, by looking for the place.

Where it is not on the screen, it is searched for (see ``search``): each step of that is the reply.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handrail.actuators.actions import Scroll
from handrail.actuators.observation import Observation
from handrail.agent import search
from handrail.agent.hints import named
from handrail.agent.parse import parse
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.search import Search, Taken
from handrail.model.grounding import Pointed
from handrail.model.tile_format import Pointing, TileFormat

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.tile_grounder import Look, TileGrounder

_WRITTEN = 4
"""Tokens of a reply that follow what was said: the call, x, y and the end."""


@dataclass(frozen=True)
class Sought:
    """What is looked for: the question, how the reply to it begins, and what was done to find it.

    ``usage`` is what it took so far.
    """

    text: str
    said: str
    pointing: Pointing
    done: Sequence[Taken]
    usage: Usage

    @property
    def name(self) -> str:
        """Return the words that are looked for."""
        return self.said.removeprefix(self.pointing.think)


@dataclass(frozen=True)
class Place:
    """Where what is looked for is, None where the search for it was given up."""

    sought: Sought
    at: Pointed | None


class Finder:
    """Looks for places on screens, one question at a time."""

    def __init__(self, grounder: "TileGrounder", form: TileFormat) -> None:
        self.grounder = grounder
        self._form = form
        self._search = Search()

    def find(self, sought: Sought, observation: Observation) -> Proposal | ParseError:
        """Return the reply: the action at the place, a step of the search for it, or its end.

        Raises ModelError.
        """
        place = self.place(sought, observation)
        if not isinstance(place, Place):
            return place
        if place.at is not None:
            return self._pointed(place.sought, place.at, observation)
        ended = parse(f"{sought.said}{self._form.absent}", observation.geometry)
        return replace(ended, usage=place.sought.usage)

    def place(self, sought: Sought, observation: Observation) -> Place | Proposal | ParseError:
        """Return where what is looked for is, or a step of the search for it.

        Raises ModelError.
        """
        look = self.look(sought, observation)
        sought = _paid(sought, look)
        if look.best.found:
            return Place(sought, look.best)
        if search.may_close(sought.done) and self._form.closing:
            over = self._closing(observation)
            sought = _paid(sought, over)
            if over.best.found:
                return self._closed(sought, over.best, observation)
        match self._search.onward((sought.text, sought.name), sought.done, look.best):
            case "point" if not math.isinf(look.best.odds):
                return Place(sought, look.best)
            case "point" | "give up":
                return Place(sought, None)
            case way:
                return _scrolled(sought, way, observation)

    def look(self, sought: Sought, observation: Observation) -> "Look":
        """Look at the screen as it is, and hear of it what may be heard. Raises ModelError."""
        hints = named(observation.hints, observation.geometry)
        return self.grounder.look(observation.image, sought.text, sought.said, hints)

    def _pointed(
        self, sought: Sought, at: Pointed, observation: Observation, line: str = ""
    ) -> Proposal | ParseError:
        """Write the action at a place, under its own line or another."""
        call, point = sought.pointing.call, (round(at.x * 1000), round(at.y * 1000))
        said = f"Action: {line}" if line else sought.said
        made = parse(f"{said}{call}{self._form.write_point(*point)}", observation.geometry)
        usage = replace(sought.usage, reply_tokens=sought.usage.reply_tokens + _WRITTEN)
        if isinstance(made, ParseError):
            return replace(made, usage=usage)
        return replace(made, usage=usage, confidence=at.confidence)

    def _closing(self, observation: Observation) -> "Look":
        asked = self._form.ask.replace("{phrase}", self._form.closing)
        return self.grounder.look(observation.image, asked, self._form.think + self._form.closing)

    def _closed(
        self, sought: Sought, at: Pointed, observation: Observation
    ) -> Proposal | ParseError:
        click = Pointing(think=self._form.think, call=self._form.call)
        line = search.line("close", sought.name)
        return self._pointed(replace(sought, pointing=click), at, observation, line)


def _paid(sought: Sought, look: "Look") -> Sought:
    tokens = sought.usage.image_tokens + look.image_tokens
    return replace(sought, usage=replace(sought.usage, image_tokens=tokens))


def _scrolled(sought: Sought, way: search.Way, observation: Observation) -> Proposal:
    """Scroll where nothing is drawn; the reply is ours, the model has not said it."""
    geometry = observation.geometry
    far = max(1, round(geometry.height * search.SHARE))
    point = geometry.point(*search.quiet_place(observation.image))
    action = Scroll(point=point, dy=far if way == "up" else -far)
    return Proposal(action, search.line(way, sought.name), usage=sought.usage)
