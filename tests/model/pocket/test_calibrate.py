"""The calibration is fitted as Platt says, on screens apart from those it is judged by."""

import json
import random
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handrail.model.grounding import Pointed
from handrail.model.pocket import calibrate, logistic, trial
from handrail.model.pocket.export import export
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.trial import Answer, Trial
from handrail.model.tile_format import FILE, load_format

WEIGHTS = np.array([-0.5, 1.5, 0.7])


def drawn(count: int, seed: int = 1) -> tuple[logistic.Floats, logistic.Truths]:
    """Return signals, and truths that follow WEIGHTS; both kinds are about as frequent."""
    rng = np.random.default_rng(seed)
    signals = rng.normal(size=(count, 2)) * [2, 3] + [1 / 3, 0]
    return signals, rng.random(count) < logistic.chances(signals, WEIGHTS)


def told(count: int, screens: int = 10) -> list[Answer]:
    signals, truths = drawn(count)
    return [
        Answer(f"drawn {i % screens}", "drawn", bool(t), bool(t), float(s[0]), float(s[1]))
        for i, (s, t) in enumerate(zip(signals, truths, strict=True))
    ]


def test_the_weights_that_made_the_truths_are_found_again() -> None:
    signals, truths = drawn(40_000)
    assert logistic.fitted(signals, truths) == pytest.approx(WEIGHTS, abs=0.06)
    chances = logistic.chances(signals, logistic.fitted(signals, truths))
    likely = (chances > 0.7) & (chances < 0.8)
    assert truths[likely].mean() == pytest.approx(0.75, abs=0.03)


def test_both_kinds_count_alike_however_many_there_are() -> None:
    signals, truths = drawn(40_000)
    kept = truths | (np.arange(len(truths)) % 10 == 0)
    rare = logistic.fitted(signals[kept], truths[kept])
    assert rare == pytest.approx(logistic.fitted(signals, truths), abs=0.15)


def test_what_is_told_apart_perfectly_stays_finite() -> None:
    signals = np.array([[-2.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    truths = np.array([False, False, True, True])
    weights = logistic.fitted(signals, truths)
    assert np.isfinite(weights).all()
    assert 0 < weights[1] < 10
    with pytest.raises(ValueError, match="both kinds"):
        logistic.fitted(signals, np.ones(4, np.bool_))


def test_area_and_loss_are_what_counting_gives() -> None:
    scores, truths = np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False])
    pairs = [(0.9, 0.4, 1), (0.9, 0.1, 1), (0.4, 0.4, 0.5), (0.4, 0.1, 1)]
    assert logistic.area(scores, truths) == sum(p[2] for p in pairs) / 4
    wanted = -np.log([0.9, 0.4, 0.6, 0.9]).mean()
    assert logistic.loss(scores, truths) == pytest.approx(wanted)
    assert np.isnan(logistic.area(scores, np.ones(4, np.bool_)))


def test_no_screen_is_judged_by_its_own_answers() -> None:
    answers = told(400)
    own = [answer.screen == "drawn 3" for answer in answers]
    turned = [
        replace(answer, there=not answer.there) if mine else answer
        for answer, mine in zip(answers, own, strict=True)
    ]
    before, after = calibrate.apart(answers), calibrate.apart(turned)
    assert (before[own] == after[own]).all()
    assert (before[np.invert(own)] != after[np.invert(own)]).any()
    assert any("chance: area" in line for line in calibrate.lines(answers))


def test_names_that_are_asked_for_are_there_alone_or_nowhere() -> None:
    before = ["Quite another", "Zebra crossing"]
    for number, canvas, image in trial.drawn_screens(3, seed=5):
        assert image.size in {(1024, 768), (1280, 800)}
        asked = trial.questions(canvas, before, random.Random(number))
        names = [element.name.casefold() for element in canvas.elements]
        written = " ".join(run.text for run in canvas.runs).casefold()
        assert {question.box is None for question in asked} == {True, False}
        for question in asked:
            if question.box is None:
                assert question.name.casefold() not in written
            else:
                assert names.count(question.name.casefold()) == 1


class Counting:
    """Finds everything in the middle, and counts how often it is asked."""

    asked = 0

    def point(self, image: Image.Image, phrase: str) -> Pointed:
        self.asked += 1
        return Pointed(0.5, 0.5, 1.0, -1.0, gaze=2.0)


def test_what_was_answered_before_a_stop_is_not_asked_again(tmp_path: Path) -> None:
    counting = Counting()
    work = Trial(counting.point, 5, tmp_path / "kept" / "answers.jsonl")
    first = work.answers(trial.drawn_screens(1, 5))
    asked = counting.asked
    both = work.answers(trial.drawn_screens(2, 5))
    assert len(first) == asked
    assert both[:asked] == first
    assert counting.asked == len(both)
    assert {answer.gaze for answer in both} == {2.0}


def test_the_command_writes_a_chance_and_leaves_the_rest_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape, folder = Shape(64, 4, 128, 4), tmp_path / "weights"
    export(TrainingNetwork(build(shape, seed=3)), folder, shape)
    before = json.loads((folder / FILE).read_text())
    kept = calibrate.answers_file(folder, tmp_path, seed=3)
    kept.write_text("".join(json.dumps(asdict(answer)) + "\n" for answer in told(200)))
    given = ["--photographs", str(tmp_path), "--screens", "1", "--seed", "3"]
    assert calibrate.main([str(folder), *given]) == 0
    after = json.loads((folder / FILE).read_text())
    found = load_format(folder)
    assert found is not None
    assert found.calibration is not None
    assert after == before | {"calibration": found.calibration.model_dump()}
    assert found.calibration.odds == pytest.approx(WEIGHTS[1], abs=0.6)
    assert "not found, precision" in capsys.readouterr().out
