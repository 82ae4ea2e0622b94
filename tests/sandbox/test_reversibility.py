"""Every class of action says what of it can be taken back, and a drill shows that it is so."""

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import pytest

from handrail.actuators.actions import (
    ACTION,
    Action,
    Answer,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.fake import Checkbox, Field
from handrail.actuators.fake_state import ScreenPart
from handrail.actuators.geometry import Point
from handrail.actuators.observation import SurfaceKind
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Intent
from handrail.sandbox.reversibility import (
    EFFECTS,
    STILL,
    KeeperName,
    changes_something,
    reversibility,
)
from handrail.sandbox.rollback import Rollback
from handrail.sandbox.rules import ActionKind, EffectClass
from handrail.sandbox.snapshot.part import PartKeeper
from handrail.sandbox.snapshot.texts import KeptTexts
from handrail.sandbox.undoing import remaining, undo

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

KINDS: tuple[ActionKind, ...] = get_args(ActionKind)
EFFECT_CLASSES: tuple[EffectClass, ...] = get_args(EffectClass)
SURFACES: tuple[SurfaceKind, ...] = get_args(SurfaceKind)


def test_no_class_no_effect_and_no_surface_is_missing() -> None:
    assert set(EFFECTS) == set(SURFACES)
    for surface in SURFACES:
        assert set(EFFECTS[surface]) == set(EFFECT_CLASSES)
    declared = {
        (kind, effect, surface): reversibility(kind, effect, surface)
        for kind in KINDS
        for effect in EFFECT_CLASSES
        for surface in SURFACES
    }
    assert all(set(one.by) <= set(get_args(KeeperName)) for one in declared.values())
    assert all(bool(one.rest) == (one.reversal != "reversible") for one in declared.values())


def test_every_action_of_the_vocabulary_is_still_or_acts() -> None:
    kinds = {schema["properties"]["kind"]["const"] for schema in _schemas()}
    assert kinds == set(KINDS)
    assert set(STILL) == {"move", "wait", "terminate", "answer"}


def _schemas() -> list[dict[str, dict[str, dict[str, str]]]]:
    return list(ACTION.json_schema()["$defs"][name] for name in _names())


def _names() -> list[str]:
    return [ref["$ref"].rpartition("/")[2] for ref in ACTION.json_schema()["oneOf"]]


@pytest.mark.parametrize("surface", SURFACES)
def test_a_graver_effect_promises_no_more(surface: SurfaceKind) -> None:
    order = ["reversible", "compensable", "irreversible"]
    grave: tuple[EffectClass, ...] = ("edit", "commit", "destroy", "unknown")
    ranks = [order.index(EFFECTS[surface][effect].reversal) for effect in grave]
    assert ranks == sorted(ranks)
    assert EFFECTS[surface]["unknown"].reversal == "irreversible"


def test_what_a_site_was_sent_is_never_called_reversible() -> None:
    for effect in ("commit", "destroy", "unknown"):
        declared = reversibility("click", effect, "browser")
        assert declared.reversal == "irreversible"
        assert "sent to a site stays sent" in declared.rest


HERE = Point(x=600, y=390)
DRILLS: dict[ActionKind, tuple[Action, ...]] = {
    "move": (Move(point=HERE),),
    "wait": (Wait(seconds=1),),
    "terminate": (Terminate(status="success"),),
    "answer": (Answer(text="42"),),
    "click": (Click(point=Point(x=30, y=110)),),
    "drag": (Drag(start=Point(x=60, y=65), end=Point(x=25, y=65)),),
    "scroll": (Scroll(dy=-40),),
    "type": (Type(text="Zoë"),),
    "press": (Press(keys=("ctrl", "a")), Press(keys=("ctrl", "c")), Press(keys=("backspace",))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_drill_of_each_class_is_done_and_undone(
    kind: ActionKind, open_door: Callable[..., "Door"], tmp_path_factory: pytest.TempPathFactory
) -> None:
    door = open_door(policy=Policy(profile="ask"), approver=ScriptedApprover([True] * 9))
    door.screen.content_height = 900
    part = ScreenPart(door.screen)
    keeper = PartKeeper(part, KeptTexts(tmp_path_factory.mktemp("texts")))
    door.submit(Click(point=door.at("Name")))
    door.submit(Type(text="Ada"))
    start, before = door.records, part.read(())
    door.gate.keeping = keeping = Keeping([keeper])
    for action in DRILLS[kind]:
        assert door.submit(action).kind == "done"
    keeping.ended(door.journal)
    intents = [r for r in door.records[len(start) :] if isinstance(r, Intent)]
    assert [bool(r.before) for r in intents] == [changes_something(a) for a in DRILLS[kind]]
    assert (part.read(()) != before) == changes_something(DRILLS[kind][0])
    rollback = Rollback({"screen": keeper})
    entries = door.reading.entries
    steps = list(undo(rollback, rollback.plan(entries, len(start)), door.journal.append))
    assert len(steps) == (0 if kind in STILL else len(DRILLS[kind]))
    assert part.read(()) == before
    assert remaining(rollback, steps) == ()


@pytest.mark.parametrize(
    ("label", "effect"), [("Send", "commit"), ("Delete all", "destroy"), ("Nowhere", "unknown")]
)
def test_a_drill_of_what_cannot_be_taken_back_is_refused_with_the_reason(
    label: str, effect: EffectClass, open_door: Callable[..., "Door"]
) -> None:
    door = open_door(policy=Policy(profile="ask"), approver=ScriptedApprover([True] * 9))
    if label == "Delete all":
        door.screen.widgets[3].name = label
    point = HERE if label == "Nowhere" else door.at(label)
    outcome = door.submit(Click(point=point))
    assert (outcome.kind, outcome.effect) == ("done", effect)
    (step,) = Rollback({}).plan(door.reading.entries)
    assert step.prospect == "cannot be undone"
    assert step.left == (reversibility("click", effect, "fake").rest,)


def test_the_screen_is_put_back_piece_by_piece(open_door: Callable[..., "Door"]) -> None:
    door = open_door()
    part = ScreenPart(door.screen)
    before = part.read(())
    door.screen.named(Field, "Name").text = "Ada"
    door.screen.named(Checkbox, "Remember me").checked = True
    door.screen.focus = door.screen.named(Field, "Name")
    door.screen.clipboard = "copied"
    after = part.read(())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"focus", "clipboard", "1 Name: text", "2 Remember me: checked"}
    part.write({name: before[name] for name in changed} | {"9 gone: text": '"x"', "focus": None})
    assert door.screen.focus is not None
    assert door.screen.named(Field, "Name").text == ""
    part.write({"focus": before["focus"]})
    assert part.read(()) == before
