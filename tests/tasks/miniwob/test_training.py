"""Episodes to learn from: only of what may be trained on, only with the full reward, and exact."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handrail.actuators.actions import Action, Click, Scroll, Wait
from handrail.actuators.geometry import Point
from handrail.agent.proposal import Proposal
from handrail.agent.proposer import Proposer, Puppet
from handrail.model.pocket import episodes
from handrail.model.pocket.instructions import Move
from handrail.tasks.data.__main__ import main
from handrail.tasks.errors import UsageError
from handrail.tasks.miniwob.experts.player import expert
from handrail.tasks.miniwob.play import Casting, Rules, play
from handrail.tasks.miniwob.recording import Recording
from handrail.tasks.miniwob.stage import Stage
from handrail.tasks.miniwob.training import Order, record
from handrail.tasks.run_model import ModelChoice

YES, EMPTY = Point(x=160, y=260), Point(x=300, y=400)
YES_BOX = (120, 220, 200, 300)
"""The page's button is 40 CSS pixels wide and high, at 60, 110."""


class Lines:
    """Proposes actions with lines of their own, one after the other."""

    def __init__(self, *said: tuple[Action, str]) -> None:
        self._left = [Proposal(action, line) for action, line in said]

    def propose(self, goal: str, history: object, observation: object) -> Proposal:
        return self._left.pop(0)


def cast(proposer: Proposer) -> Casting:
    return lambda stage, task, seed: proposer


def recorded(opened: Stage, *said: tuple[Action, str]) -> Recording:
    recording = Recording("rollouts")
    rules = Rules(6, ModelChoice("puppet"), listener=recording)
    one = play(opened, ("click-test", 1234), recording.casting(cast(Lines(*said))), rules)
    assert one.success
    return recording


def test_the_box_is_that_of_the_element_that_was_met(opened: Stage) -> None:
    beside = (Click(point=EMPTY), "click nothing")
    corner = (Click(point=Point(x=YES.x - 35, y=YES.y + 30)), "click yes")
    recording = recorded(opened, beside, corner)
    nothing, yes = recording.played("click-test", "Click yes. 1", "n").steps
    assert nothing.box is None or nothing.box != YES_BOX
    assert nothing.move is None
    assert (yes.box, yes.move) == (YES_BOX, Move("yes"))
    picture = np.asarray(recording.pictures()[1].convert("RGB"))
    left, top, right, bottom = YES_BOX
    inside = picture[top + 2 : bottom - 2, left + 2 : right - 2].reshape(-1, 3)
    outside = picture[top - 6 : top - 2, left:right].reshape(-1, 3)
    assert len(np.unique(outside, axis=0)) == 1
    assert not (inside == outside[0]).all(-1).any()


def test_lines_of_text_are_known(opened: Stage) -> None:
    (step,) = recorded(opened, (Click(point=YES), "click yes")).played("t", "Click yes.", "n").steps
    texts = {run.text.strip() for run in step.runs}
    assert {"yes", "no"} <= texts
    (button,) = (run for run in step.runs if run.text == "yes")
    assert YES_BOX[0] < button.box[0] < button.box[2] < YES_BOX[2]


def test_waiting_and_searching_are_no_steps_that_are_learned(opened: Stage) -> None:
    waits = (Wait(seconds=0.1), "wait")
    looks = (Scroll(point=EMPTY, dy=-20), "scroll down in list")
    recording = recorded(opened, waits, looks, (Click(point=YES), "click yes"))
    assert [step.move for step in recording.played("t", "Click yes.", "n").steps] == [Move("yes")]


@pytest.mark.timeout(400)
def test_what_earned_the_full_reward_is_kept_once(
    browser_program: Path | None, tmp_path: Path
) -> None:
    order = Order("miniwob", 1, 0, 3, tmp_path, ("click-dialog-2",), browser_program)
    assert record(order, print) == 1
    (file,) = tmp_path.glob("*.json")
    played = episodes.read(file)
    (step,) = played.steps
    assert (played.group, played.source) == ("click-dialog-2", "miniwob")
    assert step.move is not None
    assert f'"{step.move.click}"' in played.goal
    assert step.box is not None
    with Image.open(tmp_path / step.picture) as picture:
        assert 0 <= step.box[0] < step.box[2] <= picture.width
        assert 0 <= step.box[1] < step.box[3] <= picture.height
    before = {f.name: f.stat().st_mtime_ns for f in tmp_path.iterdir()}
    assert record(order, print) == 0
    assert {f.name: f.stat().st_mtime_ns for f in tmp_path.iterdir()} == before


@pytest.mark.timeout(400)
def test_of_a_models_own_what_failed_is_not_kept_and_not_tried_again(
    browser_program: Path | None, tmp_path: Path
) -> None:
    asked: list[tuple[str, int]] = []

    def casting(stage: Stage, task: str, seed: int) -> Proposer:
        asked.append((task, seed))
        return expert(stage, task, seed) if len(asked) != 2 else Puppet([])

    order = Order("rollouts", 4, 0, 5, tmp_path, ("click-dialog-2",), browser_program, most=2)
    assert record(order, print, casting) == 2
    assert len(asked) == 3, "two are enough: the fourth is not played"
    assert all(1_000 <= seed < 10_000 for _, seed in asked)
    assert len(list(tmp_path.glob("rollouts-*.json"))) == 2
    assert len(list(tmp_path.glob("*.none"))) == 1
    assert record(order, print, casting) == 0
    assert len(asked) == 3


@pytest.mark.parametrize("source", ["miniwob", "rollouts"])
@pytest.mark.parametrize(
    ("task", "why"),
    [("phone-book", "held out"), ("click-color", "kept for the final examination")],
)
def test_no_other_task_is_opened(
    source: str, task: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--source", source, "--tasks", f"click-test,{task}", "--out", str(tmp_path)]
    assert main(given) == 2
    assert f"{task} may not be trained on: it is {why}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_task_without_an_expert_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^moving-items: no expert; there are: ascending"):
        record(Order("miniwob", 1, 0, 1, tmp_path, ("moving-items",)), print)
