"""A permit opens the door once, for one action, for a short while."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.actuators.actions import Click, Press, Type
from handrail.actuators.errors import PermitRefused
from handrail.actuators.geometry import Point
from handrail.sandbox.permit import PermitOffice, Terms

CLICK = Click(point=Point(x=1, y=2))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Forged:
    action_digest = "anything"


def test_a_permit_is_spent_by_its_use() -> None:
    office = PermitOffice()
    permit = office.issue(CLICK)
    office.redeem(permit, CLICK)
    with pytest.raises(PermitRefused, match="already used"):
        office.redeem(permit, CLICK)


def test_a_permit_covers_its_own_action_only_and_is_spent_by_the_attempt() -> None:
    office = PermitOffice()
    permit = office.issue(CLICK)
    with pytest.raises(PermitRefused, match="another action"):
        office.redeem(permit, Click(point=Point(x=1, y=2), button="right"))
    with pytest.raises(PermitRefused, match="already used"):
        office.redeem(permit, CLICK)


def test_a_permit_expires() -> None:
    clock = Clock()
    office = PermitOffice(lifetime=30, clock=clock)
    in_time, late = office.issue(CLICK), office.issue(CLICK)
    clock.now += 30
    office.redeem(in_time, CLICK)
    clock.now += 0.1
    with pytest.raises(PermitRefused, match="expired"):
        office.redeem(late, CLICK)
    clock.now += 100
    office.redeem(office.issue(CLICK), CLICK)
    with pytest.raises(PermitRefused, match="expired"):
        office.redeem(late, CLICK)


def test_a_permit_of_another_office_is_worth_nothing() -> None:
    with pytest.raises(PermitRefused, match="not issued"):
        PermitOffice().redeem(PermitOffice().issue(CLICK), CLICK)
    with pytest.raises(PermitRefused, match="not issued"):
        PermitOffice().redeem(Forged(), CLICK)


@pytest.mark.parametrize(
    "change",
    [
        {"number": "0" * 32},
        {"expires": 1e12},
        {"action_digest": "0" * 64},
        {"seal": "0" * 64},
        {"seal": ""},
        {"seal": "é"},
    ],
)
def test_no_part_of_a_permit_can_be_changed(change: dict[str, str | float]) -> None:
    office = PermitOffice()
    permit = office.issue(CLICK)
    with pytest.raises(PermitRefused, match="not issued"):
        office.redeem(dataclasses.replace(permit, **change), CLICK)  # type: ignore[arg-type]
    office.redeem(permit, CLICK)


@given(st.lists(st.integers(min_value=0, max_value=9), max_size=30))
def test_in_any_order_each_permit_opens_once(order: list[int]) -> None:
    office = PermitOffice()
    actions = [Type(text=str(n)) for n in range(10)]
    permits = [office.issue(action) for action in actions]
    opened: list[int] = []
    for n in order:
        try:
            office.redeem(permits[n], actions[n])
        except PermitRefused:
            assert n in opened
        else:
            opened.append(n)
    assert sorted(opened) == sorted(set(order))


def test_a_lifetime_must_be_positive() -> None:
    with pytest.raises(ValueError, match="lifetime"):
        PermitOffice(lifetime=0)
    assert PermitOffice().issue(Press(keys=("a",))).action_digest


@pytest.mark.parametrize("name", ["run", "screen", "policy"])
def test_a_permit_holds_on_the_terms_that_it_was_issued_on(name: str) -> None:
    office = PermitOffice()
    terms = Terms("run", "screen", "policy")
    office.bind(terms)
    kept, second = office.issue(CLICK), office.issue(CLICK)
    office.bind(dataclasses.replace(terms, **{name: "another"}))
    with pytest.raises(PermitRefused, match=f"another {name}"):
        office.redeem(kept, CLICK)
    office.bind(terms)
    with pytest.raises(PermitRefused, match="already used"):
        office.redeem(kept, CLICK)
    office.redeem(second, CLICK)


def test_the_terms_of_a_permit_cannot_be_changed() -> None:
    office = PermitOffice()
    permit = office.issue(CLICK)
    moved = dataclasses.replace(permit, terms=Terms(screen="another"))
    with pytest.raises(PermitRefused, match="not issued"):
        office.redeem(moved, CLICK)
