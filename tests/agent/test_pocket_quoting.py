"""What the pocket model names and types stands in the goal; few buttons are named without it."""

import pytest

from handrail.actuators.actions import Click, Type
from handrail.agent.proposal import Proposal
from handrail.model.pocket import vocabulary as v
from handrail.model.tokenizer import Tokenizer
from tests.agent.pocket_world import FORM, proposer_of, seen
from tests.model.pocket.earlier import EARLIER, earlier_tokenizer


@pytest.mark.parametrize("said", ["Savy", "Save", "Save as you", "ave as", "zzz", ""])
def test_a_name_is_quoted_from_the_goal(said: str) -> None:
    proposer, _ = proposer_of(v.encode([v.THINK_CLICK, said, v.CALL_CLICK]))
    made = proposer.propose("click Save as", (), seen((640, 400)))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Click)
    name = made.line.removeprefix("click ")
    own = ("Save", "Save as", "as", "click", "click Save", "click Save as")
    assert name in own or name in FORM.names


@pytest.mark.parametrize("name", FORM.names)
def test_a_button_that_most_applications_have_is_named_without_the_goal(name: str) -> None:
    proposer, _ = proposer_of(v.encode([v.THINK_CLICK, name, v.CALL_CLICK]))
    made = proposer.propose("answer Ada with hello", (), seen((640, 400)))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Click)
    assert made.line == f"click {name}"


def test_such_a_name_is_not_typed_and_a_part_of_it_not_clicked() -> None:
    typing, _ = proposer_of(v.encode([v.CALL_TYPE, "Submit"]))
    typed = typing.propose("answer Ada", (), seen((1, 1)))
    assert isinstance(typed, Proposal)
    assert isinstance(typed.action, Type)
    assert typed.action.text in "answer Ada"
    clicking, _ = proposer_of(v.encode([v.THINK_CLICK, "Sub", v.CALL_CLICK]))
    clicked = clicking.propose("answer Ada", (), seen((640, 400)))
    assert isinstance(clicked, Proposal)
    assert clicked.line == "click Submit"


def test_a_checkpoint_without_names_says_words_of_the_goal_alone() -> None:
    said = v.encode([v.THINK_CLICK, "Submit", v.CALL_CLICK])
    proposer, _ = proposer_of(said, EARLIER, Tokenizer(earlier_tokenizer()))
    made = proposer.propose("answer Ada", (), seen((640, 400)))
    assert isinstance(made, Proposal)
    assert made.line.removeprefix("click ") in ("answer", "Ada", "answer Ada")


def test_only_words_of_the_goal_are_typed() -> None:
    proposer, _ = proposer_of(v.encode([v.CALL_TYPE]))
    made = proposer.propose("type hello into Name", (), seen((1, 1)))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Type)
    assert made.action.text
    assert made.action.text in "type hello into Name"
