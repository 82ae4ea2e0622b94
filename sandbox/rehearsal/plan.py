"""The plan: what was done in a rehearsal, step by step, so that the same can be done for real.

Promises
- ``Plan.digest`` changes with any of it: the actions, the screens they were decided on, and the
  requests that they were about to send. It is what a commit carries out, and nothing else.
- A plan that cannot be done again as it was rehearsed says why in ``problem``: text that was typed
  and may not be written down, an action in doubt, a request of which not all is known.

Does not promise
- That doing the same has the same effect: see ``divergence.py`` for what is compared.
- Anything about what would follow the first page that was to be left (``leaves``): its answer never
  came, and so the plan ends there.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handrail.actuators.actions import ENDINGS, Action
from handrail.sandbox.records import ActionState, Entry, Intent, action_states
from handrail.sandbox.rehearsal.captured import Caught
from handrail.sandbox.rehearsal.consequences import RequestConsequence


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Opening(_Part):
    """How the browser was opened: what of it is the user's own choice, as options name it.

    An empty text is a choice that was not made; the sizes are in CSS pixels.
    """

    url: str = ""
    storage_state: str = ""
    profile_dir: str = ""
    attach: str = ""
    browser: str = ""
    headed: bool = False
    width: int = 1280
    height: int = 800
    scale: float = 1.0


class PlannedStep(_Part):
    """One action, and where it was decided on.

    ``screen``: the fingerprint of the screen; ``role`` and ``label``: of what it was aimed at, None
    where that could not be told.
    """

    action: Action
    screen: str
    url: str
    role: str | None = None
    label: str | None = None


class PlannedRequest(_Part):
    """A request, and the number of the step (from 1) that was about to send it; 0: the opening."""

    step: int
    leaves: bool
    request: RequestConsequence


class Plan(_Part):
    """All of it, in order.

    ``volatile``: fields and parameters that may have another value each time. ``ends``: ``sent``
    where it ends with a page that would be left, ``finished`` where it ends by itself.
    """

    schema_version: Literal[1] = 1
    opening: Opening
    steps: tuple[PlannedStep, ...]
    requests: tuple[PlannedRequest, ...] = ()
    volatile: tuple[str, ...] = ()
    ends: Literal["sent", "finished"] = "finished"
    problem: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all of it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def plan_of(
    opening: Opening,
    entries: Iterable[Entry],
    caught: Sequence[Caught],
    volatile: Sequence[str] = (),
) -> Plan:
    """Return the plan that a rehearsal's journal and captured requests amount to."""
    written = tuple(entries)
    intents = [entry for entry in written if isinstance(entry.record, Intent)]
    states = {state.seq: state for state in action_states(written)}
    left = next((one.at for one in caught if one.leaves), None)
    steps: list[PlannedStep] = []
    begun: list[tuple[float, int]] = []  # when each step began, and its number
    problem = ""
    for entry in intents:
        assert isinstance(entry.record, Intent)
        if isinstance(entry.record.action, ENDINGS) or (left is not None and entry.time > left):
            break
        if states[entry.seq].state in {"done", "in_doubt"}:
            steps.append(_step(entry.record))
            problem = problem or _amiss(len(steps), entry.record, states[entry.seq])
        begun.append((entry.time, len(steps)))
    requests = [
        PlannedRequest(step=_during(one.at, begun), leaves=one.leaves, request=one.request)
        for one in caught
        if left is None or one.at <= left
    ]
    unknown = next((r.request for r in requests if not r.request.whole), None)
    if unknown is not None and not problem:
        problem = f"not all of {unknown.method} {unknown.url} is known: it cannot be compared"
    return Plan(
        opening=opening,
        steps=tuple(steps),
        requests=tuple(requests),
        volatile=tuple(volatile),
        ends="finished" if left is None else "sent",
        problem=problem,
    )


def _step(record: Intent) -> PlannedStep:
    return PlannedStep(
        action=record.action,
        screen=record.screen,
        url=record.place.url,
        role=record.place.role,
        label=record.place.label,
    )


def _amiss(number: int, record: Intent, state: ActionState) -> str:
    """Say why a step cannot be done again, or return an empty string."""
    if record.redacted:
        return f"step {number} typed what may not be written down: it cannot be typed again"
    if state.state == "in_doubt":
        return f"step {number} is in doubt: {state.reason}"
    return ""


def _during(at: float, begun: Sequence[tuple[float, int]]) -> int:
    """Return the number of the step that had begun last at this moment."""
    return max((number for began, number in begun if began <= at), default=0)
