"""What the pocket model reads and writes at a step beside the screen stays small."""

import pytest

from handrail.model.pocket import instructions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Move
from handrail.tasks.sites.forms import form_task
from handrail.tasks.sites.goals import PageGoal, settings_goal, signin_goal

PROMPT, ANSWER = 200, 25
SYSTEM = len(v.BEFORE_IMAGE)
POINT = (v.CALL_CLICK, v.x_text(1), v.y_text(1), "<|im_end|>")


def moves(goal: PageGoal) -> list[Move]:
    made = []
    for clause in goal.clauses:
        made.append(Move(click=clause.control.label))
        if clause.verb == "type":
            made.append(Move(type=clause.text))
    return made


@pytest.mark.parametrize("draw", [signin_goal, settings_goal, form_task])
def test_a_step_reads_200_tokens_and_writes_25_at_the_most(draw: object) -> None:
    assert callable(draw)
    for seed in range(80):
        goal = draw(seed)
        todo = moves(goal)
        for done in range(len(todo) + 1):
            prompt = instructions.prompt(goal.text, todo[:done])
            assert SYSTEM + len(prompt) <= PROMPT, goal.text
            move = todo[done] if done < len(todo) else Move()
            pointed = len(POINT) if move.click is not None else 0
            assert len(instructions.answer(move)) + pointed <= ANSWER, move
