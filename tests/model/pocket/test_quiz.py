"""The examination while learning: the same questions every time, and answers that are judged."""

import random

import pytest
import torch

from handrail.model.pocket import states, train
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.quiz import Quiz
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.states import HEADS

_TILES = 3


@pytest.fixture(scope="module")
def shipped() -> TrainingNetwork:
    net = TrainingNetwork(build(Shape(), 0))
    states.load(net, HEADS.parent / "weights")
    return net


def test_what_was_learned_is_right_and_what_was_not_is_wrong(shipped: TrainingNetwork) -> None:
    fresh, quiz = TrainingNetwork(build(Shape(), 0)), Quiz(train.STAGES["tiles"], _TILES)
    known, unknown = quiz.examine(shipped), quiz.examine(fresh)
    assert {name: tally.of for name, tally in known.items()} == {
        name: tally.of for name, tally in unknown.items()
    }
    assert set(known) == {"read", "named", "found", "refused", "planned"}, "as the stage teaches"
    for name in ("named", "planned"):
        assert known[name].of > 20
        assert known[name].right > 0.7 * known[name].of > 0.1 * known[name].of > unknown[name].right
    assert known["refused"].right > 0.5 * known["refused"].of
    assert known["read"].right > 10 * unknown["read"].right


def test_questions_hang_on_nothing_and_change_nothing(shipped: TrainingNetwork) -> None:
    def states_of_chance() -> tuple[object, bytes]:
        return random.getstate(), torch.get_rng_state().numpy().tobytes()

    marks = []
    before = {name: weight.clone() for name, weight in shipped.state_dict().items()}
    for seed in (1, 2):
        random.seed(seed)
        torch.manual_seed(seed)
        chance = states_of_chance()
        marks.append(Quiz(train.STAGES["small"], _TILES).examine(shipped))
        assert states_of_chance() == chance
    assert marks[0] == marks[1]
    assert all(weight.equal(before[name]) for name, weight in shipped.state_dict().items())
    assert all(weight.grad is None for weight in shipped.parameters())


def test_more_tiles_ask_the_same_and_more(shipped: TrainingNetwork) -> None:
    few, many = (Quiz(train.STAGES["read"], count).examine(shipped) for count in (2, 4))
    assert set(few) == set(many) == {"read"}, "a stage that only reads is asked nothing else"
    assert few["read"].of < many["read"].of
    assert few["read"].right <= many["read"].right


def test_the_last_stage_is_asked_for_phrases_answers_and_other_actions(
    shipped: TrainingNetwork,
) -> None:
    marks = Quiz(train.STAGES["acts"], 6).examine(shipped)
    assert {"phrased", "answered", "acted"} < set(marks)
    assert marks["named"].right > 0.3 * marks["named"].of
    assert marks["planned"].right > 0.7 * marks["planned"].of
