"""Everything the agent may raise.

    AgentError
    +-- Stopped        the person asked to stop; nothing was being done to the screen

What a model writes never raises: a bad reply is a ``ParseError``, which is a value.
"""


class AgentError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class Stopped(AgentError):
    """The person asked to stop while the run was looking or thinking."""
