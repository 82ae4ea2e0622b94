"""`handrail eval grounding`: rows are checked by name, hits are counted against the boxes."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Hint, Observation, ScreenText
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.tasks.cli import main
from handrail.tasks.errors import RowError
from handrail.tasks.evaluate import print_table
from handrail.tasks.evaluate_rows import read_rows
from handrail.tasks.evaluate_score import (
    ProposerLocator,
    absence_figures,
    centre_floor,
    figures,
    random_floor,
    shoot,
)
from handrail.tasks.hint_files import write_hints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (200, 100), "white").save(tmp_path / "images" / "a.png")
    return tmp_path


def _lines(folder: Path, *rows: object) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows) + "\n")
    return file


def _row(**changed: object) -> dict[str, object]:
    row: dict[str, object] = {
        "image": "images/a.png", "instruction": "click Save", "bbox": [90, 40, 110, 60],
    }  # fmt: skip
    return row | changed


def test_hits_floors_and_groups_are_counted(folder: Path) -> None:
    file = _lines(
        folder,
        _row(data_type="text"),
        "",
        _row(bbox=[0, 0, 50.5, 20], data_type="text"),
        _row(bbox=[0, 0, 200, 100], data_type="icon"),
        _row(bbox=[150, 50, 200, 100], data_type="icon"),
    )
    rows = read_rows(file)
    actions: list[Action | str] = [
        Click(point=Point(x=109, y=59)),
        Click(point=Point(x=51, y=3)),
        Type(text="no point"),
        "this is no action",
    ]
    heard: list[tuple[int, int]] = []
    shots = shoot(rows, [ProposerLocator(Puppet(actions))], lambda *told: heard.append(told))
    assert [shot.hit for shot in shots] == [True, False, False, False]
    assert [shot.point is None for shot in shots] == [False, False, True, True]
    assert heard == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert random_floor(rows) == pytest.approx((400 + 1010 + 20000 + 2500) / 20000 / 4)
    assert centre_floor(rows) == 0.5
    found = {figure.name: figure for figure in figures(shots)}
    whole = found["point in box"]
    assert (whole.value, whole.count, whole.note) == (0.25, 4, "no answer: 2")
    assert whole.low == pytest.approx(0.0456, abs=1e-4)  # Wilson, 1 of 4
    assert whole.high == pytest.approx(0.6994, abs=1e-4)
    assert found["a click at the centre"].value == 0.5
    assert found["data_type: text"].value == 0.5
    assert found["data_type: icon"].chance == pytest.approx(0.5625)


def test_what_is_not_there_and_relations_are_counted_apart(folder: Path) -> None:
    file = _lines(
        folder,
        _row(),
        _row(bbox=[0, 0, 20, 20]),
        _row(bbox=[100, 0, 200, 100], asks="relation"),
        _row(bbox=None),
        _row(bbox=None, instruction="click Load"),
    )
    rows = read_rows(file)
    assert [row.asks for row in rows] == ["name", "name", "relation", "absence", "absence"]
    assert not rows[3].holds(100, 50)
    click, end = Click(point=Point(x=109, y=59)), Terminate(status="failure")
    shots = shoot(rows, [ProposerLocator(Puppet([click, end, click, end, click]))])
    found = {figure.name: figure for figure in figures(shots)}
    assert (found["point in box"].value, found["point in box"].count) == (0.5, 2)
    by_place = found["point in box, by relation"]
    assert (by_place.value, by_place.count, by_place.chance) == (1.0, 1, 0.5)
    # Said twice, once rightly; two of four that count were not there, one of them was missed.
    precision, recall = found["not found, precision"], found["not found, recall"]
    assert (precision.value, precision.count, precision.chance) == (0.5, 2, 0.5)
    assert (recall.value, recall.count, recall.chance) == (0.5, 2, 0.5)
    assert precision.low == pytest.approx(0.0945, abs=1e-4)  # Wilson, 1 of 2


def test_without_an_absent_target_nothing_is_said_of_absence() -> None:
    assert absence_figures([(True, False), (True, True)]) == ()
    (recall,) = absence_figures([(True, True), (False, True)])
    assert (recall.name, recall.value) == ("not found, recall", 0.0)


def test_a_screenspot_list_has_widths_and_a_pro_list_corners(folder: Path) -> None:
    spot = {"img_filename": "a.png", "instruction": "close", "bbox": [10, 20, 30, 40]}
    file = folder / "spot.json"
    file.write_text(
        json.dumps(
            [
                {**spot, "data_type": "icon", "data_source": "windows"},
                {**spot, "img_size": [200, 100], "ui_type": "text", "platform": "linux"},
            ]
        )
    )
    one, two = read_rows(file, images=folder / "images")
    assert one.box == (10, 20, 40, 60)
    assert one.groups == {"data_type": "icon", "data_source": "windows"}
    assert two.box == (10, 20, 30, 40)
    assert two.groups == {"ui_type": "text", "platform": "linux"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", r"rows\.jsonl:2: Invalid JSON"),
        ("[1]", r"rows\.jsonl:2: "),
        (_row(instruction=""), r"rows\.jsonl:2: instruction: "),
        (_row(instruction=7), r"rows\.jsonl:2: instruction: "),
        (_row(bbox=[1, 2, 3]), r"rows\.jsonl:2: bbox: "),
        (_row(bbox=["1", 2, 3, 4]), r"rows\.jsonl:2: bbox\.0: "),
        ('{"image": "x", "instruction": "y", "bbox": [1, 2, NaN, 4]}', r"rows\.jsonl:2: "),
        (_row(bbox=[90, 40, 90, 60]), r"rows\.jsonl:2: the box .* is empty or not inside"),
        (_row(bbox=[90, 40, 201, 60]), r"not inside the 200x100 image a\.png"),
        (_row(image="none.png"), r"rows\.jsonl:2: cannot read the image .*none\.png"),
        (_row(image="rows.jsonl"), r"rows\.jsonl:2: cannot read the image"),
        ({"instruction": "x", "bbox": [1, 2, 3, 4]}, r"rows\.jsonl:2: image: Field required"),
    ],
)
def test_a_bad_row_is_named(folder: Path, row: object, said: str) -> None:
    with pytest.raises(RowError, match=said):
        read_rows(_lines(folder, _row(), row))


@pytest.mark.parametrize("text", ["", "\n\n", "[]", "[1,", "[3]", "\xff"])
def test_a_file_without_usable_rows_is_refused(folder: Path, text: str) -> None:
    file = folder / "rows.jsonl"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(RowError, match=r"rows\.jsonl"):
        read_rows(file)


def test_the_command_ends_with_usage_for_a_bad_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "grounding", str(folder / "none.jsonl")]) == 2
    assert main(["eval", "grounding", str(_lines(folder, _row(bbox=[5, 5, 5, 5])))]) == 2
    assert main(["eval", "grounding", "--suite", str(folder / "none.jsonl")]) == 2
    assert main(["eval", "grounding", "--suite", "rendered", "--images", str(folder)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert "cannot read" in said[0]
    assert "rows.jsonl:1: the box" in said[1]
    assert "none.jsonl" in said[2]
    assert "a suite brings its own" in said[3]


def test_the_command_ends_with_environment_without_a_checkpoint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "grounding", str(_lines(folder, _row())), "--model", str(folder)]
    assert main(command) == 5
    assert str(folder) in capsys.readouterr().err


def test_names_from_a_file_cannot_style_the_table(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read_rows(_lines(folder, _row(role="\x1b[31mred[/red]")))
    shots = shoot(rows, [ProposerLocator(Puppet([Terminate(status="failure")]))])
    print_table("t\x1b[2J", figures(shots))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[/red]" in out


class Hearing:
    """Clicks the first control that it hears of."""

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        if not observation.hints:
            return ParseError("nothing was heard")
        return Proposal(Click(point=observation.hints[0].box.center), "click")


def test_hints_beside_the_pictures_are_heard_where_that_is_asked_for(folder: Path) -> None:
    rows = read_rows(_lines(folder, _row()))
    save = Hint("button", ScreenText("Save"), Box(left=90, top=40, right=110, bottom=60))
    with pytest.raises(RowError, match=r"a\.hints\.json"):
        shoot(rows, [ProposerLocator(Hearing())], hinted=True)
    write_hints(rows[0].image, (save,))
    assert [shot.hit for shot in shoot(rows, [ProposerLocator(Hearing())], hinted=True)] == [True]
    assert [shot.hit for shot in shoot(rows, [ProposerLocator(Hearing())])] == [False]


def test_the_command_says_which_hints_are_missing_before_it_loads_a_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _lines(folder, _row())
    assert main(["eval", "grounding", str(file), "--hints", "--model", str(folder)]) != 0
    assert "a.hints.json" in capsys.readouterr().err
    assert main(["eval", "grounding", "--suite", "rendered", "--hints"]) != 0
    assert "--hints" in capsys.readouterr().err
