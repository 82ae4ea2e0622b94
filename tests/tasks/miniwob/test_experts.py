"""Experts on the suite's own pages, through the loop and the gate; none for what is held out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Move, Press, Type
from handrail.agent.proposer import Puppet
from handrail.tasks.cli import main
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.catalogue import html_folder, load_catalogue
from handrail.tasks.miniwob.experts.moves import Aimed, after, fill, ordinal, ordinals
from handrail.tasks.miniwob.experts.player import EXPERTS, expert
from handrail.tasks.miniwob.experts.scene import Scene
from handrail.tasks.miniwob.play import Rules, play
from handrail.tasks.miniwob.stage import Stage, stage
from handrail.tasks.run_model import ModelChoice

RULES = Rules(20, ModelChoice("expert"))


@pytest.fixture(scope="module")
def suite(browser_program: Path | None) -> Iterator[Stage]:
    with stage(html_folder(), browser_program) as opened:
        yield opened


def test_there_is_an_expert_for_trainable_tasks_alone() -> None:
    without = {"drag-cube", "moving-items"}
    assert set(EXPERTS) == set(load_catalogue().trainable) - without


# Keys on a list, hovering, writing, folders, a question in between, a covered target, a drag;
# shapes and sides that are counted, a word and a colour in an editor, files, a calendar.
@pytest.mark.parametrize(
    ("task", "seed"),
    [
        ("click-scroll-list", 0),
        ("click-menu", 2),
        ("email-inbox-forward-nl", 0),
        ("navigate-tree", 1),
        ("login-user-popup", 0),
        ("click-test-2", 6),
        ("draw-line", 6),
        ("count-shape", 1000),
        ("count-sides", 1001),
        ("text-editor", 1001),
        ("terminal", 1000),
        ("use-colorwheel", 1003),
        ("book-flight-nodelay", 1003),
    ],
)
@pytest.mark.timeout(400)
def test_an_expert_earns_the_full_reward(suite: Stage, task: str, seed: int) -> None:
    one = play(suite, (task, seed), expert, RULES)
    assert one.success, one
    assert one.reward == 1.0


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("focus-text-2", "3rd input textbox"),
        ("form-sequence-2", "1st radio button"),
        ("click-collapsible", "section"),
        ("circle-center", "center of the circle"),
        ("use-autocomplete", "item"),
        ("click-test", "button"),
        ("email-inbox-important", "Fernandina"),
    ],
)
def test_what_is_clicked_is_called_as_the_instruction_calls_it(
    suite: Stage, task: str, name: str
) -> None:
    goal = suite.begin(task, 1000)
    aimed = EXPERTS[task](Scene(suite, goal, ()))
    assert isinstance(aimed, Aimed)
    assert aimed.line == f"click {name}"
    assert isinstance(aimed.action, Click)
    left, top, right, bottom = aimed.box
    assert left <= aimed.action.point.x <= right
    assert top <= aimed.action.point.y <= bottom


def test_doing_nothing_right_earns_nothing(suite: Stage) -> None:
    one = play(suite, ("enter-text", 0), lambda stage, task, seed: Puppet([]), RULES)
    assert (one.success, one.done) == (False, False)


def test_a_field_is_filled_move_by_move(suite: Stage) -> None:
    goal = suite.begin("enter-text", 0)
    suite.read("() => { document.querySelector('#tt').value = 'old'; }")

    def move(*done: Press) -> object:
        scene = Scene(suite, goal, done)
        found = fill(scene, scene.one("#tt"), "new")
        return None if found is None else found.action

    assert isinstance(move(), Click), "first the focus"
    suite.read("() => document.querySelector('#tt').focus()")
    assert move() == Press(keys=("ctrl", "a"))
    assert move(Press(keys=("ctrl", "a"))) == Press(keys=("backspace",))
    suite.read("() => { document.querySelector('#tt').value = ''; }")
    assert move() == Type(text="new")
    suite.read("() => { document.querySelector('#tt').value = 'new'; }")
    assert move() is None


def test_a_hidden_entry_is_reached_by_hovering(suite: Stage) -> None:
    goal = suite.begin("click-menu", 2)
    assert ">" in goal
    first = EXPERTS["click-menu"](Scene(suite, goal, ()))
    assert isinstance(first.action, Move)


def test_what_an_expert_does_not_know_is_said(suite: Stage) -> None:
    scene = Scene(suite, suite.begin("enter-text", 0), ())
    with pytest.raises(EpisodeLost, match="holds no #nowhere"):
        scene.one("#nowhere")
    with pytest.raises(EpisodeLost, match="does not hold 'Select '"):
        after("Choose a box", "Select ", " and")
    assert ordinals("the 2nd of 10 in the 11th row") == [2, 11]
    assert [ordinal(n) for n in (1, 2, 3, 4, 11)] == ["1st", "2nd", "3rd", "4th", "11th"]


def test_a_task_without_an_expert_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "miniwob", "--expert", "--tasks", "phone-book"]) == 2
    assert "phone-book: no expert; there are: ascending-numbers, " in capsys.readouterr().err
