"""Who decides the next action: a model, or a puppet with a list."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from handrail.actuators.actions import Action, Terminate
from handrail.actuators.observation import Observation
from handrail.agent.history import SCREENSHOTS, Step
from handrail.agent.parse import parse
from handrail.agent.prompt import messages
from handrail.agent.proposal import ParseError, Proposal, Usage, describe
from handrail.agent.tool import computer_use, reply_grammar

if TYPE_CHECKING:  # the engine needs torch, which a puppet does not
    from handrail.model.engine import Engine
    from handrail.model.remote import RemoteModel
    from handrail.model.together import Together


class Proposer(Protocol):
    """Looks at a screen and says what to do next; never acts."""

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next action, or why the reply is none.

        A ParseError at the end of ``history`` (see ``to_correct``) asks for a second reply to the
        same screen. Raises ModelError where no reply could be had, and RunEnds where the run ends.
        """
        ...


class Puppet:
    """Does what it is told: typed actions, or raw replies that are parsed like a model's.

    After the last one it ends the run as failed.
    """

    def __init__(self, replies: Iterable[Action | str]) -> None:
        self._replies = iter(replies)

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next of the list."""
        reply = next(self._replies, Terminate(status="failure"))
        if isinstance(reply, str):
            return parse(reply, observation.geometry)
        return Proposal(reply, describe(reply))


class ModelProposer:
    """Asks a Qwen3-VL checkpoint in the ``computer_use`` format.

    It is here, alone or for several runs together, or behind an endpoint.

    Calls are written as its chat template shows them, as JSON or as XML.
    """

    def __init__(
        self, engine: "Engine | Together | RemoteModel", screenshots: int = SCREENSHOTS
    ) -> None:
        self._engine = engine
        self._screenshots = screenshots
        self._tools = (computer_use(),)
        self._dialect = engine.dialect
        self._follow = reply_grammar(engine.dialect)

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return what the model's reply asks for. Raises ModelError."""
        said = messages(goal, history, observation, self._screenshots, self._dialect)
        made = self._engine.generate(said, self._tools, follow=self._follow)
        usage = Usage(
            prompt_tokens=made.prompt_tokens,
            image_tokens=made.image_tokens,
            reply_tokens=len(made.token_ids),
            seconds=made.seconds,
        )
        return replace(parse(made.text, observation.geometry, made.finish), usage=usage)
