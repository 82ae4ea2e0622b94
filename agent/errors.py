"""Everything the agent may raise.

    AgentError
    +-- Stopped        the person asked to stop; nothing was being done to the screen
    +-- RunEnds        the run ends here, and not by a model's word

What a model writes never raises: a bad reply is a ``ParseError``, which is a value.
"""

from typing import Literal


class AgentError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class Stopped(AgentError):
    """The person asked to stop while the run was looking or thinking."""


class RunEnds(AgentError):
    """Whoever proposes knows that the run ends here; the message says why."""

    def __init__(self, kind: Literal["success", "failed"], message: str) -> None:
        super().__init__(message)
        self.kind: Literal["success", "failed"] = kind
