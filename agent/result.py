"""How a run ended."""

from dataclasses import dataclass, field
from typing import Literal

from handrail.agent.budget import Spent

EndKind = Literal["success", "failed", "denied", "budget", "environment", "stopped"]


@dataclass(frozen=True)
class Checked:
    """A declared check as it is written, and why it does not hold; empty where it does.

    ``problem`` may quote untrusted text.
    """

    check: str
    problem: str = ""


@dataclass(frozen=True)
class Result:
    """The end of a run.

    ``kind``: ``success`` is the proposer's word and, where checks were declared, that each of them
    holds; ``failed`` is the proposer's own verdict, the loop's, or that of a check;
    ``environment`` means that a screen, a model or the journal gave out. ``reason`` may quote
    untrusted text, and ``answer`` is one. ``checks`` are made only where a success is claimed.
    """

    kind: EndKind
    reason: str
    answer: str | None = None
    spent: Spent = field(default_factory=Spent)
    checks: tuple[Checked, ...] = ()
