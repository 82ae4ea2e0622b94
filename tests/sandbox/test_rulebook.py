"""Layers: some grant, the others only restrict, and limits are the least of all."""

from datetime import UTC, datetime
from functools import partial

import pytest

from handrail.actuators.actions import Click, Terminate, Type
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.limits import Limits, Meter, least
from handrail.sandbox.policy import Decision, EffectClass, Policy, ProfileName, Rule, Ruling
from handrail.sandbox.rulebook import Layer, Rulebook

CLICK = Click(point=Point(x=1, y=2))
SHOP = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/x")


def rule(decision: Decision, effect: EffectClass = "commit", **conditions: object) -> Rule:
    return Rule.model_validate({"decision": decision, "effects": [effect], **conditions})


def policy(*rules: Rule, profile: ProfileName | None = None) -> Policy:
    return Policy(profile=profile, rules=rules)


def ruled(*layers: Layer, profile: ProfileName | None = "ask") -> Ruling:
    return Rulebook(layers, profile).decide("commit", CLICK, SHOP)


USER = Layer("user", policy(rule("allow", host="shop.example")), grants=True)


def test_a_policy_alone_grants_by_itself() -> None:
    alone = policy(rule("allow"), profile="observe")
    book = Rulebook.of(alone)
    assert book.decide("commit", CLICK, SHOP) == alone.decide("commit", CLICK, SHOP)
    assert book.decide("edit", CLICK, SHOP).decision == "deny"
    assert Rulebook.of(book) is book


@pytest.mark.parametrize(
    ("restricting", "decision", "reason"),
    [
        (policy(), "allow", "user rule 1: allow commit"),
        (policy(rule("allow")), "allow", "user rule 1: allow commit; run rule 1: allow commit"),
        (
            policy(rule("ask")),
            "ask",
            "run rule 1: ask commit; overruled: user rule 1: allow commit",
        ),
        (
            policy(profile="observe"),
            "deny",
            "run profile observe: deny commit; overruled: user rule 1: allow commit",
        ),
        (policy(rule("allow"), profile="observe"), "allow", "user rule 1: allow commit; run rule"),
        (policy(rule("deny", "edit")), "allow", "user rule 1: allow commit"),
        (policy(profile="rehearse"), "rehearse", "run profile rehearse: rehearse commit;"),
    ],
)
def test_a_layer_that_does_not_grant_only_restricts(
    restricting: Policy, decision: Decision, reason: str
) -> None:
    found = ruled(USER, Layer("run", restricting))
    assert found.decision == decision
    assert found.reason.startswith(reason)


def test_a_layer_that_does_not_grant_cannot_grant() -> None:
    everything = policy(
        rule("allow"), rule("allow", "unknown", owned_display=True), profile="unattended"
    )
    assert ruled(Layer("run", everything), profile=None).decision == "deny"
    assert ruled(Layer("run", everything), profile="observe").decision == "deny"
    assert ruled(Layer("run", everything), profile="ask").decision == "ask"


def test_granting_layers_are_one_policy() -> None:
    grants = Layer("grants", policy(rule("deny")), grants=True)
    assert ruled(USER, grants).reason == (
        "grants rule 1: deny commit; overruled: user rule 1: allow commit"
    )
    other = Layer("grants", policy(rule("allow", "edit")), grants=True)
    assert ruled(USER, other, profile="observe").decision == "allow"
    both = Rulebook((USER, other), "observe")
    assert both.decide("edit", CLICK, SHOP).decision == "allow"
    assert both.decide("navigate", CLICK, SHOP).reason == "profile observe: deny navigate"


def test_to_rehearse_and_to_ask_is_to_rehearse_and_then_to_ask() -> None:
    found = ruled(USER, Layer("run", policy(rule("rehearse"))), Layer("run 2", policy(rule("ask"))))
    assert (found.decision, found.rehearsed, found.asks) == ("ask", True, True)
    assert found.demands == {"ask", "rehearse"}
    assert found.reason.startswith("run rule 1: rehearse commit; run 2 rule 1: ask commit; over")
    alone = ruled(USER, Layer("run", policy(rule("rehearse"))))
    assert (alone.decision, alone.rehearsed, alone.asks) == ("rehearse", False, True)


def test_the_clock_is_the_rulebooks() -> None:
    night = Layer("user", policy(rule("allow", hours="22:00-06:00", weekdays=["sat"])), True)
    for hour, day, decision in ((23, 3, "allow"), (5, 3, "allow"), (6, 3, "ask"), (23, 4, "ask")):
        book = Rulebook((night,), "ask", partial(datetime, 2026, 1, day, hour, tzinfo=UTC))
        assert book.decide("commit", CLICK, SHOP).decision == decision, (hour, day)
    assert Rulebook((USER,)).decide("commit", CLICK, SHOP).decision == "allow"
    known = Circumstances(now=datetime(2026, 1, 3, 23, tzinfo=UTC))
    book = Rulebook((night,), "ask", partial(datetime, 2026, 1, 3, 12, tzinfo=UTC))
    assert book.decide("commit", CLICK, SHOP, known).decision == "allow"


def test_what_is_written_names_every_part_and_changes_with_each() -> None:
    book = Rulebook((USER, Layer("run", policy(rule("deny"), profile="observe"))), "ask")
    told = book.written()
    assert told["profile"] == '"ask"'
    assert told["user layer"] == '["grants", null]'
    assert told["run layer"] == '["restricts", "observe"]'
    assert told["user rule 1"] == (
        '{"decision":"allow","effects":["commit"],"host":"shop.example"}'
    )
    others = (
        Rulebook((USER,), "ask"),
        Rulebook((USER, Layer("run", policy(rule("deny"), profile="observe"))), "observe"),
        Rulebook((USER, Layer("run", policy(rule("deny"), profile="observe"), True)), "ask"),
        Rulebook((USER, Layer("run", Policy(limits=Limits(steps=1)))), "ask"),
    )
    assert len({told["digest"], *(other.written()["digest"] for other in others)}) == 5


def test_limits_join_to_the_least() -> None:
    layers = (
        Layer("user", Policy(limits=Limits(steps=9, commits=2)), True),
        Layer("run", Policy(limits=Limits(steps=20, calls=3))),
    )
    assert Rulebook(layers).limits == Limits(steps=9, calls=3, commits=2)
    assert least(()) == Limits()


def test_commits_are_counted_whatever_becomes_of_them() -> None:
    book = Rulebook((Layer("run", Policy(limits=Limits(commits=1))),))
    assert book.used_up("unknown", CLICK) == ""
    book.spend("edit", Type(text="a"))
    book.spend("destroy", CLICK)
    assert "1 commit a run are used up" in book.used_up("commit", CLICK)
    assert book.used_up("edit", CLICK) == ""
    assert book.used_up("unknown", Terminate(status="success")) == ""


def test_a_minute_passes() -> None:
    now = [100.0]
    meter = Meter(Limits(actions_per_minute=2), lambda: now[0])
    for second in (0.0, 10.0):
        now[0] = 100.0 + second
        assert meter.used_up("observe") == ""
        meter.spend("observe")
    now[0] = 159.9
    assert "2 actions a minute are used up" in meter.used_up("observe")
    now[0] = 160.0
    assert meter.used_up("observe") == ""
    meter.spend("observe")
    assert meter.used_up("observe") != ""
    now[0] = 170.0
    assert meter.used_up("observe") == ""


def test_endings_are_no_actions() -> None:
    book = Rulebook((Layer("run", Policy(limits=Limits(actions_per_minute=1))),))
    book.spend("observe", Terminate(status="success"))
    assert book.used_up("observe", CLICK) == ""
