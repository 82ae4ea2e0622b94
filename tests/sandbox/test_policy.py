"""The policy: default deny, deny over ask over allow, and no silent grant."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from handrail.actuators.actions import Action, Click, Type, Wait
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.policy import Decision, EffectClass, Policy, Rule, Ruling, profile
from handrail.sandbox.rules import Hold

EFFECTS: tuple[EffectClass, ...] = get_args(EffectClass)
DECISIONS: tuple[Decision, ...] = get_args(Decision)
CLICK = Click(point=Point(x=1, y=2))
PAGE = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example.org/x")
WINDOW = Surface("desktop", ":0", window=ScreenText("Notes - Mousepad"))
OWNED = Surface("desktop", ":7", owned=True, window=ScreenText("Notes - Mousepad"))
SURFACES = (PAGE, WINDOW, OWNED)


def rules() -> st.SearchStrategy[Rule]:
    hosts = st.sampled_from(
        [None, "shop.example.org", "*.example.org", "example.org", "x.org:8080"]
    )
    windows = st.sampled_from([None, "Shop", "Notes*", "Other"])

    @st.composite
    def draw_rule(draw: st.DrawFn) -> Rule:
        decision = draw(st.sampled_from(DECISIONS))
        window = draw(windows)
        owned = draw(st.sampled_from([None, True]))
        effects = draw(st.lists(st.sampled_from(EFFECTS), min_size=1, max_size=4))
        if decision == "allow" and window is None and owned is None:
            effects = [effect for effect in effects if effect != "unknown"] or ["observe"]
        surfaces = [None, "desktop"] if decision == "allow" and window else [None, "browser"]
        fields: dict[str, object] = {
            "decision": decision,
            "effects": effects,
            "kinds": draw(st.sampled_from([None, ["click"], ["type", "wait"]])),
            "surface": draw(st.sampled_from(surfaces)),
            "host": draw(hosts),
            "window": window,
            "owned_display": owned,
        }
        return Rule.model_validate({k: v for k, v in fields.items() if v is not None})

    return draw_rule()


ACTIONS: tuple[Action, ...] = (CLICK, Type(text="a"), Wait(seconds=1))


def table(policy: Policy) -> list[Ruling]:
    """Return the ruling for every effect, action and surface."""
    return [
        policy.decide(effect, action, surface)
        for effect in EFFECTS
        for action in ACTIONS
        for surface in SURFACES
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("observe", "allow deny deny deny deny deny deny"),
        ("rehearse", "allow allow rehearse rehearse rehearse rehearse rehearse"),
        ("ask", "allow allow ask ask ask ask ask"),
        ("unattended", "allow allow allow deny deny deny deny"),
    ],
)
def test_the_profiles_are_as_documented(name: str, expected: str) -> None:
    policy = profile(name)  # type: ignore[arg-type]
    for surface in SURFACES:
        found = [policy.decide(effect, CLICK, surface).decision for effect in EFFECTS]
        assert found == expected.split()


def test_an_empty_policy_denies_everything() -> None:
    assert {ruling.decision for ruling in table(Policy())} == {"deny"}
    assert "no rule" in Policy().decide("observe", CLICK, PAGE).reason


@settings(max_examples=60, deadline=None)
@given(
    st.lists(rules(), max_size=5),
    rules(),
    st.sampled_from([None, "observe", "rehearse", "ask", "unattended"]),
)
def test_adding_a_deny_never_allows_more(
    given_rules: list[Rule], extra: Rule, name: str | None
) -> None:
    before = Policy.model_validate({"profile": name, "rules": given_rules})
    deny = extra.model_copy(update={"decision": "deny"})
    after = Policy.model_validate({"profile": name, "rules": [*given_rules, deny]})
    for old, new in zip(table(before), table(after), strict=True):
        assert new.decision == "deny" or new.demands >= old.demands


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(given_rules: list[Rule], random: Random) -> None:
    shuffled = sorted(given_rules, key=lambda _: random.random())
    plain, mixed = (table(Policy(rules=tuple(rules))) for rules in (given_rules, shuffled))
    assert [r.demands for r in plain] == [r.demands for r in mixed]


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), max_size=5))
def test_nothing_is_allowed_that_no_allow_rule_matches(given_rules: list[Rule]) -> None:
    policy = Policy(rules=tuple(given_rules))
    for effect in EFFECTS:
        for action in ACTIONS:
            for surface in SURFACES:
                held = [(r.holds(effect, action, surface), r.decision) for r in given_rules]
                sure = {decision for hold, decision in held if hold == Hold.YES}
                maybe = {decision for hold, decision in held if hold == Hold.UNSURE} - {"allow"}
                demanded = (sure or {"deny"}) | maybe
                expected = next(d for d in ("deny", "ask", "rehearse", "allow") if d in demanded)
                assert policy.decide(effect, action, surface).decision == expected


def test_unknown_needs_a_named_window_or_an_owned_display() -> None:
    with pytest.raises(ValidationError, match="needs a window"):
        Rule(decision="allow", effects=("unknown",))
    with pytest.raises(ValidationError, match="needs a window"):
        Rule(decision="allow", effects=("edit", "unknown"), host="example.org", surface="browser")
    owned = Policy(rules=(Rule(decision="allow", effects=("unknown",), owned_display=True),))
    assert owned.decide("unknown", CLICK, OWNED).decision == "allow"
    assert owned.decide("unknown", CLICK, WINDOW).decision == "deny"
    window = Policy(rules=(Rule(decision="allow", effects=("unknown",), window="Notes*"),))
    assert window.decide("unknown", CLICK, WINDOW).decision == "allow"
    assert window.decide("unknown", CLICK, PAGE).decision == "deny"


def test_a_page_cannot_name_itself_into_a_grant() -> None:
    spoof = Surface("browser", "chromium", window=ScreenText("Notes"), url="https://evil.example")
    granted = Policy(rules=(Rule(decision="allow", effects=("unknown",), window="Notes"),))
    assert granted.decide("unknown", CLICK, spoof).decision == "deny"
    refused = Policy(
        profile="unattended", rules=(Rule(decision="deny", effects=("edit",), window="Notes"),)
    )
    assert refused.decide("edit", CLICK, spoof).decision == "deny"


def test_a_rule_relaxes_its_profile_but_no_other_rule() -> None:
    allow = Rule(decision="allow", effects=("commit",), host="shop.example.org")
    policy = Policy(profile="unattended", rules=(allow,))
    assert policy.decide("commit", CLICK, PAGE).decision == "allow"
    assert policy.decide("commit", CLICK, WINDOW).decision == "deny"
    ask = Rule(decision="ask", effects=("commit",))
    both = Policy(profile="unattended", rules=(allow, ask))
    ruling = both.decide("commit", CLICK, PAGE)
    assert ruling.decision == "ask"
    assert ruling.reason == "rule 2: ask commit; overruled: rule 1: allow commit"


def test_an_unreadable_address_satisfies_deny_and_never_allow() -> None:
    strange = Surface("browser", "chromium", url="https://shop.example.org\\@evil.example/")
    for decision, alone, beside in (
        ("allow", "deny", "allow"), ("deny", "deny", "deny"), ("ask", "deny", "ask"),
    ):  # fmt: skip
        rule = Rule.model_validate(
            {"decision": decision, "effects": ["edit"], "host": "shop.example.org"}
        )
        assert Policy(rules=(rule,)).decide("edit", CLICK, strange).decision == alone
        policy = Policy(profile="unattended", rules=(rule,))
        assert policy.decide("edit", CLICK, strange).decision == beside


@pytest.mark.parametrize("title", ["", "*", "  ", " *"])
def test_a_window_must_be_named(title: str) -> None:
    with pytest.raises(ValidationError, match="exact title"):
        Rule(decision="deny", effects=("edit",), window=title)
