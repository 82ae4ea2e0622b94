"""The pocket model's proposer plans once, looks in every tile, and speaks computer_use."""

import pytest

from handrail.actuators.actions import Click, Press, Scroll, Terminate, Type, Wait
from handrail.agent import search
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.verify import Verdict
from handrail.model.pocket import instructions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Move
from handrail.model.tokenizer import Tokenizer
from tests.agent.pocket_world import FORM
from tests.agent.pocket_world import proposer_of as _proposer
from tests.agent.pocket_world import seen as _seen
from tests.model.pocket.earlier import EARLIER, earlier_tokenizer


@pytest.mark.parametrize("at", [(3, 5), (640, 400), (1279, 799), (1000, 20), (20, 790)])
def test_a_click_lands_where_the_target_is(at: tuple[int, int]) -> None:
    proposer, _ = _proposer(v.encode([v.THINK_CLICK, "Save", v.CALL_CLICK]))
    made = proposer.propose("click Save", (), _seen(at))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Click)
    assert abs(made.action.point.x - at[0]) <= 2
    assert abs(made.action.point.y - at[1]) <= 2
    assert made.line == "click Save"
    assert made.confidence is not None
    assert made.confidence > 0.9
    assert made.usage.image_tokens == 6 * 280  # it is sure: nothing is looked at again


@pytest.mark.parametrize(
    ("way", "wanted"),
    [
        ("double-click", {"kind": "click", "button": "left", "count": 2}),
        ("right-click", {"kind": "click", "button": "right", "count": 1}),
        ("scroll down in", {"kind": "scroll", "dx": 0, "dy": -500}),
        ("scroll up in", {"kind": "scroll", "dx": 0, "dy": 500}),
    ],
)
def test_what_is_done_at_a_place_is_done_where_it_is(way: v.Way, wanted: object) -> None:
    proposer, seer = _proposer(v.encode([v.THINKS[way], "Inbox", v.CALLS[way]]))
    made = proposer.propose("something about Inbox", (), _seen((900, 300)))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Click | Scroll)
    point = made.action.point
    assert point is not None
    assert abs(point.x - 900) <= 2
    assert abs(point.y - 300) <= 2
    assert made.action.model_dump(exclude={"point"}) == wanted
    assert made.line == f"{way} Inbox"
    assert made.confidence is not None
    assert made.confidence > 0.9
    assert seer.looks == 1


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("press enter", Press(keys=("enter",))),
        ("press ctrl+s", Press(keys=("ctrl", "s"))),
        ("scroll down", Scroll(dy=-500)),
        ("wait", Wait(seconds=2)),
    ],
)
def test_what_names_no_place_needs_no_look(line: str, action: object) -> None:
    proposer, seer = _proposer(v.encode([v.DEEDS[line]]))
    made = proposer.propose(f"{line}, then click Save", (), _seen((1, 1)))
    assert isinstance(made, Proposal)
    assert (made.action, made.line) == (action, line)
    assert seer.looks == 0


def test_a_shortcut_that_the_instruction_lacks_is_not_pressed() -> None:
    proposer, _ = _proposer(v.encode([v.DEEDS["press ctrl+s"]]))
    made = proposer.propose("press Save, then press Ctrl+A", (), _seen((1, 1)))
    assert not (isinstance(made, Proposal) and isinstance(made.action, Press))


def test_a_checkpoint_without_the_later_phrases_plans_as_it_did() -> None:
    """It has neither their tokens nor their spans in its ``handrail.json``."""
    said = v.encode([v.THINK_CLICK, "Inbox", v.CALL_CLICK])
    proposer, seer = _proposer(said, EARLIER, Tokenizer(earlier_tokenizer()))
    made = proposer.propose("double-click Inbox", (), _seen((900, 300)))
    assert isinstance(made, Proposal)
    assert isinstance(made.action, Click)
    assert (made.action.count, made.line) == (1, "click Inbox")
    assert not seer.skips_ground


def test_typing_and_ending_need_no_look() -> None:
    typing, _ = _proposer(v.encode([v.CALL_TYPE, "é <b>", v.END_TYPE]))
    made = typing.propose("type é <b>", (), _seen((1, 1)))
    assert isinstance(made, Proposal)
    assert made.action == Type(text="é <b>")
    ending, _ = _proposer(v.encode([v.FINISH]))
    made = ending.propose("type", (), _seen((1, 1)))
    assert isinstance(made, Proposal)
    assert made.action == Terminate(status="success")


