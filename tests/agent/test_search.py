"""What is not in view is searched for: under pop-ups, further down, and up, but not for ever."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from PIL import Image, ImageDraw

from handrail.actuators.actions import Click, Scroll, Terminate
from handrail.actuators.fake import Button, Caption, Panel
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Observation
from handrail.agent import search
from handrail.agent.budget import Budget
from handrail.agent.finder import Finder, Sought
from handrail.agent.history import Step
from handrail.agent.patience import Habits
from handrail.agent.proposal import ParseError, Proposal, Usage
from handrail.agent.result import Result
from handrail.agent.search import quiet_place, taken
from handrail.model.grounding import Pointed
from handrail.model.pocket.export import form
from handrail.model.tile_format import TileFormat
from handrail.model.tile_grounder import Look, TileGrounder
from tests.agent.stage import Stage

CLOSING = "close the pop-up"
FORM = TileFormat.model_validate(form()).model_copy(update={"closing": CLOSING})
SAVE = FORM.pointings[0]
HIGH = 400
"""The fake screen's height in pixels."""


class Eyes:
    """Stands in for the grounder: sees a stage's buttons as they lie, some only dimly."""

    def __init__(self, stage: Stage, dim: float | None = None) -> None:
        self._stage, self._dim = stage, dim
        self.asked: list[str] = []

    def look(self, image: Image.Image, text: str, said: str, named: object = ()) -> Look:
        name = said.removeprefix(FORM.think)
        self.asked.append(name)
        return Look(self._found(name), 1)

    def _found(self, name: str) -> Pointed:
        screen = self._stage.screen
        over = [w for w in screen.widgets if isinstance(w, Panel)]
        for widget in screen.widgets:
            box = widget.element(screen.scrolled).box
            middle = box.center if box.top >= 0 else None
            known = {"No thanks": CLOSING}.get(widget.name, widget.name)
            if known != name or middle is None or not screen.geometry.contains(middle):
                continue
            if over and widget.name != "No thanks":
                continue
            odds = 3.0 if self._dim is None else self._dim
            return Pointed(middle.x / 640, middle.y / HIGH, odds, -1.0)
        return Pointed(0.5, 0.5, -8.0, -9.0)


class Seeker:
    """A proposer that clicks Save until it was pressed, wherever it is."""

    def __init__(self, stage: Stage, eyes: Eyes) -> None:
        self._stage = stage
        self._finder = Finder(cast(TileGrounder, eyes), FORM)

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        if self._stage.button.presses:
            return Proposal(Terminate(status="success"), "finish")
        done = taken(history, "Save")
        sought = Sought("click Save", f"{FORM.think}Save", SAVE, done, Usage())
        return self._finder.find(sought, observation)


def _long(folder: Path, top: int, height: int = 2000) -> Stage:
    """Return a stage whose content is higher than its screen, with the button at ``top``."""
    stage = Stage(folder)
    stage.screen.content_height = height
    stage.button.box = Box(left=20, top=top, right=120, bottom=top + 30)
    stage.screen.widgets += [
        Caption(f"Line {y}", Box(left=300, top=y, right=500, bottom=y + 20))
        for y in range(0, min(height, 6000), 100)
    ]
    return stage


def _search(stage: Stage, dim: float | None = None) -> tuple[Result, list[str]]:
    seeker = Seeker(stage, Eyes(stage, dim))
    result = stage.agent(seeker, Habits(Budget(steps=40))).run("click Save")
    steps = [s.reply for s in stage.heard.steps]
    return result, [reply.line for reply in steps if isinstance(reply, Proposal)]


def test_what_is_in_view_is_not_searched_for(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70)
    result, lines = _search(stage)
    assert (result.kind, stage.button.presses) == ("success", 1)
    assert lines == ["click Save", "finish"]


def test_what_lies_further_down_is_scrolled_to(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=900)
    result, lines = _search(stage)
    assert (result.kind, stage.button.presses) == ("success", 1)
    assert lines == [*["look for Save: scroll down"] * 2, "click Save", "finish"]
    first = stage.screen.performed[0]
    assert isinstance(first, Scroll)
    assert first.dy == -round(HIGH * search.SHARE)


def test_what_lies_further_up_is_found_after_the_end(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=40, height=1000)
    stage.screen.scrolled = 300
    result, lines = _search(stage)
    assert (result.kind, stage.button.presses) == ("success", 1)
    # The last way down and the first way up show that there is no more, and what was before.
    assert lines[:2] == ["look for Save: scroll down"] * 2
    assert lines[2].endswith("scroll up")
    assert stage.screen.scrolled < 70


