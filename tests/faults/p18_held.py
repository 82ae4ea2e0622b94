"""P18 held requests: what a page sends reaches a server only where it was permitted, and once.

Pages are made of a way to send, one of two origins that it is sent to, and what is decided about
each request, which a rule or a person says. A puppet presses their button, through the gate. Two
servers count what reaches them, until long after the last case.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from handrail.actuators.actions import Click, Wait
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.held import HeldRequest
from handrail.sandbox.approval import DENY, ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.journal_reading import read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.records import Sent
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.warden import Warden
from handrail.tasks.browser_setting import chosen_browser
from tests.actuators.browser.conftest import Stage
from tests.actuators.browser.counting import Counting, counting
from tests.actuators.browser.held_pages import KINDS, Kind
from tests.faults.stage import QuickDisk, no_stop
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

Says = Literal["rule allows", "rule denies", "person allows", "person denies"]
_SAYS: tuple[Says, ...] = ("rule allows", "rule denies", "person allows", "person denies")
_CONFIG = BrowserConfig(width=480, height=320)
_PATIENCE = 3.0
_AFTERWARDS = 0.3


@dataclass
class _Turn:
    """The warden of the case that is on, and what it was asked."""

    warden: Warden | None = None
    asked: list[HeldRequest] = field(default_factory=list)
    lent: bool = False
    thorough: bool = False

    def decide(self, request: HeldRequest) -> bool:
        """Have the case's own warden decide."""
        self.asked.append(request)
        return self.warden is not None and self.warden.decide(request)


@dataclass
class _Person:
    """Presses every button, and says of each request what the case wants."""

    allowed: set[str]
    asked: int = 0

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Answer by the path that a request goes to."""
        if request.held is None:
            return ONCE
        self.asked += 1
        return ONCE if _path(request.held.url) in self.allowed else DENY


@dataclass(frozen=True)
class _Case:
    """A way to send, where to, and what is said of each request, one after another."""

    kind: Kind
    elsewhere: bool
    says: tuple[Says, ...]

    @classmethod
    def made(cls, random: Random, number: int) -> "_Case":
        """Return a random case; the ways to send take turns."""
        kind = KINDS[number % len(KINDS)]
        hops = 2 if kind.hop else 1
        says = tuple(random.choice(_SAYS) for _ in range(hops))
        # A page's own site may be fetched from at will, but for files; only there is a link one.
        fetched = kind.method == "GET"
        return cls(kind, not kind.saves if fetched else random.random() < 0.5, says)

    @property
    def sent(self) -> int:
        """Return how many of its requests are sent: none after the first that is not allowed."""
        verdicts = [said.endswith("allows") for said in self.says]
        return verdicts.index(False) if False in verdicts else len(verdicts)


@dataclass
class _Held:
    """The suite's browser with its office, and two origins that count."""

    site: Counting
    turn: _Turn
    stage: Stage
    downloads: Path
    defended: bool

    def saved(self) -> bool:
        """Tell whether a file was saved, and remove it."""
        files = list(self.downloads.iterdir())
        for file in files:
            file.unlink()
        return bool(files)


@contextmanager
def _browser(folder: Path, defended: bool) -> Iterator[_Held]:
    turn = _Turn()
    with counting() as site:
        downloads = folder / "downloads"
        downloads.mkdir()
        config = BrowserConfig(
            executable=chosen_browser(None, os.environ),
            width=_CONFIG.width,
            height=_CONFIG.height,
            downloads_dir=downloads,
        )
        stage = Stage.__new__(Stage)
        stage.office, stage.site = PermitOffice(), site.home
        stage.browser = Browser.open(config, stage.office, None, turn if defended else None)
        try:
            yield _Held(site, turn, stage, downloads, defended)
        finally:
            stage.browser.close()


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3].partition("?")[0]


def _policy(case: _Case, addresses: list[str]) -> Policy:
    rules = []
    for says, url in zip(case.says, addresses, strict=True):
        who, verdict = says.split()
        origin = url.rsplit(_path(url), 1)[0]
        if who == "person":
            rules.append(RequestRule(decision="ask", origin=origin, path=_path(url)))
        elif verdict == "allows":
            rules.append(RequestRule(decision="allow", origin=origin, path=_path(url)))
        else:
            rules.append(RequestRule(decision="deny", origin=origin, path=_path(url)))
    everything = Rule(
        decision="allow",
        effects=("observe", "navigate", "edit", "commit", "destroy", "system", "unknown"),
        owned_display=True,
    )
    return Policy(rules=(everything,), requests=tuple(rules), known=EVERYTHING)


