"""The warden: who decides about a request, who is asked, what is written down of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Action, Click, Press
from handrail.actuators.geometry import Box, Point
from handrail.actuators.held import BodyPart, HeldRequest, RequestBody
from handrail.actuators.held_body import read_body
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import KIND, STOP, ApprovalAnswer, ScriptedApprover
from handrail.sandbox.case import Case
from handrail.sandbox.errors import JournalError
from handrail.sandbox.journal import Journal
from handrail.sandbox.journal_reading import read_journal
from handrail.sandbox.policy import Policy, ProfileName, Rule
from handrail.sandbox.prompt import prompt_lines
from handrail.sandbox.records import Intent, Sent
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.sandbox.ruling import Ruling
from handrail.sandbox.vault import Vault
from handrail.sandbox.warden import Warden

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

HOME = "https://shop.test/cart"
CLICK = Click(point=Point(x=1, y=1))
FORM = Element(
    "button",
    ScreenText("Order"),
    Box(left=0, top=0, right=9, bottom=9),
    submits=True,
    method="post",
    sends_to="https://shop.test/order",
)
ORDER = HeldRequest("POST", "https://shop.test/order", "navigation", HOME, top=True)
POLL = HeldRequest("POST", "https://shop.test/ping", "fetch", HOME)


@dataclass
class _Stand:
    """A warden over a journal on disk, with a scripted person and a clock that is set by hand."""

    path: Path
    policy: Policy | Rulebook
    answers: tuple[bool | ApprovalAnswer, ...] = ()
    goal: str = "order at shop.test"
    clean: Callable[[str], str] = lambda text: text
    now: float = 0.0

    def __post_init__(self) -> None:
        self.person = ScriptedApprover(self.answers)
        self.journal = Journal.create(self.path, "run")
        rules = Rulebook.of(self.policy)
        self.warden = Warden(
            rules, self.journal, self.person, self.goal, self.clean, lambda: self.now
        )

    def during(
        self, *requests: HeldRequest, element: Element | None = FORM, action: Action = CLICK
    ) -> list[bool]:
        """Decide about requests while an action is performed."""
        with self.warden.following(self.case(element, action), 7):
            return [self.warden.decide(request) for request in requests]

    def case(self, element: Element | None, action: Action) -> Case:
        from handrail.actuators.fake import FakeScreen
        from handrail.sandbox.permit import PermitOffice

        surface = Surface("browser", "chromium", owned=True, url=HOME)
        with_url = replace(FakeScreen(PermitOffice(), []).observe(), surface=surface)
        return Case(action, with_url, (element,), "commit", Ruling("ask", "profile"), self.goal)

    def told(self) -> list[Sent]:
        return [e.record for e in read_journal(self.path).entries if isinstance(e.record, Sent)]


@pytest.fixture
def stand(tmp_path: Path) -> Callable[..., _Stand]:
    def make(policy: Policy | Rulebook | ProfileName = "ask", **more: object) -> _Stand:
        known = Policy(profile=policy) if isinstance(policy, str) else policy
        return _Stand(tmp_path / "journal.jsonl", known, **more)  # type: ignore[arg-type]

    return make


Stand = Callable[..., _Stand]


def allowing(**conditions: object) -> RequestRule:
    return RequestRule.model_validate({"decision": "allow", "host": "shop.test", **conditions})


def test_an_action_that_was_permitted_covers_the_one_request_that_it_names(stand: Stand) -> None:
    door = stand(answers=(False,))
    assert door.during(ORDER, ORDER) == [True, False]
    assert [(t.decision, t.consent, t.intent) for t in door.told()] == [
        ("sent", "action", 7),
        ("stopped", "", 7),
    ]
    assert len(door.person.requests) == 1


@pytest.mark.parametrize(
    "request_",
    [
        replace(ORDER, method="PUT"),
        replace(ORDER, url="https://shop.test/order?all"),
        replace(ORDER, hop_of="https://shop.test/before"),
        replace(ORDER, kind="beacon"),
        POLL,
    ],
)
def test_it_covers_nothing_else(stand: Stand, request_: HeldRequest) -> None:
    door = stand()
    assert door.during(request_) == [False]
    assert len(door.person.requests) == 1


def test_the_fields_of_a_form_stand_behind_its_address_but_a_link_is_the_whole_of_it(
    stand: Stand, tmp_path: Path
) -> None:
    asking = Policy(rules=(Rule(decision="ask", effects=("navigate",)),))
    find = HeldRequest("GET", "https://shop.test/find?q=1#top", "navigation", HOME, top=True)
    form = replace(FORM, method="get", sends_to="https://shop.test/find")
    link = replace(FORM, submits=False, role="link", href="https://shop.test/find")
    assert stand(asking).during(find, element=form) == [True]
    door = _Stand(tmp_path / "second", asking)
    assert door.during(find, element=link) == [False]
    assert door.during(replace(find, url=link.href + "#a"), element=link) == [True]
    assert door.during(find, element=None, action=Press(keys=("enter",))) == [False]


def test_a_rule_on_requests_that_asks_is_not_answered_by_the_action(stand: Stand) -> None:
    rule = RequestRule(decision="ask", origin="https://shop.test")
    door = stand(Policy(profile="ask", requests=(rule,)), answers=(True,))
    assert door.during(ORDER) == [True]
    assert door.person.requests[0].held == ORDER


def test_a_rule_allows_and_one_that_denies_stands_over_all(stand: Stand) -> None:
    deny = RequestRule(decision="deny", path="/order")
    door = stand(Policy(profile="unattended", requests=(allowing(), deny)))
    assert door.during(POLL, ORDER, ORDER) == [True, False, False]
    assert [t.decision for t in door.told()] == ["sent", "stopped", "stopped"]
    assert door.told()[0].reason.startswith("request 1: allow commit")


def test_unattended_denies_what_nobody_named(stand: Stand) -> None:
    door = stand("unattended")
    assert door.during(replace(POLL, url="https://evil.test/")) == [False]


def test_an_origin_that_nobody_named_is_asked_about_in_person_once(stand: Stand) -> None:
    evil = HeldRequest("GET", "https://evil.test/a?b=1", "navigation", HOME, top=True)
    allow = Rule(decision="allow", effects=("navigate",), owned_display=True)
    door = stand(Policy(profile="ask", rules=(allow,)), answers=(True,))
    assert door.during(evil, evil) == [True, True]
    (asked,) = door.person.requests
    assert asked.in_person
    assert asked.kind is None


def test_a_yes_to_the_kind_stands_for_the_run_and_is_written_less_and_less(stand: Stand) -> None:
    download = HeldRequest("GET", "https://shop.test/a.pdf", "download", HOME, top=True)
    policy = Policy(rules=(Rule(decision="ask", effects=("edit",)),))
    door = stand(policy, answers=(KIND,))
    assert all(door.during(*[download] * 5))
    assert len(door.person.requests) == 1
    assert [t.count for t in door.told()] == [1, 2, 4]


def test_a_no_holds_until_the_next_action(stand: Stand) -> None:
    door = stand(answers=(False, True))
    assert door.during(POLL, POLL, POLL) == [False, False, False]
    assert door.during(POLL) == [True]
    assert len(door.person.requests) == 2


@pytest.mark.parametrize("answer", [True, False])
def test_a_page_that_sends_home_by_itself_asks_once(stand: Stand, answer: bool) -> None:
    door = stand(answers=(answer,))
    assert [door.warden.decide(POLL) for _ in range(3)] == [answer] * 3
    door.during()
    door.now = 60.0
    assert door.warden.decide(POLL) is answer
    assert len(door.person.requests) == 1


def test_shortly_after_an_action_a_request_is_its_own(stand: Stand) -> None:
    door = stand(answers=(True, True))
    door.during()
    door.now = 1.0
    assert door.warden.decide(POLL)
    assert door.warden.decide(POLL)
    assert len(door.person.requests) == 2


def test_whoever_is_asked_may_end_the_run(stand: Stand) -> None:
    door = stand(answers=(STOP,))
    assert door.during(POLL) == [False]
    assert door.warden.stopped


def test_the_gate_stops_where_the_warden_was_told_to(open_door: Callable[..., "Door"]) -> None:
    door = open_door()
    warden = Warden(Rulebook.of(Policy()), door.journal, ScriptedApprover())
    door.gate.warden = warden
    assert door.submit(Click(point=door.at("Remember me"))).kind == "done"
    warden.stopped = True
    assert door.submit(Click(point=door.at("Remember me"))).kind == "stopped"


def test_a_grant_that_is_used_up_sends_nothing(stand: Stand) -> None:
    used_up = ApprovalAnswer("once", by="grant 1", count=lambda: "the grant is used up")
    door = stand(answers=(used_up,))

    assert door.during(POLL) == [False]
    assert door.told()[0].reason.endswith("the grant is used up")


def test_nothing_goes_on_that_cannot_be_written(stand: Stand) -> None:
    door = stand(Policy(requests=(allowing(),)))
    door.journal.close()
    with pytest.raises(JournalError):
        door.warden.decide(POLL)


def test_secrets_are_shown_and_written_nowhere(stand: Stand) -> None:
    vault = Vault()
    vault.censor.learn('geheim "12"')
    data = b'{"note": "geheim \\"12\\"", "password": "short"}'
    told = replace(
        POLL,
        url="https://shop.test/ping?q=geheim+%2212%22&token=t0k&x=1#pin=9",
        headers=(("referer", "https://shop.test/?pwd=abc"),),
        body=read_body("application/json", data, whole=True),
    )
    door = stand(answers=(False,), clean=vault.censor.clean)
    door.during(told)
    (asked,) = door.person.requests
    (record,) = door.told()
    shown = "\n".join(prompt_lines(asked)) + record.model_dump_json() + repr(asked)
    for secret in ("geheim", "short", "t0k", "pin=9", "pwd=abc"):
        assert secret not in shown
    assert record.body_digest == ""
    assert "token=[hidden]&x=1#pin=[hidden]" in record.url


def test_a_secret_is_not_shown_by_halves_where_a_body_is_cut(stand: Stand) -> None:
    vault = Vault()
    vault.censor.learn("geheimnis")
    data = b"x" * 3_996 + b"geheimnis"
    door = stand(answers=(False,), clean=vault.censor.clean)
    door.during(replace(POLL, body=read_body("text/plain", data, whole=True)))
    assert "gehe" not in repr(door.person.requests) + repr(door.told())


def test_a_body_without_secrets_is_known_by_its_hash(stand: Stand) -> None:
    body = read_body("application/x-www-form-urlencoded", b"a=1&b=2", whole=True)
    door = stand(Policy(requests=(allowing(),)))
    door.during(replace(POLL, body=body))
    (record,) = door.told()
    assert record.body == "field a: 1\nfield b: 2"
    assert len(record.body_digest) == 64


def test_a_prompt_tells_all_there_is_to_know(stand: Stand) -> None:
    parts = tuple(BodyPart(f"f{n}", "1", size=1) for n in range(45))
    body = RequestBody("multipart/form-data", b"", (BodyPart("up", "", "a.txt", 3), *parts))
    body = replace(body, text="more", whole=False)
    hop = replace(POLL, hop_of="https://shop.test/first", body=body, page="")
    socket = HeldRequest("GET", "wss://shop.test:443/", "websocket", HOME)
    file = HeldRequest("GET", "https://shop.test/a.zip", "download", HOME)
    asking = Policy(rules=(Rule(decision="ask", effects=("edit",)),), profile="ask")
    door = stand(asking, answers=(False,) * 4)
    door.during(hop, socket, file, POLL)
    shown = ["\n".join(prompt_lines(one)) for one in door.person.requests]
    assert "redirected from: https://shop.test/first" in shown[0]
    assert 'the file "a.txt" (3 bytes that are known)' in shown[0]
    assert "fields more" in shown[0]
    assert "(not known)" in shown[0]
    assert "what is said on it afterwards is not looked at" in shown[1]
    assert "it would be saved in the run's folder" in shown[2]
    assert "kind permits in this run: every GET (download)" in shown[2]
    assert "body: (none)" in shown[3]
    assert "to be sent: this request" in shown[3]


def test_no_edit_of_the_action_is_an_answer_to_a_request(stand: Stand) -> None:
    door = stand(answers=(ApprovalAnswer("edit", CLICK),))
    assert door.during(POLL) == [False]


def test_layers_that_only_restrict_do_so_for_requests_too() -> None:
    def ruled(rule: RequestRule) -> Ruling:
        from handrail.actuators.actions import Wait
        from handrail.sandbox.circumstances import Circumstances
        from handrail.sandbox.rulebook import Sending

        user = Layer("user", Policy(requests=(allowing(),)), grants=True)
        book = Rulebook((user, Layer("site", Policy(requests=(rule,)))), "ask")
        place = Surface("browser", "chromium", url=HOME)
        return book.judge_request(
            Sending(POLL, "commit", Wait(seconds=0), (place,), Circumstances())
        )

    assert ruled(RequestRule(decision="deny", path="/ping")).decision == "deny"
    assert ruled(RequestRule(decision="deny", path="/other")).decision == "allow"
    assert ruled(allowing()).decision == "allow"


def test_the_intent_before_is_named(stand: Stand) -> None:
    door = stand(Policy(requests=(allowing(),)))
    assert door.warden.decide(POLL)
    assert door.told()[0].intent is None
    assert not door.warden.lent
    assert Intent.model_fields
