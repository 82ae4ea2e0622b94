"""The warden: who decides about a request, who is asked, what is written down of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Press
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Surface
from handrail.sandbox.approval import KIND, STOP, ApprovalAnswer, ScriptedApprover
from handrail.sandbox.errors import JournalError
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.sandbox.ruling import Ruling
from handrail.sandbox.warden import Warden
from tests.sandbox.warden_stage import CLICK, FORM, HOME, ORDER, POLL, WardenStand, allowing

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

Stand = Callable[..., WardenStand]


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
    door = WardenStand(tmp_path / "second", asking)
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


def test_without_secrets_all_is_told_as_it_is(stand: Stand) -> None:
    door = stand(Policy(requests=(allowing(),)))
    warden = Warden(door.warden.rules, door.journal, door.person)
    assert warden.decide(POLL)
    assert door.told()[0].url == POLL.url
