"""Rules on requests: what they match, what they refuse to mean; how requests are told apart."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from handrail.actuators.held import HeldRequest, RequestBody
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.policy import Policy, parse_policy
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.requests import (
    RequestKind,
    body_lines,
    body_written,
    effect_of,
    origin_text,
    web_address,
)
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.rules import Hold

POST = HeldRequest("POST", "https://shop.test/api/order?x=1", "fetch", "https://shop.test/cart")


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, Hold.YES),
        ({"methods": ["POST", "PUT"]}, Hold.YES),
        ({"methods": ["PUT"]}, Hold.NO),
        ({"purposes": ["fetch"]}, Hold.YES),
        ({"purposes": ["websocket"]}, Hold.NO),
        ({"origin": "https://shop.test"}, Hold.YES),
        ({"origin": "http://shop.test"}, Hold.NO),
        ({"host": "*.test"}, Hold.YES),
        ({"host": "evil.test"}, Hold.NO),
        ({"path": "/api/*"}, Hold.YES),
        ({"path": "/pay"}, Hold.NO),
        ({"page": "https://shop.test"}, Hold.YES),
        ({"page": "https://other.test"}, Hold.NO),
    ],
)
def test_every_condition_must_hold(conditions: dict[str, object], holds: Hold) -> None:
    assert RequestRule.model_validate({"decision": "deny", **conditions}).holds(POST) is holds


def test_a_websocket_is_its_hosts_and_what_has_no_host_is_nobodys() -> None:
    rule = RequestRule(decision="deny", host="shop.test", path="/live")
    socket = replace(POST, url="wss://shop.test/live", kind="websocket")
    assert rule.holds(socket) is Hold.YES
    assert rule.holds(replace(POST, url="data:text/plain,a")) is Hold.NO
    assert RequestRule(decision="deny", path="/x").holds(replace(POST, url="data:,")) is Hold.NO


def test_an_address_that_cannot_be_read_restricts_and_never_allows() -> None:
    odd = replace(POST, url="https://[::bad/")
    rules = (
        RequestRule(decision="deny", host="shop.test"),
        RequestRule(decision="allow", host="shop.test"),
    )
    found = Policy(requests=rules).on_request(odd, "commit")
    assert [ruling.decision for ruling in found.unsure] == ["deny"]
    assert found.sure == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": "allow"},
        {"decision": "allow", "page": "https://shop.test"},
        {"decision": "deny", "methods": []},
        {"decision": "deny", "methods": ["post"]},
        {"decision": "deny", "purposes": []},
        {"decision": "deny", "purposes": ["mail"]},
        {"decision": "rehearse", "host": "shop.test"},
        {"decision": "deny", "hosts": "shop.test"},
    ],
)
def test_what_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RequestRule.model_validate(wrong)


def test_a_policy_file_holds_them_and_its_digest_tells_them() -> None:
    text = b'[[request]]\ndecision = "allow"\norigin = "https://shop.test"\n'
    policy = parse_policy(text, "policy")
    assert policy.requests[0].origin == "https://shop.test"
    assert Rulebook.of(policy).digest != Rulebook.of(Policy()).digest
    assert "request 1" in Rulebook.of(policy).written()
    with pytest.raises(PolicyError, match="origin or the host"):
        parse_policy(b'[[request]]\ndecision = "allow"\n', "policy")


@pytest.mark.parametrize(
    ("method", "kind", "effect"),
    [
        ("DELETE", "fetch", "destroy"),
        ("PATCH", "fetch", "commit"),
        ("GET", "websocket", "commit"),
        ("GET", "download", "edit"),
        ("GET", "navigation", "navigate"),
    ],
)
def test_the_class_follows_from_method_and_purpose(method: str, kind: str, effect: str) -> None:
    assert effect_of(replace(POST, method=method, kind=kind)) == effect  # type: ignore[arg-type]


def test_a_kind_is_shown_whole_or_not_offered() -> None:
    kind = RequestKind.of(POST)
    assert kind.told() == (
        "every POST (fetch) to https://shop.test/api/order from https://shop.test"
    )
    assert kind.plain
    assert not RequestKind.of(replace(POST, url="https://shop.test/" + "a" * 400)).plain
    assert not RequestKind.of(replace(POST, url="https://shop.test/\u202e")).plain
    assert "no page that is known" in RequestKind.of(replace(POST, page="")).told()


def test_addresses_are_told_apart() -> None:
    assert web_address("WS://a.test/") == "http://a.test/"
    assert origin_text("https://[::bad/") == "https://[::bad/"
    assert origin_text("data:,a") == "data:"
    assert origin_text("") == ""


def test_what_is_not_known_of_a_body_is_said() -> None:
    half = replace(POST, body=RequestBody("text/plain", b"ab", text="ab", whole=False))
    assert body_lines(POST) == ()
    assert body_written(POST, POST) == ("", "")
    assert [label for label, _ in body_lines(half)] == ["body", "body"]
    assert body_written(half, half)[1] == ""
