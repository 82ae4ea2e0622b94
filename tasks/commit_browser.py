"""Commit what was rehearsed in a browser: the same actions for real, and no other request.

It stops at the first difference from what was rehearsed; what was sent by then is said, and nothing
is ever sent twice: a request of which no answer came is in doubt, and stays so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from handrail.actuators.actions import Press, Type, points
from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.held import RequestWarden
from handrail.actuators.observation import Element, Observation
from handrail.actuators.primitives import Guarded
from handrail.agent.cassette import Cassette
from handrail.agent.errors import RunEnds
from handrail.agent.result import Result
from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.landing import target
from handrail.sandbox.rehearsal.plan import Opening, Plan
from handrail.sandbox.rehearsal.points import Reached, nowhere
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.rehearsal.rerun import Rerun
from handrail.sandbox.rehearsal.sending import SendingLedger, SendingState
from handrail.tasks.run import Crew, RunEnd, run
from handrail.tasks.run_file import read_run_file
from handrail.tasks.run_frames import frame_name
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_target import BrowserTarget
from handrail.tasks.runs import RunFolder

_ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class CommitRequest:
    """A rehearsal that is to be done for real.

    ``approved``: the digest of the plan that a person said yes to. ``reached``: see ``sending.py``.
    """

    rehearsal: RunFolder
    approved: str
    policy: PolicyChoice = field(default_factory=PolicyChoice)
    runs_folder: Path | None = None
    disk: Disk = field(default_factory=OsDisk)
    reached: Reached = nowhere


@dataclass(frozen=True)
class Committed:
    """How a commit ended: in words, how far it came, and its run where one was needed."""

    good: bool
    words: str
    state: SendingState
    end: RunEnd | None = None


def read_plan(rehearsal: RunFolder) -> Plan:
    """Return the plan of a rehearsal. Raises RehearsalError where there is none to be done."""
    record = read_record(rehearsal.path)
    if record.stage != "ended" or record.plan is None:
        why = record.reason or "it has no plan"
        raise RehearsalError(f"{rehearsal.name} cannot be committed: {why}; rehearse again")
    try:
        plan = Plan.model_validate(record.plan)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise RehearsalError(f"the plan of {rehearsal.name} cannot be read: {why}") from error
    if plan.problem:
        raise RehearsalError(f"{rehearsal.name} cannot be committed: {plan.problem}")
    return plan


def commit_in_browser(request: CommitRequest, crew: Crew | None = None) -> Committed:
    """Do what was rehearsed, or say how it ended before. Raises RehearsalError, and as ``run``."""
    ledger = SendingLedger(request.rehearsal.path, request.disk, request.reached)
    with ledger.alone():
        plan = read_plan(request.rehearsal)
        if plan.digest != request.approved:
            raise RehearsalError(
                f"what was approved is not the plan of {request.rehearsal.name}: look at it again"
            )
        before = ledger.state
        if before is not None and before.sent:
            return _told_before(ledger, before, plan)
        return _done(request, plan, ledger, Crew() if crew is None else crew)


def _told_before(ledger: SendingLedger, state: SendingState, plan: Plan) -> Committed:
    """Say what an earlier commit did; whatever that was, nothing is sent again."""
    if state.doubted:
        named = "; ".join(_named(plan, number) for number in state.doubted)
        words = (
            f"in doubt: {named} was being sent by {state.run}, and no answer was seen; look "
            "whether it arrived: it is never sent again. Where it did not, rehearse anew"
        )
        return Committed(False, words, state)
    whole = len(state.sent) == len(plan.requests)
    if state.stage == "begun":
        ledger.ended("ended" if whole else "diverged", "interrupted after its last answer")
    sent = ", ".join(f"{_named(plan, row.number)} ({row.answer})" for row in state.sent)
    if whole:
        return Committed(True, f"committed by {state.run} already: {sent}", ledger.state or state)
    words = f"{state.run} sent {sent} and then stopped: {state.reason or 'it was interrupted'}"
    return Committed(False, words, ledger.state or state)


def _done(request: CommitRequest, plan: Plan, ledger: SendingLedger, crew: Crew) -> Committed:
    rerun = Rerun(plan, ledger)
    place = _Place(rerun, request.rehearsal, _target(plan.opening))
    goal = read_run_file(request.rehearsal.record).asked.goal
    asked = RunRequest(
        goal=goal,
        target=place,
        model=ModelChoice(f"the plan of {request.rehearsal.name}"),
        policy=request.policy,
        runs_folder=request.runs_folder,
    )
    cassette = Cassette(
        tuple(step.action for step in plan.steps), place.differs, "everything was done as rehearsed"
    )
    end = run(asked, replace(crew, proposer=cassette, approver=rerun))
    state = ledger.state
    if state is None:
        raise RehearsalError(f"{request.rehearsal.name} was not begun: {end.result.reason}")
    return _ended(ledger, plan, rerun, end)


def _ended(ledger: SendingLedger, plan: Plan, rerun: Rerun, end: RunEnd) -> Committed:
    state = ledger.state
    assert state is not None
    if state.doubted:
        named = "; ".join(_named(plan, number) for number in state.doubted)
        words = f"in doubt: no answer came to {named}; it is never sent again: look"
        return Committed(False, words, state, end)
    good = end.result.kind == "success" and rerun.whole
    words = _words(plan, rerun, end.result)
    ledger.ended("ended" if good else "diverged", words)
    return Committed(good, words, ledger.state or state, end)


def _words(plan: Plan, rerun: Rerun, result: Result) -> str:
    if result.kind == "success" and rerun.whole:
        sent = f"done as it was rehearsed; requests sent: {len(plan.requests)}"
        return f"{sent}; stopped after it: {rerun.divergence}" if rerun.divergence else sent
    if rerun.divergence:
        return f"stopped, not as it was rehearsed: {rerun.divergence}"
    if result.kind == "success":
        return "stopped, not as it was rehearsed: the page did not send all that it did then"
    return result.reason


def _named(plan: Plan, number: int) -> str:
    request = plan.requests[number].request
    return f"{request.method} {request.url}"


def _target(opening: Opening) -> BrowserTarget:
    def path(text: str) -> Path | None:
        return Path(text) if text else None

    config = BrowserConfig(
        executable=None if opening.attach else path(opening.browser),
        headless=not opening.headed,
        width=opening.width,
        height=opening.height,
        scale=opening.scale,
        storage_state=path(opening.storage_state),
        profile_dir=path(opening.profile_dir),
        attach=opening.attach or None,
    )
    return BrowserTarget(opening.url or None, config)


@dataclass
class _Place:
    """The real browser, where each screen and each request is compared with the rehearsal's."""

    rerun: Rerun
    rehearsal: RunFolder
    inner: BrowserTarget
    _screen: Browser | None = None

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Open the browser, and wait at the end for the answers to what was sent."""
        self.rerun.ledger.begin(self.rerun.plan.digest, downloads.parent.name)
        with (
            self.rerun.over(warden),
            self.inner.opened(verifier, downloads, secrets, self.rerun) as screen,
        ):
            assert isinstance(screen, Browser)
            self._screen = screen
            try:
                yield screen
            finally:
                self._hear_out(screen)

    def described(self) -> str:
        """Return where it happens."""
        return self.inner.described()

    def differs(self, number: int, seen: Observation) -> str:
        """Return how the screen is not as it was before this step. Raises RunEnds."""
        assert self._screen is not None
        self.rerun.hear(self._screen.answers)
        over = number >= len(self.rerun.plan.steps)
        if self.rerun.divergence and not (over and self.rerun.whole):
            raise RunEnds("failed", f"not as it was rehearsed: {self.rerun.divergence}")
        if over:
            return ""
        step = self.rerun.plan.steps[number]
        element = self._element(number)
        return self.rerun.differs(
            number, self.rehearsal.frames / frame_name(step.screen), seen, element
        )

    def _element(self, number: int) -> Element | None:
        assert self._screen is not None
        action = self.rerun.plan.steps[number].action
        if isinstance(action, Type | Press):
            return self._screen.focused()
        return target(action, tuple(self._screen.hit_test(point) for point in points(action)))

    def _hear_out(self, screen: Browser) -> None:
        deadline = time.monotonic() + _ANSWER_SECONDS
        self.rerun.hear(screen.answers)
        while self.rerun.waiting and time.monotonic() < deadline:
            time.sleep(0.05)
            self.rerun.hear(screen.answers)
