"""Say a step in the pocket model's words: the one mapping from actions to its moves.

It names a place in words of the instruction, or one of the few buttons that need no naming, types
words of the instruction, presses keys, scrolls and waits; whatever else is done has no words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
from handrail.agent.stand_in import StandIns
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.pocket import buttons
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Move as Said
from handrail.model.tile_format import TileFormat
from handrail.model.tokenizer import load_tokenizer
from handrail.tasks.tuning.example import Done

_CLICKS: Mapping[tuple[str, int], v.Way] = {
    ("left", 1): "click",
    ("left", 2): "double-click",
    ("right", 1): "right-click",
}
_KEYS = {"return": "enter", "esc": "escape", "del": "delete", "control": "ctrl", " ": "space"}


@dataclass(frozen=True)
class Speech:
    """What a checkpoint can say.

    ``ways``: what it does at a named place; ``deeds``: the lines of what names none; ``names``:
    what it names though the instruction does not.
    """

    ways: frozenset[v.Way]
    deeds: frozenset[str]
    names: tuple[str, ...]


EVERYTHING = Speech(frozenset(v.CALLS), frozenset(v.DEEDS), buttons.NAMES)
"""What a checkpoint can say that is trained now."""


def speech_of(folder: Path, form: TileFormat) -> Speech:
    """Return what a checkpoint can say: older ones know fewer words. Raises CheckpointError."""
    calls, tokens = {p.call for p in form.pointings}, load_tokenizer(CheckpointFolder(folder)).added
    return Speech(
        frozenset(way for way, call in v.CALLS.items() if call in calls),
        frozenset(line for line, reply in v.DEEDS.items() if reply in tokens),
        form.names,
    )


def move_of(step: Done, goal: str, speech: Speech) -> Said | str:
    """Return a step as a move towards a goal, or why there are no words for it."""
    words = StandIns(goal)
    goal = words.put(goal)
    match step.action:
        case Type(text=text):
            quoted = words.put(text)
            if quoted and quoted in goal:
                return Said(type=quoted)
            return "the pocket model types only words of the instruction"
        case Terminate(status="success"):
            return Said()
    if deed := _deed(step.action):
        return Said(do=deed) if deed in speech.deeds else _without_words(step.action)
    way = _way(step.action)
    if way not in speech.ways:
        return _without_words(step.action)
    name = named(_told(words.put(step.line), way, goal), goal, speech.names)
    if name:
        return Said(click=name, way=way)
    return (
        f"what is done at a place is learned by what its line names ('{way} NAME', in words of the "
        "instruction), and this one's names nothing"
    )


def named(name: str, goal: str, names: tuple[str, ...]) -> str:
    """Return a name as a goal spells it, else as one of ``names``; empty where neither has it."""
    if not name:
        return ""
    for case in (re.NOFLAG, re.IGNORECASE):
        if found := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", goal, case):
            return found[0]
    known = buttons.known(name)
    return known if known in names else ""


def _told(line: str, way: v.Way, goal: str) -> str:
    """Return what a line says is at the place; a goal without a line names itself."""
    told = re.fullmatch(rf"{re.escape(way)} (\S.*)", (line or goal).strip(), re.IGNORECASE)
    return told[1] if told else ("" if line else goal)


def _way(action: Action) -> v.Way | None:
    """Return what an action does at one place, None where the model does nothing like it."""
    match action:
        case Click(button=button, count=count):
            return _CLICKS.get((button, count))
        case Scroll(dx=0, dy=dy) if dy:
            return "scroll down in" if dy < 0 else "scroll up in"
        case Move():
            return "move to"
        case Drag(start=None):
            return "drag to"
    return None


def _deed(action: Action) -> str:
    """Return the line of an action at no place, empty where it is at one."""
    match action:
        case Press(keys=keys):
            return f"press {'+'.join(_KEYS.get(key, key) for key in keys)}"
        case Scroll(point=None, dx=0, dy=dy) if dy:
            return "scroll down" if dy < 0 else "scroll up"
        case Wait():
            return "wait"
    return ""


def _without_words(action: Action) -> str:
    return f"the pocket model has no words for this action ({action.kind})"
