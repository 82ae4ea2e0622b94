"""The warden: what a page would send is decided on its own, whatever action led to it.

| a request that waits | what decides |
|---|---|
| a rule on requests matches | that rule; deny over all |
| none does | the other rules and the profile, by the request's class, at page and destination |
| ... they allow, deny | it is sent, stopped |
| ... they ask, and the action that was just permitted names this very request | it is sent, once; |
| | but not where a rule on requests itself asks |
| ... they ask, for anything else | a person, who sees method, address and body |
| goes to an origin that nobody named | asked in person at least; denied where nobody is there |
| the same kind again, refused before | stopped without asking, until the next action |
| a page's own, long after any action | asked about once for its kind, for the whole run |
| a redirect's next hop | judged anew; never covered by the action |

So a person is asked about a form once, where its button is pressed, and a second time only where
what leaves is something else: another address, another method, a second request. A page that sends
home every few seconds asks once. ``observe`` and ``unattended`` deny whatever no rule allows.

Promises
- What is decided is on the disk before a request goes on; a journal that cannot be written stops
  it.
- A yes covers one request, one kind (where that was offered and chosen), or a page's own kind; a no
  to a kind holds until the next action.
- An action covers the one request that it names by method and address, the first time, and no hop
  of a redirect.
- Nobody is asked while a person has the screen: then nothing is held.

Does not promise
- That a server does by this request what it says.
- That a request which was let go arrives.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from handrail.actuators.actions import Action, Wait
from handrail.actuators.base import sanitise
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Surface
from handrail.sandbox.approval import ApprovalRequest, Approver
from handrail.sandbox.case import Case
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.consent import Consents
from handrail.sandbox.destination import Named, named
from handrail.sandbox.goal import read_goal
from handrail.sandbox.journal import Journal
from handrail.sandbox.likeness import NEVER_BY_KIND
from handrail.sandbox.records import Sent
from handrail.sandbox.redact import Clean
from handrail.sandbox.requests import (
    RequestKind,
    address_written,
    body_written,
    effect_of,
    origin_text,
    web_address,
)
from handrail.sandbox.rulebook import Rulebook, Sending
from handrail.sandbox.rules import Decision
from handrail.sandbox.ruling import Ruling, strictest
from handrail.sandbox.trial import NO_REHEARSAL

_AFTERMATH_SECONDS = 3.0
_NOTHING = Wait(seconds=0)
_SHOWN = 80


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class _Verdict:
    """Whether a request is sent, why, and who said so; ``again``: as one of its kind before."""

    sent: bool
    reason: str
    by: str = ""
    again: bool = False


@dataclass
class Warden:
    """Decides about the held requests of one run, on the thread that acts.

    ``clean`` takes secrets out of what is shown and written; ``stopped``: whoever was asked wants
    the run to end.
    """

    rules: Rulebook
    journal: Journal
    approver: Approver | Consents
    goal: str = ""
    clean: Clean = _as_it_is
    clock: Callable[[], float] = time.monotonic
    consents: Consents = field(init=False)
    stopped: bool = False
    thorough: bool = field(default=False, init=False)  # what only fetches goes out unasked
    _case: Case | None = None
    _intent: int | None = None
    _acting: bool = False
    _over: float = 0.0
    _covered: bool = False
    _home: str = ""
    _named: set[str] = field(default_factory=set)
    _refused: set[RequestKind] = field(default_factory=set)
    _settled: dict[RequestKind, bool] = field(default_factory=dict)
    _counts: Counter[RequestKind] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.consents = Consents.of(self.approver, self.journal)
        self._goal = read_goal(self.goal, self.rules.known)

    @property
    def lent(self) -> bool:
        """Tell whether a person has the screen."""
        return self.consents.lent

    @contextmanager
    def following(self, case: Case, intent: int) -> Iterator[None]:
        """Take what is sent within, and shortly after, for what this action sends."""
        self._case, self._intent, self._acting, self._covered = case, intent, True, False
        self._refused.clear()
        self._home = self._home or origin_text(case.observation.surface.url)
        try:
            yield
        finally:
            self._acting, self._over = False, self.clock()

    def decide(self, request: HeldRequest) -> bool:
        """Return whether the request may be sent. Raises JournalError; then it may not."""
        self._home = self._home or origin_text(request.page)
        told = request.cleaned(self.clean)
        kind = RequestKind.of(told)
        self._counts[kind] += 1
        sending = self._sending(request)
        verdict = self._verdict(sending, kind, told)
        count = self._counts[kind]
        if not verdict.again or count & (count - 1) == 0:  # of many alike, fewer and fewer
            self._write(sending, told, verdict, count)
        return verdict.sent

    def _verdict(self, sending: Sending, kind: RequestKind, told: HeldRequest) -> _Verdict:
        """Find out what becomes of a request, asking where the rules ask."""
        ruling = self._ruling(sending)
        if ruling.decision == "deny":
            return _Verdict(False, ruling.reason, again=self._counts[kind] > 1)
        if not ruling.asks:
            return _Verdict(True, ruling.reason)
        insisted = self.rules.insists(sending.request, sending.effect)
        if not insisted and self._names(sending.request):
            self._covered = True
            return _Verdict(True, f"{ruling.reason}; named by the action before it", "action")
        own = self._background
        if kind in self._refused or (own and self._settled.get(kind) is False):
            return _Verdict(False, f"{ruling.reason}; refused before", again=True)
        if own and self._settled.get(kind):
            return _Verdict(True, f"{ruling.reason}; its kind was approved", "kind", again=True)
        verdict = self._asked(sending, kind, told, ruling)
        if own:
            self._settled[kind] = verdict.sent
        if verdict.sent:
            self._named.add(origin_text(web_address(sending.request.url)))
        else:
            self._refused.add(kind)
        return verdict

    def _ruling(self, sending: Sending) -> Ruling:
        """Return what the rules say, stricter where the request goes to whom nobody named."""
        ruling = self.rules.judge_request(sending)
        web = web_address(sending.request.url)
        origin = origin_text(web)
        known = origin in {self._home, *self._named} or self.rules.names_host(web)
        if ruling.decision == "deny" or known or self._goal.names_host(web):
            return ruling
        decision: Decision = "deny" if self.rules.profile == "unattended" else "ask"
        shown = sanitise(self.clean(origin), _SHOWN).replace(";", ",").replace('"', "'")
        said = f'taint {decision}: neither the goal nor the policy names "{shown}"'
        return strictest((ruling, Ruling(decision, said, in_person=True)))

    def _asked(
        self, sending: Sending, kind: RequestKind, told: HeldRequest, ruling: Ruling
    ) -> _Verdict:
        shown = tuple(
            replace(place, url=url)
            for place, url in zip(sending.places, (told.page, web_address(told.url)), strict=True)
        )
        rehearsal = "rehearse" in ruling.demands
        by_kind = not ruling.in_person and sending.effect not in NEVER_BY_KIND and kind.plain
        consent = self.consents.seek(
            ApprovalRequest(
                goal=self.goal,
                action=sending.action,
                effect=sending.effect,
                surface=shown[0],
                reason=f"{ruling.reason}; {NO_REHEARSAL}" if rehearsal else ruling.reason,
                kind=kind if by_kind else None,
                places=shown,
                rehearsal=rehearsal,
                in_person=ruling.in_person,
                held=told,
            )
        )
        if consent.refused is not None or consent.edited is not None:
            ended = consent.refused
            self.stopped = self.stopped or (ended is not None and ended.kind == "stopped")
            return _Verdict(False, f"{ruling.reason}: not sent" if ended is None else ended.reason)
        if why := consent.count():
            return _Verdict(False, f"{ruling.reason}: {why}")
        return _Verdict(True, ruling.reason, consent.by, again=consent.by == "kind")

    @property
    def _background(self) -> bool:
        """Tell whether no action is near that could have led to a request."""
        long_ago = self.clock() - self._over > _AFTERMATH_SECONDS
        return self._case is None or (not self._acting and long_ago)

    def _names(self, request: HeldRequest) -> bool:
        """Tell whether the action that was permitted last says that it sends this."""
        case = self._case
        if case is None or self._covered or self._background or request.hop_of:
            return False
        if request.kind not in {"navigation", "fetch"}:
            return False
        said = named(case.action, case.element, case.observation.surface)
        return any(one.method == request.method and _same(one, request.url) for one in said)

    def _sending(self, request: HeldRequest) -> Sending:
        case = self._case
        action: Action = _NOTHING if case is None else case.action
        surface = Surface("browser", "browser") if case is None else case.observation.surface
        around = Circumstances() if case is None else _around(case)
        page, there = request.page, web_address(request.url)
        places = (replace(surface, url=page), replace(surface, url=there))
        return Sending(request, effect_of(request), action, places, around)

    def _write(self, sending: Sending, told: HeldRequest, verdict: _Verdict, count: int) -> None:
        body, digest = body_written(sending.request, told)
        decision: Literal["sent", "stopped"] = "sent" if verdict.sent else "stopped"
        self.journal.append(
            Sent(
                method=told.method[:_SHOWN],
                url=address_written(told.url),
                purpose=told.kind,
                page=address_written(told.page),
                effect=sending.effect,
                decision=decision,
                reason=verdict.reason,
                intent=self._intent,
                hop_of=address_written(told.hop_of),
                body=body,
                body_digest=digest,
                consent=verdict.by,
                count=count,
            )
        )


def _around(case: Case) -> Circumstances:
    return Circumstances(case.elements, case.observation.geometry)


def _same(named_: Named, url: str) -> bool:
    """Tell whether what an action names is what a request goes to."""
    said, sent = named_.url.partition("#")[0], url.partition("#")[0]
    if named_.form and named_.method == "GET":  # its fields are written behind the address
        said, sent = said.partition("?")[0], sent.partition("?")[0]
    return said == sent
