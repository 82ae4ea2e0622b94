"""A plan teaches every step of an instruction, each as the engine is asked for it."""

import random

import numpy as np
import torch

from handrail.model.pocket import buttons, instructions, lessons, network, plans
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Goal, Move
from handrail.model.pocket.lessons import Lesson
from handrail.model.pocket.plans import Plan
from handrail.model.pocket.queries import IGNORE, QueryMix
from handrail.model.pocket.shape import Shape

_BEGINS = (*v.THINKS.values(), v.CALL_TYPE)


def _goals(seed: int, count: int) -> list[Goal]:
    """Draw instructions: the first half of clicks and typing alone, the others of all there is."""
    rng = random.Random(seed)
    return [plans.goal(rng, 0.0 if i < count // 2 else 0.5) for i in range(count)]


def _turn(plan: Plan, turn: int) -> list[int]:
    """Return the rows that the last token of a turn sees, itself included."""
    last = max(i for i, t in enumerate(plan.turn) if t == turn)
    trunk = range(plan.until[last])
    return [*trunk, *(i for i, t in enumerate(plan.turn) if t == turn)]


def test_each_turn_is_a_whole_conversation_as_the_engine_sees_it() -> None:
    system = v.encode(v.BEFORE_IMAGE)[:-1]
    for goal in _goals(1, 40):
        plan = plans.laid_out(goal)
        for step in range(len(goal.moves) + 1):
            rows = _turn(plan, step + 1)
            move = goal.moves[step] if step < len(goal.moves) else Move()
            asked = instructions.prompt(goal.text, goal.moves[:step])
            assert [plan.ids[i] for i in rows] == system + asked + instructions.answer(move)
            assert [plan.positions[i] for i in rows] == list(range(len(rows)))


def test_what_is_to_be_said_is_what_comes_next() -> None:
    for goal in _goals(2, 40):
        plan = plans.laid_out(goal)
        for step in range(len(goal.moves) + 1):
            rows = _turn(plan, step + 1)
            begins = len(instructions.prompt(goal.text, goal.moves[:step])) + 5
            said = [plan.labels[i] for i in rows[begins - 1 : -1]]
            assert said == [plan.ids[i] for i in rows[begins:]]
            named = step < len(goal.moves) and goal.moves[step].click is not None
            call = v.token(v.call(goal.moves[step].way)) if named else IGNORE
            assert plan.labels[rows[-1]] == call


def test_the_steps_that_were_done_are_learned_but_not_how_many() -> None:
    for goal in _goals(3, 40):
        plan = plans.laid_out(goal)
        end = plan.turn.count(0)
        learned = [i for i in range(end) if plan.labels[i] != IGNORE]
        assert all(plan.labels[i] == plan.ids[i + 1] for i in learned)
        steps = {v.token(s) for s in v.STEPS}
        assert not any(plan.labels[i] in {10, *steps} for i in learned)
        assert len(learned) == sum(len(instructions.step(m)) for m in goal.moves)


def test_quotations_stand_in_the_instruction() -> None:
    for goal in _goals(4, 60):
        plan = plans.laid_out(goal)
        end = plan.ids.index(v.token(v.PREVIOUS))
        nothing_left = plan.ids.index(v.token(v.INSTRUCTION))
        sources = dict(plan.quoted)
        assert len(sources) == len(plan.quoted)
        copied = 0
        for row, source in plan.quoted:
            assert nothing_left <= source <= end
            literal = plan.labels[row] < v.BYTES and plan.ids[row] not in {
                v.token(s) for s in v.STEPS
            }
            if literal:
                assert plan.ids[source] == plan.labels[row]
                copied += 1
        steps = zip(goal.moves, goal.begins, strict=True)
        assert copied or all(move.do or at == instructions.NOWHERE for move, at in steps)
        done = _turn(plan, len(goal.moves) + 1)
        assert sources[done[-3]] == nothing_left


def test_what_chooses_a_step_counts_more_than_what_copies_it() -> None:
    for goal in _goals(5, 30):
        plan = plans.laid_out(goal)
        for i, label in enumerate(plan.labels):
            opens = label in {v.token(t) for t in (*_BEGINS, *v.DEEDS.values(), v.FINISH)}
            if opens or plan.ids[i] in {v.token(t) for t in _BEGINS}:
                assert plan.weights[i] == plans.CHOICE


def test_packed_plans_see_their_own_trunk_and_turn_only() -> None:
    first, second = (plans.laid_out(goal) for goal in _goals(6, 2))
    packed = plans.pack([[first, second]])
    mask = network.allowed(packed)[0, 0]
    at = len(first.ids)
    assert packed.ids[0].tolist() == [*first.ids, *second.ids]
    for turn in range(1, max(second.turn) + 1):
        rows = _turn(second, turn)
        seen = torch.nonzero(mask[at + rows[-1]])[:, 0].tolist()
        assert seen == [at + row for row in rows]
    assert all(packed.ids[b, s] >= 0 for b, _, s in packed.quoted)
    assert np.array_equal(packed.labels[0], [*first.labels, *second.labels])


def test_rows_of_any_length_are_read_as_each_alone() -> None:
    """Rows are computed without padding: what is longer beside one changes nothing."""
    net = network.TrainingNetwork(network.build(Shape(), 1))
    drawn = sorted((plans.laid_out(goal) for goal in _goals(8, 3)), key=lambda p: len(p.ids))
    lengths = [len(plan.ids) for plan in drawn]
    assert lengths[0] < lengths[-1]
    with torch.no_grad():
        together = net.read(None, plans.pack([[plan] for plan in drawn]))
        quoted = 0
        for b, plan in enumerate(drawn):
            alone = net.read(None, plans.pack([[plan]]))
            torch.testing.assert_close(
                together.hidden[b, : lengths[b]], alone.hidden[0], rtol=1e-4, atol=1e-5
            )
            assert not together.hidden[b, lengths[b] :].any()
            rows = together.quoting[quoted : quoted + len(plan.quoted), : lengths[b]]
            torch.testing.assert_close(rows, alone.quoting, rtol=1e-4, atol=1e-4)
            quoted += len(plan.quoted)


def test_of_two_plans_in_a_row_the_longest_is_beside_the_shortest() -> None:
    lesson = Lesson((256, 192), 1, 1.0, QueryMix(2, 0, 0), plans=16)
    made = lessons.batch(lesson, random.Random(7))
    assert made.plans is not None
    lengths = [(made.plans.owner == owner).sum(1).tolist() for owner in (0, 1)]
    assert len(lengths[0]) == 8
    assert lengths[0] == sorted(lengths[0])
    assert lengths[1] == sorted(lengths[1], reverse=True)
    assert 0 < lengths[0][0] <= lengths[0][-1] <= lengths[1][-1]


def test_every_step_is_said_in_the_words_of_the_instruction() -> None:
    for goal in _goals(9, 200):
        for move, begin in zip(goal.moves, goal.begins, strict=True):
            if begin == instructions.NOWHERE:
                assert move.click in buttons.NAMES
            else:
                assert goal.text[begin:].startswith(move.click or move.type or "")


def test_a_name_in_the_history_is_quoted_whatever_was_done_there() -> None:
    name, before = "Report", "double-"
    move = Move(name, way="double-click")
    plan = plans.laid_out(Goal(f"double click {name}", (move,), (13,)))
    step = plan.ids.index(v.token(v.STEPS[0]))
    named = plan.ids.index(ord("R"))
    said = step + 1 + len(before)  # where "click " is, after which the name follows
    assert plan.ids[said] == v.token("click ")
    wanted = {(step, named), *((said + i, named + i) for i in range(len(name)))}
    assert wanted == {(row, at) for row, at in plan.quoted if row < plan.turn.count(0)}


def test_a_key_is_chosen_where_the_instruction_names_it() -> None:
    plan = plans.laid_out(Goal("hit Ctrl+S", (Move(do="press ctrl+s"),), (4,)))
    (row,) = (i for i, t in enumerate(plan.labels) if t == v.token(v.DEEDS["press ctrl+s"]))
    assert [bytes([plan.ids[at]]) for i, at in plan.quoted if i == row] == [b"C"]
    assert plan.weights[row] == plans.CHOICE


def test_a_name_is_quoted_from_where_it_stands_behind_letters_of_two_bytes() -> None:
    text = "type Zoë into Größe, then click Übernehmen"
    names = ("Größe", "Zoë", "Übernehmen")
    moves = (Move(names[0]), Move(type=names[1]), Move(names[2]))
    plan = plans.laid_out(Goal(text, moves, tuple(text.index(name) for name in names)))
    said = {source for _, source in plan.quoted}
    for name in names:
        letters = [*name.encode()]
        assert any(plan.ids[i : i + len(letters)] == letters for i in said), name
