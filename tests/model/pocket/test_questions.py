"""Questions ask what their words say, stand last in an instruction, and split as ever."""

import random

import pytest
from tokenizers import Tokenizer

from handrail.actuators.actions import Answer
from handrail.actuators.geometry import ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import Proposal
from handrail.model.pocket import instructions, plans, questions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Goal, Move
from tests.model.pocket.earlier import earlier_tokenizer

DRAWN = [questions.clause(random.Random(seed)) for seed in range(800)]


def _goals(count: int) -> list[Goal]:
    return [plans.goal(random.Random(seed), 0.4, 1.0) for seed in range(count)]


def test_every_question_is_asked_in_the_words_of_its_clause() -> None:
    assert {clause.moves[0].way for clause in DRAWN} == set(v.ASKS)
    for clause in DRAWN:
        (move,), (begin,) = clause.moves, clause.begins
        assert move.asks
        assert move.click
        assert clause.text[begin:].startswith(move.click)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("what is the Total?", "read"),
        ("read Total", "read"),
        ("tell me what is in Total", "read"),
        ("what does Total say?", "read"),
        ("is there a Total?", "see whether there is"),
        ("is Total ticked?", "see whether it is checked:"),
        ("is Total off?", "see whether it is unchecked:"),
        ("is Total enabled?", "see whether it is enabled:"),
        ("is Total greyed out?", "see whether it is disabled:"),
    ],
)
def test_people_ask_in_these_words_too(text: str, question: v.Question) -> None:
    said = {questions.asked(random.Random(seed), question, "Total").text for seed in range(900)}
    assert text in said


def test_no_button_is_called_a_link_and_no_name_has_two_articles() -> None:
    for seed in range(300):
        rng = random.Random(seed)
        there = questions.asked(rng, "see whether there is", "Save", "button").text
        assert "Save link" not in there
        placed = questions.asked(rng, "read", "the second button", "button").text
        assert "the the" not in placed
        assert " a Edit" not in questions.asked(rng, "see whether there is", "Edit").text


def test_a_question_is_the_last_clause_and_no_history_tells_of_it() -> None:
    for goal in _goals(60):
        assert goal.moves[-1].asks
        assert not any(move.asks for move in goal.told)
        assert goal.told == goal.moves[:-1]
        assert not goal.text.endswith("?.")


def test_instructions_without_questions_are_drawn_as_before() -> None:
    for seed in range(40):
        mine, theirs = random.Random(seed), random.Random(seed)
        assert plans.goal(mine, 0.4, 0.0) == plans.goal(theirs, 0.4)
        assert mine.random() == theirs.random()


@pytest.mark.parametrize("tokenizer", [v.tokenizer(), earlier_tokenizer()])
def test_questions_are_split_alike_by_checkpoints_that_know_none(tokenizer: Tokenizer) -> None:
    for goal in _goals(60):
        lines = [f"{m.way} {m.click}" if m.click else m.do or "type" for m in goal.told]
        steps = [f"Step {i}: {line}" for i, line in enumerate(lines, start=1)]
        history = v.PREVIOUS + "\n".join(steps) if steps else v.NONE
        text = v.INSTRUCTION + goal.text + history + "<|im_end|>\n<|im_start|>assistant\n"
        encoded = tokenizer.encode(text, add_special_tokens=False).ids
        assert encoded == instructions.prompt(goal.text, goal.told), goal.text


def test_a_plan_ends_with_the_question_and_never_says_that_all_is_done() -> None:
    for goal in _goals(40):
        plan = plans.laid_out(goal)
        assert max(plan.turn) == len(goal.moves)
        assert v.token(v.FINISH) not in plan.labels
        last = len(plan.ids) - 1
        asked = instructions.answer(goal.moves[-1])
        rows = [
            *range(plan.until[last]),
            *(i for i, t in enumerate(plan.turn) if t == len(goal.moves)),
        ]
        assert [plan.ids[i] for i in rows][5:] == [
            *instructions.prompt(goal.text, goal.told),
            *asked,
        ]
        assert plan.labels[last] == v.token(v.call(goal.moves[-1].way))
        assert plan.weights[last] == plans.CHOICE


def test_where_a_question_names_something_is_shown() -> None:
    goal = Goal("is Save greyed out?", (Move("Save", way="see whether it is disabled:"),), (3,))
    plan = plans.laid_out(goal)
    named = plan.ids.index(ord("S"), plan.ids.index(v.token(v.INSTRUCTION)))
    assert {source for _, source in plan.quoted} >= set(range(named, named + len("Save")))


@pytest.mark.parametrize(("call", "text"), [(v.YES, "yes"), (v.NO, "no")])
def test_yes_and_no_are_answers_in_the_computer_use_format(call: str, text: str) -> None:
    move = Move("Save", way="see whether there is")
    said = v.tokenizer().decode([*instructions.answer(move), v.token(call)])
    made = parse(said, ScreenGeometry(width=10, height=10))
    assert isinstance(made, Proposal)
    assert (made.action, made.line) == (Answer(text=text), "see whether there is Save")


def test_what_is_read_stands_between_the_answers_two_tokens() -> None:
    ids = [*instructions.answer(Move("Total", way="read")), v.token(v.CALL_ANSWER)]
    ids += [*b"type 42 EUR", v.token(v.END_TYPE)]
    made = parse(v.tokenizer().decode(ids), ScreenGeometry(width=10, height=10))
    assert isinstance(made, Proposal)
    assert (made.action, made.line) == (Answer(text="type 42 EUR"), "read Total")
