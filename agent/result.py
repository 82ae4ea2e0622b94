"""How a run ended."""

from dataclasses import dataclass, field
from typing import Literal

from handrail.agent.budget import Spent

EndKind = Literal["success", "failed", "denied", "budget", "environment", "stopped"]


@dataclass(frozen=True)
class Result:
    """The end of a run.

    ``kind``: ``success`` and ``failed`` are the proposer's own verdict or the loop's;
    ``environment`` means that a screen, a model or the journal gave out. ``reason`` may quote
    untrusted text, and ``answer`` is one.
    """

    kind: EndKind
    reason: str
    answer: str | None = None
    spent: Spent = field(default_factory=Spent)
