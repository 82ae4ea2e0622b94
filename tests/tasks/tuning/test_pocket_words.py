"""Every action that the pocket model can ask for has words, and no other."""

from pathlib import Path

import pytest

from handrail.actuators.actions import (
    Action,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.geometry import Point
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Move as Said
from handrail.model.tile_format import load_format
from handrail.tasks.tuning.example import Done, Example
from handrail.tasks.tuning.pocket_lessons import lessons_of
from handrail.tasks.tuning.pocket_words import EVERYTHING, Speech, move_of, speech_of
from tests.model.pocket.earlier import EARLIER, earlier_tokenizer
from tests.tasks.tuning.worlds import write_picture, write_tiny

AT = Point(x=40, y=50)
GOAL = 'open Report.txt, answer with "see you" and submit the form'
SHIPPED = Path(v.__file__).parent / "weights"


def said(action: Action, line: str = "", goal: str = GOAL, speech: Speech = EVERYTHING) -> object:
    return move_of(Done(action, line), goal, speech)


@pytest.mark.parametrize(
    ("action", "line", "move"),
    [
        (Click(point=AT), "click Report.txt", Said("Report.txt")),
        (
            Click(point=AT, count=2),
            "double-click Report.txt",
            Said("Report.txt", way="double-click"),
        ),
        (Click(point=AT, button="right"), "right-click form", Said("form", way="right-click")),
        (Scroll(point=AT, dy=-90), "scroll down in form", Said("form", way="scroll down in")),
        (Scroll(point=AT, dy=90), "scroll up in form", Said("form", way="scroll up in")),
        (Move(point=AT), "move to Report.txt", Said("Report.txt", way="move to")),
        (Drag(end=AT), "drag to form", Said("form", way="drag to")),
        (Scroll(dy=-90), "", Said(do="scroll down")),
        (Scroll(dy=5), "", Said(do="scroll up")),
        (Press(keys=("enter",)), "", Said(do="press enter")),
        (Press(keys=("return",)), "", Said(do="press enter")),
        (Press(keys=("ctrl", "a")), "", Said(do="press ctrl+a")),
        (Wait(seconds=0.3), "", Said(do="wait")),
        (Type(text="see you"), "", Said(type="see you")),
        (Terminate(status="success"), "", Said()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_action_is_a_move(action: Action, line: str, move: Said) -> None:
    assert said(action, line) == move


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("click Submit", "submit"),  # as the instruction spells it
        ("click send", "Send"),  # as the list of buttons does, where it does not
        ("click the form", "the form"),
        ("click For", ""),
        ("click Delete", ""),
        ("press Submit", ""),
    ],
)
def test_a_name_is_the_instructions_or_a_known_buttons(line: str, name: str) -> None:
    found = said(Click(point=AT), line)
    assert found == Said(name) if name else "names nothing" in str(found)


@pytest.mark.parametrize(
    "action",
    [
        Click(point=AT, count=3),
        Click(point=AT, button="middle"),
        Scroll(point=AT, dx=40),
        Scroll(dx=40),
        Drag(start=AT, end=AT),
        Press(keys=("ctrl", "alt", "t")),
        Terminate(status="failure"),
    ],
    ids=lambda action: action.kind,
)
def test_what_the_model_does_not_do_has_no_words(action: Action) -> None:
    assert f"no words for this action ({action.kind})" in str(said(action, GOAL))


def test_what_is_typed_stands_in_the_instruction() -> None:
    assert "only words of the instruction" in str(said(Type(text="Submitted")))
    assert "only words of the instruction" in str(said(Type(text="Send")))


def test_a_secret_is_spoken_of_by_its_stand_in() -> None:
    goal = "type {{secret:PIN}} into Pin"
    assert said(Type(text="{{secret:PIN}}"), goal=goal) == Said(type="Secret1")


def test_an_earlier_checkpoint_clicks_and_types_and_knows_no_other_words(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    earlier_tokenizer().save(str(tmp_path / "tokenizer.json"))
    speech = speech_of(tmp_path, EARLIER)
    assert speech == Speech(frozenset({"click"}), frozenset(), ())
    assert "no words" in str(said(Press(keys=("enter",)), speech=speech))
    assert "no words" in str(said(Click(point=AT, count=2), "double-click form", speech=speech))
    assert "names nothing" in str(said(Click(point=AT), "click Send", speech=speech))


def test_the_one_that_ships_knows_all() -> None:
    form = load_format(SHIPPED)
    assert form is not None
    assert speech_of(SHIPPED, form) == EVERYTHING


def test_what_is_done_at_a_place_is_looked_for_there(tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "0.png", 0)
    line = "double-click Report.txt"
    one = Example("here", picture, (300, 200), GOAL, Click(point=AT, count=2), "g", "e", line=line)
    rows, left_out = lessons_of([one], EVERYTHING)
    assert left_out == ()
    (look,) = rows.looks
    assert (look.name, look.way) == ("Report.txt", "double-click")
    assert look.box == (24, 40, 56, 60)
    (episode,) = rows.episodes
    assert episode.moves == (Said("Report.txt", way="double-click"),)