def _run(held: _Held, case: _Case, token: str, path: Path) -> str:
    """Press the page's button; return what was wrong with what was then sent, or nothing."""
    address, addresses = case.kind.shown(held.site, token, case.elsewhere)
    held.stage.browser.goto(address)
    person = _Person(
        {_path(u) for u, s in zip(addresses, case.says, strict=True) if s == "person allows"}
    )
    rules = Rulebook.of(_policy(case, addresses))
    with Journal.create(path, "run", QuickDisk()) as journal:
        warden = Warden(rules, journal, person, "press the button")
        gate = Gate(held.stage.browser, held.stage.office, rules, journal, person, no_stop)
        gate.warden = warden
        held.turn.warden = warden
        seen = held.stage.browser.observe()
        outcome = gate.submit(Click(point=held.stage.at("#t")), seen, "press the button")
        wrong = "" if outcome.kind == "done" else f"not pressed: {outcome.reason}"
        wrong = wrong or _waited(held, case, token)
        held.turn.warden = None
    told = [e.record for e in read_journal(path).entries if isinstance(e.record, Sent)]
    return wrong or _misjudged(held, case, token, told)


def _waited(held: _Held, case: _Case, token: str) -> str:
    """Wait for what the case expects to be decided and sent, and a moment more."""
    deadline = time.monotonic() + (_PATIENCE if held.defended else _AFTERWARDS)
    expected = min(case.sent + 1, len(case.says))
    while time.monotonic() < deadline:
        held.stage.browser.observe()
        decided = sum(token in request.url for request in held.turn.asked)
        if decided >= expected and len(_arrived(held, token)) >= _least(case):
            break
    else:
        return f"{decided} of {expected} requests were held" if held.defended else ""
    held.stage.do(Wait(seconds=0.05))
    return ""


def _least(case: _Case) -> int:
    return max(case.sent, int(case.kind.name == "attachment"))


def _arrived(held: _Held, token: str) -> list[str]:
    return [f"{method} {path}" for method, path in held.site.of(token)]


def _expected(case: _Case, token: str) -> list[str]:
    """Return what must reach the servers, in order."""
    where = "other" if case.elsewhere else "home"
    take = "/file/" if case.kind.name == "attachment" else "/take/"
    last = f"{case.kind.method} {take}{token}"
    hops = [f"POST /hop/{case.kind.hop}/{where}/take/{token}"] * bool(case.kind.hop)
    # That an answer is a file is known once it is there: then it is not saved.
    return [*hops, last][: _least(case)]


def _misjudged(held: _Held, case: _Case, token: str, told: list[Sent]) -> str:
    arrived, expected = _arrived(held, token), _expected(case, token)
    if arrived != expected:
        return f"arrived {arrived}, permitted {expected}"
    if held.saved() != (case.kind.saves and case.sent == 1):
        return "a file was saved that may not be, or is missing"
    written = [record.decision for record in told]
    decided = ["sent"] * case.sent + ["stopped"] * (case.sent < len(case.says))
    if written != decided:
        return f"the journal tells {written} of {decided}"
    if case.kind.leads and case.sent < 1 and token not in held.stage.peek("() => location.href"):
        return "the page did not stay"
    return ""


def _held(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    made: dict[str, _Case] = {}
    with scratch(in_memory=True) as folder, _browser(folder, defended) as held:
        shift = Random(f"P18/{seed}").randrange(len(KINDS))
        for number, random in seeds("P18 held requests", count, seed):
            case = _Case.made(random, number + shift)
            token = f"c{number}x"
            tally.new(number)
            made[token] = case
            if what := _run(held, case, token, folder / f"{number}.jsonl"):
                tally.fail(f"{number} {case.kind.name} {', '.join(case.says)}", what)
            held.stage.tidy()
        held.stage.do(Wait(seconds=_AFTERWARDS))
        for token, case in made.items():
            if defended and _arrived(held, token) != _expected(case, token):
                tally.fail(f"{token} {case.kind.name}", "something arrived when all was over")
    return tally.verdict()


SUITES = (
    Suite(
        "P18 held requests",
        "Nothing that a page sends reaches a server unless it was permitted, and then once",
        ("browser",),
        Counts(test=4, faults=40, full=200, undefended=4),
        25,
        _held,
    ),
)
