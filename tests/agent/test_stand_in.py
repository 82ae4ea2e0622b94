"""A small model speaks of a plain word, and everybody else of the secret's placeholder."""

from handrail.actuators.actions import Click, Type
from handrail.actuators.geometry import Point
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.stand_in import StandIns

GOAL = "type {{secret:a}} into Secret1, {{secret:b}} into B and {{secret:a}} into C"


def test_words_stand_for_placeholders_and_are_none_of_the_goals_own() -> None:
    words = StandIns(GOAL)
    assert words.put(GOAL) == "type Secret2 into Secret1, Secret3 into B and Secret2 into C"
    assert words.back(words.put(GOAL)) == GOAL
    many = " ".join(f"{{{{secret:s{n}}}}}" for n in range(30))
    assert StandIns(many).back(StandIns(many).put(many)) == many
    assert StandIns("nothing").put("nothing") == "nothing"


def test_replies_name_the_secret_again() -> None:
    words = StandIns(GOAL)
    made = words.named(Proposal(Type(text="Secret3"), "type Secret3", '{"text": "Secret3"}'))
    assert made == Proposal(
        Type(text="{{secret:b}}"), "type {{secret:b}}", '{"text": "{{secret:b}}"}'
    )
    click = Proposal(Click(point=Point(x=1, y=2)), "click Secret1")
    assert words.named(click) == click
    assert words.named(ParseError("no Secret2", "Secret2")) == ParseError(
        "no {{secret:a}}", "{{secret:a}}"
    )