def test_a_checkpoint_that_was_trained_without_ground_is_not_shown_any() -> None:
    assert FORM.skips_ground
    _, seer = _proposer([])
    assert seer.skips_ground


def test_babble_is_a_parse_error() -> None:
    proposer, _ = _proposer([65] * 500)
    assert isinstance(proposer.propose("x", (), _seen(None)), ParseError)


@pytest.mark.parametrize("kind", [v.THINK_CLICK, v.CALL_TYPE])
def test_what_is_cut_at_the_token_limit_is_never_acted_on(kind: str) -> None:
    goal = "click " + "Save " * 100
    proposer, seer = _proposer(v.encode([kind, "Save " * 100]))
    made = proposer.propose(goal, (), _seen((640, 400)))
    assert isinstance(made, ParseError)
    assert "cut off" in made.problem
    assert made.reply.count("Save") > 20
    assert seer.looks == 0


def test_what_is_on_no_tile_is_searched_for_and_then_given_up() -> None:
    proposer, _ = _proposer(v.encode([v.THINK_CLICK, "Save", v.CALL_CLICK]))
    history: list[Step] = []
    still = Verdict("nothing changed", "the screen is as it was before")
    for way in ("down", "up"):
        made = proposer.propose("click Save", history, _seen(None))
        assert isinstance(made, Proposal)
        assert isinstance(made.action, Scroll)
        assert made.line == f"look for Save: scroll {way}"
        history.append(Step(len(history) + 1, made, verdict=still))
    made = proposer.propose("click Save", history, _seen(None))
    assert isinstance(made, Proposal)
    assert made.action == Terminate(status="failure")


def test_the_model_is_not_told_of_a_search() -> None:
    proposer, seer = _proposer(v.encode([v.THINK_CLICK, "Save", v.CALL_CLICK]))
    clicked = Proposal(Click.model_validate({"point": {"x": 1, "y": 1}}), "click Name")
    looked = Proposal(Scroll(dy=-600), search.line("down", "Save"))
    history = [Step(1, clicked), Step(2, looked), Step(3, looked)]
    proposer.propose("click Name, then click Save", history, _seen((640, 400)))
    assert seer.heard[0].endswith(f"{v.PREVIOUS}Step 1: click Name")


def test_the_same_is_not_computed_twice_after_a_bad_reply() -> None:
    proposer, seer = _proposer([65] * 500)
    first = proposer.propose("x", (), _seen(None))
    assert isinstance(first, ParseError)
    again = proposer.propose("x", [Step(1, first)], _seen(None))
    assert isinstance(again, ParseError)
    assert again.problem.startswith(first.problem)
    assert again.usage.calls == 0
    assert len(seer.heard) == 1
    proposer.propose("x", [Step(1, first), Step(1, again, attempt=2)], _seen((3, 3)))
    assert len(seer.heard) == 2, "another screen is another question"


def test_the_steps_before_are_told_as_in_training() -> None:
    proposer, seer = _proposer(v.encode([v.FINISH]))
    clicked = Proposal(Click.model_validate({"point": {"x": 1, "y": 1}}), "click Name")
    history = [Step(1, clicked), Step(2, Proposal(Type(text="Ada"), "type"))]
    proposer.propose("type Ada into Name", history, _seen(None))
    assert seer.heard == [
        f"{v.INSTRUCTION}type Ada into Name{v.PREVIOUS}Step 1: click Name\nStep 2: type"
    ]


def test_every_step_is_told_back_as_it_was_learned() -> None:
    moves = [Move("Name", way=way) for way in v.CALLS] + [Move(type="Ada")]
    moves += [Move(do=line) for line in v.DEEDS]
    goal = f"Name or Ada, {', '.join(line for line in v.DEEDS)}"
    history: list[Step] = []
    tokenizer = Tokenizer(v.tokenizer())
    for number, move in enumerate(moves[:24], start=1):
        call = [v.token(v.call(move.way))] if move.click else []
        proposer, _ = _proposer([*instructions.answer(move), *call])
        made = proposer.propose(goal, history, _seen((1, 1)))
        assert isinstance(made, Proposal)
        history.append(Step(number, made))
    proposer, seer = _proposer(v.encode([v.FINISH]))
    proposer.propose(goal, history, _seen(None))
    heard = tokenizer.encode(seer.heard[0])
    assert heard == instructions.prompt(goal, moves[:24])[: len(heard)]
    assert len(heard) == len(instructions.prompt(goal, moves[:24])) - len(v.ASSISTANT)
