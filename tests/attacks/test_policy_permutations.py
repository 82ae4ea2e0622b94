"""Rules see meaning, not spelling: no way of writing an action changes what is decided about it."""

import json
from itertools import permutations
from random import Random

from pydantic import ValidationError

from handrail.actuators.actions import ACTION, Action
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.effects import classify
from handrail.sandbox.policy import Policy, Rule, profile

PAGE = Surface("browser", "chromium", window=ScreenText("x"), url="https://example.org/")
POLICIES = (
    Policy(),
    profile("observe"),
    profile("ask"),
    profile("unattended"),
    Policy(
        profile="unattended",
        rules=(
            Rule(decision="deny", effects=("unknown", "commit"), kinds=("type", "press")),
            Rule(decision="ask", effects=("unknown",), host="example.org"),
        ),
    ),
)
ACTIONS: tuple[dict[str, object], ...] = (
    {"kind": "click", "point": {"x": 10, "y": 20}, "button": "left", "count": 1},
    {"kind": "click", "point": {"x": 10, "y": 20}, "button": "right", "count": 3},
    {"kind": "type", "text": "rm -rf ~\n"},
    {"kind": "press", "keys": ["ctrl", "w"]},
    {"kind": "drag", "start": {"x": 1, "y": 1}, "end": {"x": 9, "y": 9}},
    {"kind": "scroll", "point": {"y": 1, "x": 1}, "dx": 0, "dy": -5},
    {"kind": "wait", "seconds": 1.0},
    {"kind": "terminate", "status": "success"},
)


def decisions(action: Action) -> list[str]:
    effect = classify(action, None, PAGE)
    return [policy.decide(effect, action, PAGE).decision for policy in POLICIES]


def test_the_order_of_fields_decides_nothing() -> None:
    for fields in ACTIONS:
        expected = decisions(ACTION.validate_python(fields))
        for order in permutations(fields.items()):
            assert decisions(ACTION.validate_json(json.dumps(dict(order)))) == expected


def test_another_spelling_is_the_same_action_or_none() -> None:
    """Mutate names, values and fields 4,000 times: what is still an action is decided alike."""
    random = Random(11)
    accepted = 0
    for number in range(4_000):
        fields = ACTIONS[number % len(ACTIONS)]
        mutated = mutate(json.loads(json.dumps(fields)), random)
        try:
            action = ACTION.validate_json(json.dumps(mutated))
        except ValidationError:
            continue
        accepted += 1
        again = ACTION.validate_python(fields)
        assert action.kind == again.kind
        assert decisions(action) == decisions(again), mutated
    assert 0 < accepted < 3_000


def mutate(fields: dict[str, object], random: Random) -> dict[str, object]:
    """Return the fields with one of them written otherwise."""
    name = random.choice(sorted(fields))
    value = fields[name]
    spellings = [
        name,
        name.upper(),
        name.title(),
        name + " ",
        " " + name,
        name + "\u200b",
        "action",
    ]
    values = [value, str(value).upper(), f"{value} ", f"{value}\u0000", [value], {"": value}, None]
    del fields[name]
    extra = random.random()
    fields[random.choice(spellings)] = random.choice(values) if extra < 0.6 else value
    if extra > 0.9:
        fields[random.choice(["effect", "decision", "approved", "permit"])] = "allow"
    return fields


def test_a_key_by_any_other_name_is_classed_as_itself() -> None:
    groups = (
        (["enter"], ["return"], ["Enter"], ["RETURN"]),
        (["ctrl", "w"], ["control", "w"], ["ctrlright", "w"], ["CTRL", "w"]),
        (["win"], ["cmd"], ["super"], ["meta"], ["winright"], ["Command"]),
        (["delete"], ["del"], ["DEL"]),
        ([" "], ["space"], ["Space"]),
    )
    for group in groups:
        found = [ACTION.validate_python({"kind": "press", "keys": keys}) for keys in group]
        assert len({classify(action, None, PAGE) for action in found}) == 1, group
