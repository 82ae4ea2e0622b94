"""The desktop suite: which elements of a tree are asked for, and what else is said."""

import json
from pathlib import Path

import pytest
from PIL import Image

from handrail.tasks.cli import main
from handrail.tasks.cli_output import tell
from handrail.tasks.errors import PackagesMissing
from handrail.tasks.suites.desktop import ROWS, collected
from handrail.tasks.suites.desktop_shots import (
    HEIGHT,
    WIDTH,
    Node,
    controls_of,
    hints_of,
    targets_of,
)
from handrail.tasks.suites.lines import Seen, lines_of
from handrail.tasks.suites.web_targets import usable


def _node(role: str, name: str, top: float, enabled: bool = True, **more: bool) -> Node:
    return Node(role=role, name=name, box=(10, top, 90, top + 30), enabled=enabled, **more)


def test_only_what_can_be_worked_and_named_is_a_target() -> None:
    nodes = [
        _node("frame", "Calculator", 0),
        _node("menu", "Edit", 0),
        _node("toggle button", " sqrt ", 40),
        _node("push button", "", 80),
        _node("push button", "Paste", 120, enabled=False),
        _node("check box", "Hex", 160),
    ]
    found = targets_of(nodes)
    assert [(t.role, t.name) for t in found] == [
        ("menuitem", "Edit"),
        ("button", "sqrt"),
        ("checkbox", "Hex"),
    ]
    seen = Seen("calculator", "window", "images/calculator.png", found, found, "Edit sqrt Hex")
    lines = [json.loads(line) for line in lines_of([seen], 1, 12)]
    assert [line["bbox"] for line in lines[:3]] == [[10, top, 90, top + 30] for top in (0, 40, 160)]
    assert [(h.role, h.name.raw, h.box.top) for h in hints_of(found)] == [
        ("menuitem", "Edit", 0), ("button", "sqrt", 40), ("checkbox", "Hex", 160),
    ]  # fmt: skip
    assert not any("data_type" in line for line in lines), "whether a name shows is not known"


def test_what_stands_otherwise_on_the_screen_is_no_name() -> None:
    nodes = [
        _node("push button", "x<sup>2</sup>", 0),
        _node("combo box", "pixels", 40),
        _node("spin button", "Width:", 80),
    ]
    assert [t.name for t in targets_of(nodes)] == ["Width"]
    assert [t.name for t in controls_of(nodes)] == ["", "", "Width"]


def test_a_name_that_a_cell_or_a_window_behind_bears_too_is_not_asked_for() -> None:
    nodes = [
        _node("page tab", "Number", 0),
        _node("table cell", "Number", 40),
        _node("push button", "Help", 80),
        _node("menu", "Help", 120, front=False),
        _node("push button", "Close", 160),
    ]
    assert [t.name for t in usable(targets_of(nodes), WIDTH, HEIGHT)] == ["Close"]
    assert [t.box[1] for t in controls_of(nodes)] == [0, 80, 160], "what is behind may be covered"


def test_a_state_is_asked_for_where_one_control_alone_is_in_it() -> None:
    nodes = [
        _node("page tab", "Display", 0, selected=True),
        _node("page tab", "Behavior", 40),
        _node("check box", "Thumbnails", 80, checked=True),
        _node("check box", "Frames", 120),
        _node("check box", "Previews", 160),
        _node("push button", "Apply", 200, enabled=False),
        _node("push button", "", 240),
        _node("combo box", "Kind", 280, enabled=False),
        _node("combo box", "", 320, enabled=False),
        _node("radio button", "", 360, checked=True),
    ]
    seen = Seen("files", "settings", "a.png", (), controls_of(nodes), "")
    lines = [json.loads(line) for line in lines_of([seen], 1, 12)]
    by_state = {line["instruction"]: line["bbox"][1] for line in lines if line["asks"] == "state"}
    assert by_state == {
        "click the selected tab": 0,
        "click the checked checkbox": 80,
        "click the disabled button": 200,
    }


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagesMissing, match=r"apt install galculator thunar .* kcalc python3-gi"):
        collected(tmp_path / "out", 1, tell)
    assert not (tmp_path / "out").exists()


def test_a_collection_is_made_once(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text("{}\n")
    assert collected(tmp_path, 1, tell) == tmp_path / ROWS


def test_the_command_ends_with_environment_where_programs_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ["eval", "grounding", "--suite", "desktop", "--cache", str(tmp_path)]
    assert main(command) == 5
    assert "apt install galculator" in capsys.readouterr().err


def test_the_command_asks_about_the_rows_that_were_collected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = tmp_path / "windows-1"
    windows.mkdir()
    Image.new("RGB", (320, 200), "white").save(windows / "a.png")
    row = {"image": "a.png", "instruction": "click Save", "bbox": [0, 0, 320, 200]}
    (windows / ROWS).write_text(json.dumps(row))
    command = ["eval", "grounding", "--suite", "desktop", "--cache", str(tmp_path), "--json"]
    assert main([*command, "--results", str(tmp_path), "--threads", "1"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["rows"][0]["hit"] is True
    assert (tmp_path / "desktop-grounding.json").is_file()
