"""A quotation is made of whole words of its source."""

import pytest

from handrail.agent.quotation import Quotation

GOAL = "type a.b into Save as, then click Save"


def quotation(source: str = GOAL) -> Quotation:
    return Quotation([ord(c) for c in source], [*source])


def said(text: str, source: str = GOAL) -> Quotation:
    made = quotation(source)
    for character in text:
        assert ord(character) in made.allowed(), text
        made.accept(ord(character))
    return made


@pytest.mark.parametrize("text", ["Save", "Save as", "a", "a.b", "a.b into", "click Save", GOAL])
def test_whole_words_may_end(text: str) -> None:
    assert said(text).may_end


@pytest.mark.parametrize("text", ["Sav", "S", "Save a", "in"])
def test_parts_of_words_may_not_end(text: str) -> None:
    assert not said(text).may_end


def test_it_begins_with_a_word() -> None:
    first = {chr(i) for i in quotation().allowed()}
    assert first == {"t", "a", ".", "b", "i", "S", ",", "c"}
    assert not quotation().may_end


def test_what_follows_is_what_stands_there() -> None:
    made = said("Save")
    assert made.allowed() == {ord(" ")}
    made.accept(ord(" "))
    assert made.allowed() == {ord("a")}


def test_an_empty_source_offers_nothing() -> None:
    assert quotation("").allowed() == set()
    assert not quotation("").may_end


def test_a_name_beside_the_source_is_said_whole_or_not_at_all() -> None:
    made = Quotation([ord(c) for c in "Save it"], [*"Save it"], [[ord(c) for c in "Send"]])
    for character in "Se":
        assert ord(character) in made.allowed()
        made.accept(ord(character))
        assert not made.may_end
    for character in "nd":
        assert made.allowed() == {ord(character)}
        made.accept(ord(character))
    assert made.may_end
    assert made.allowed() == set()


def test_a_name_does_not_begin_in_its_middle() -> None:
    made = Quotation([ord("a")], ["a"], [[ord(c) for c in "go on"]])
    assert {chr(i) for i in made.allowed()} == {"a", "g"}
