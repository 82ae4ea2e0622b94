"""What a small model presses stands in its instruction, or only moves in a control."""

import pytest

from handrail.agent.told_keys import FREE, ToldKeys, told
from handrail.model.pocket import acts, vocabulary


@pytest.mark.parametrize(
    ("instruction", "keys"),
    [
        ("press Ctrl+A", ["ctrl", "a"]),
        ("use Control - s", ["ctrl", "s"]),
        ("CTRL + N, then click OK", ["ctrl", "n"]),
        ("press Ctrl C", ["ctrl", "c"]),
        ("hit Alt+F4", ["alt", "f4"]),
        ("press Ctrl+Shift+T", ["ctrl", "shift", "t"]),
        ("press page down", ["pagedown"]),
        ("press Del", ["delete"]),
        ("hit the space bar", ["space"]),
        ("press the Home key", ["home"]),
        ("Give everything the color red", ["ctrl", "a"]),
        ("select all, then press Delete", ["ctrl", "a"]),
        ("click Confirm", ["enter"]),
    ],
)
def test_what_stands_there_is_told(instruction: str, keys: list[str]) -> None:
    assert told(instruction, keys)


@pytest.mark.parametrize(
    ("instruction", "keys"),
    [
        ("press Confirm entry", ["ctrl", "a"]),
        ("press Print", ["pagedown"]),
        ("press Save everything", ["ctrl", "s"]),
        ("press Pick all", ["ctrl", "a"]),
        ("press Ctrl+A", ["ctrl", "s"]),
        ("press Ctrl+Apple", ["ctrl", "a"]),
        ("remote control a", ["alt", "a"]),
        ("click Delicate", ["delete"]),
        ("open the homepage", ["home"]),
        ("select Spaceship", ["space"]),
    ],
)
def test_what_does_not_is_not(instruction: str, keys: list[str]) -> None:
    assert not told(instruction, keys)


def test_every_spelling_that_training_has_is_told() -> None:
    for key, spellings in acts._KEYS.items():
        assert all(told(f"press {said}, then click OK", [key]) for said in spellings), key
    for control in acts._CONTROL:
        assert told(f"use {control}X", ["ctrl", "x"])


def test_only_the_tokens_that_press_are_held_back() -> None:
    deeds = list(vocabulary.DEEDS)
    tokens = ToldKeys(enumerate(vocabulary.DEEDS.values()))
    held = {deeds[i] for i in tokens.untold("press Ctrl+S, then press Print")}
    assert held == {
        line
        for line in deeds
        if line.startswith("press ") and line != "press ctrl+s"
        and line.removeprefix("press ") not in FREE
    }  # fmt: skip
    assert "wait" not in held
