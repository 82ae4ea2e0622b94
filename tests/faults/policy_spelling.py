"""P2, spelling: no way of writing an action changes what is decided about it.

``spellings(count, seed, defended)`` returns the number of distinct cases and a line for each that
failed: every order of an action's fields, and ``count`` other spellings, of names and values, with
characters that cannot be seen, aliases of keys, and fields that are not there. What is still an
action is decided as before. Without the defence the decision is made by the written form.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import permutations
from random import Random

from pydantic import ValidationError

from handrail.actuators.actions import ACTION
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.effects import classify
from handrail.sandbox.policy import Decision, Policy, Rule, profile

Found = tuple[int, list[str]]

PAGE = Surface("browser", "chromium", window=ScreenText("x"), url="https://example.org/")
POLICIES = (
    Policy(),
    profile("observe"),
    profile("rehearse"),
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
PLAIN: tuple[dict[str, object], ...] = (
    {"kind": "move", "point": {"x": 10, "y": 20}},
    {"kind": "click", "point": {"x": 10, "y": 20}, "button": "left", "count": 1},
    {"kind": "click", "point": {"x": 10, "y": 20}, "button": "right", "count": 3},
    {"kind": "type", "text": "rm -rf ~\n"},
    {"kind": "press", "keys": ["ctrl", "w"]},
    {"kind": "press", "keys": ["enter"]},
    {"kind": "drag", "start": {"x": 1, "y": 1}, "end": {"x": 9, "y": 9}},
    {"kind": "scroll", "point": {"y": 1, "x": 1}, "dx": 0, "dy": -5},
    {"kind": "wait", "seconds": 1.0},
    {"kind": "terminate", "status": "success"},
    {"kind": "answer", "text": "42"},
)
_ALIASES = {
    "enter": ("return", "Enter", "RETURN", "eNtEr"),
    "ctrl": ("control", "ctrlleft", "ctrlright", "Ctrl", "CONTROL"),
}
_MARKS = ("\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u0301", "\x00", " ", "\t", "\u00a0")


def _typed(text: str) -> list[Decision]:
    """Decide as the gate does: by the typed action. Raises ValidationError."""
    action = ACTION.validate_json(text)
    effect = classify(action, None, PAGE)
    return [policy.decide(effect, action, PAGE).decision for policy in POLICIES]


def _rendered(text: str) -> list[Decision]:
    """Decide by the written form, as a list of globs does; without the defence."""
    for glob, decision in (
        ('{"kind": "click"*', "ask"), ('{"kind": "type"*', "deny"), ("*ctrl*", "deny"),
        ('*"enter"*', "deny"),
    ):  # fmt: skip
        if fnmatch(text, glob):
            return [decision]  # type: ignore[list-item]
    return ["allow"]


def spellings(count: int, seed: int, defended: bool = True) -> Found:
    """Decide every order of fields and ``count`` other spellings of the actions."""
    judge = _typed if defended else _rendered
    seen: set[str] = set()
    failures: list[str] = []
    for fields, text in (*_orders(), *_respelt(count, seed)):
        if text in seen:
            continue
        seen.add(text)
        try:
            found = judge(text)
        except (ValidationError, ValueError):
            continue
        if found != judge(json.dumps(fields)):
            failures.append(f"{text[:100]!a}: {found}")
    return len(seen), failures


def _orders() -> Iterator[tuple[dict[str, object], str]]:
    for fields in PLAIN:
        for order in permutations(fields.items()):
            yield fields, json.dumps(dict(order))


def _respelt(count: int, seed: int) -> Iterator[tuple[dict[str, object], str]]:
    """Yield ``count`` distinct spellings, each with what it was made from."""
    made: set[str] = set()
    number = 0
    while len(made) < count:
        random = Random(f"P2/spellings/{seed}/{number}")
        fields = PLAIN[number % len(PLAIN)]
        number += 1
        text = json.dumps(_respell(json.loads(json.dumps(fields)), random))
        if text not in made:
            made.add(text)
            yield fields, text


def _respell(fields: dict[str, object], random: Random) -> dict[str, object]:
    """Return the fields with something in them written otherwise."""
    name = random.choice(sorted(fields))
    value = fields[name]
    match random.randrange(5):
        case 0:  # a name by another name
            del fields[name]
            fields[marked(random.choice((name, name.upper(), name.title(), "action")), random)] = (
                value
            )
        case 1:  # a value of another case or kind
            others = (str(value).upper(), [value], {"": value}, None, True, f"{value}", 1e999, -1)
            fields[name] = random.choice(others)
        case 2 if isinstance(value, str):
            fields[name] = marked(value, random)
        case 3:  # a field that is not there
            extra = random.choice(
                ("effect", "decision", "approved", "permit", "kind ", "Kind", "x")
            )
            fields[marked(extra, random)] = random.choice(("allow", True, 1, "click", {"a": []}))
        case _:
            keys = fields.get("keys")
            fields["keys" if isinstance(keys, list) else marked(name, random)] = (
                [random.choice(_ALIASES.get(key, (key,))) for key in keys]
                if isinstance(keys, list)
                else value
            )
    items = list(fields.items())
    random.shuffle(items)
    return dict(items)


def marked(text: str, random: Random) -> str:
    """Return the text with one character in it that cannot be seen."""
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_MARKS) + text[at:]