def test_what_is_nowhere_ends_the_run_as_failed(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=1000)
    stage.button.name = "Other"
    result, lines = _search(stage)
    assert result.kind == "failed"
    assert stage.button.presses == 0
    assert lines[-1] == "click Save"
    assert isinstance(stage.heard.steps[-1].reply, Proposal)
    assert stage.heard.steps[-1].reply.action == Terminate(status="failure")
    assert stage.screen.scrolled == 0, "it was looked for from the lowest to the highest place"


def test_a_page_without_an_end_is_not_scrolled_for_ever(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=1_000_000)
    stage.button.name = "Other"
    result, lines = _search(stage)
    assert result.kind == "failed"
    assert lines.count("look for Save: scroll down") == search.MOST_SCREENS


def test_a_dim_find_is_gone_back_to_after_a_search_in_vain(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=900, height=2000)
    result, lines = _search(stage, dim=-1.0)
    assert (result.kind, stage.button.presses) == ("success", 1)
    scrolled = stage.screen.scrolled
    assert scrolled <= 900 < scrolled + HIGH
    assert lines.index("click Save") > 2 * lines.index("look for Save: scroll up") - 1


def test_a_hopeless_find_is_not_clicked(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=400)
    result, _ = _search(stage, dim=-6.0)
    assert (result.kind, stage.button.presses) == ("failed", 0)


def test_a_pop_up_is_closed_and_what_lay_under_it_clicked(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=400)
    screen = stage.screen
    panel = Panel("Cookies", Box(left=0, top=50, right=400, bottom=300))

    def close() -> None:
        screen.widgets = [w for w in screen.widgets if w not in (panel, button)]

    button = Button("No thanks", Box(left=200, top=200, right=300, bottom=230), on_press=close)
    screen.widgets += [panel, button]
    result, lines = _search(stage)
    assert (result.kind, stage.button.presses, button.presses) == ("success", 1, 1)
    assert lines == ["look for Save: close what lies over it", "click Save", "finish"]


def test_a_pop_up_that_does_not_close_is_left(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=400)
    button = Button("No thanks", Box(left=200, top=200, right=300, bottom=230))
    panel = Panel("Cookies", Box(left=0, top=50, right=400, bottom=300))
    stage.screen.widgets += [panel, button]
    result, _ = _search(stage)
    assert result.kind == "failed"
    assert button.presses == 1


def test_without_a_phrase_for_it_nothing_is_closed(tmp_path: Path) -> None:
    stage = _long(tmp_path, top=70, height=400)
    stage.screen.widgets += [Panel("Over", Box(left=0, top=50, right=400, bottom=300))]
    eyes = Eyes(stage)
    finder = Finder(cast(TileGrounder, eyes), FORM.model_copy(update={"closing": ""}))
    sought = Sought("click Save", f"{FORM.think}Save", SAVE, (), Usage())
    made = finder.find(sought, stage.screen.observe())
    assert isinstance(made, Proposal)
    assert made.line == "look for Save: scroll down"
    assert eyes.asked == ["Save"]


def test_the_steps_of_another_search_are_another_search() -> None:
    click = Step(1, Proposal(Click.model_validate({"point": {"x": 1, "y": 1}}), "click Name"))
    other = Step(2, Proposal(Scroll(dy=-5), search.line("down", "Name")))
    mine = Step(3, Proposal(Scroll(dy=-5), search.line("down", "Save\n as")))
    assert taken([click, other], "Save") == []
    assert [one.way for one in taken([other, mine], "Save as")] == ["down"]
    assert [search.is_search(step) for step in (click, other, mine)] == [False, True, True]


@pytest.mark.parametrize("size", [(640, 400), (1280, 800), (50, 30)])
def test_the_wheel_turns_over_plain_ground(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle(
        (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4), "black"
    )
    ImageDraw.Draw(picture).line((0, 0, *size), "red", 3)
    x, y = quiet_place(picture)
    middle = round(x * size[0]), round(y * size[1])
    around = (middle[0] - 40, middle[1] - 20, middle[0] + 40, middle[1] + 20)
    if size[0] > 100:
        assert len(picture.crop(around).getcolors() or ()) == 1
    assert 0 < x < 1
    assert 0 < y < 1


def test_where_everything_is_drawn_on_the_wheel_turns_in_the_middle() -> None:
    noise = Image.effect_noise((640, 400), 100).convert("RGB")
    assert quiet_place(noise) == (0.5, 0.5)
