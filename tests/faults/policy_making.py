"""Random policies, and the actions that they are asked about."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import get_args

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Application, Element, ScreenText, Surface
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.policy import Decision, EffectClass, Policy, ProfileName, Rule
from handrail.sandbox.rulebook import Layer

EFFECTS: tuple[EffectClass, ...] = get_args(EffectClass)
_DECISIONS: tuple[Decision, ...] = get_args(Decision)
_PROFILES: tuple[ProfileName | None, ...] = (None, *get_args(ProfileName))
_SCREEN = ScreenGeometry(width=200, height=100)
_URLS = (
    "https://shop.example/", "https://shop.example/cart/1", "https://shop.example/cart/../pay",
    "https://shop.example/%2f", "https://SHOP.example:8443/Cart/", "http://shop.example/cart/",
    "https://pay.shop.example/", "https://shop.example.evil.test/cart/1", "about:blank",
    "https://shop.example\\@evil.test/", "https://evil.test/cart/1", "",
)  # fmt: skip
_TITLES = ("Notes", "Notes - draft", "Shop", "", "Terminal")
_NAMES = ("Save", "Delete all", "Buy", "", "s\u200bave")
_APPLICATIONS = (
    Application(), Application("Mousepad", "/usr/bin/mousepad"), Application("", "/usr/bin/xterm"),
)  # fmt: skip
_ROLES = ("button", "link", "textbox", "generic")
_TIMES = (datetime(2026, 1, 3, 12, tzinfo=UTC), datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
# Each condition with the texts that it may have; every one names what some action below has.
_CONDITIONS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("kinds", (["click"], ["type", "press"], ["drag", "scroll", "wait"])),
    ("surface", ("browser", "desktop", "fake")),
    ("host", ("shop.example", "*.shop.example", "shop.example:8443", "evil.test")),
    ("origin", ("https://shop.example", "https://*.shop.example", "http://shop.example")),
    ("path", ("/", "/cart/*", "/pay", "/cart/1")),
    ("window", ("Notes*", "Shop", "Terminal")),
    ("application", ("Mousepad", "/usr/bin/xterm")),
    ("roles", (["button"], ["link", "textbox"])),
    ("text", ("Save", "*delete*", "buy*")),
    ("region", ([0, 0, 0.5, 0.5], [0.25, 0, 1, 1])),
    ("hours", ("08:00-18:00", "22:00-06:00")),
    ("weekdays", (["sat", "sun"], ["mon"])),
    ("owned_display", (True,)),
)


@dataclass(frozen=True)
class Meeting:
    """An action as the gate meets it."""

    effect: EffectClass
    action: Action
    surface: Surface
    around: Circumstances


def meetings(random: Random, count: int) -> Iterator[Meeting]:
    """Yield actions of every kind, on surfaces that tell much, little or nothing."""
    for number in range(count):
        kind = random.choice(("browser", "browser", "desktop", "fake"))
        surface = Surface(
            kind,  # type: ignore[arg-type]
            "x",
            random.random() < 0.5,
            ScreenText(random.choice(_TITLES)),
            random.choice(_URLS) if kind != "desktop" else "",
            application=random.choice(_APPLICATIONS),
        )
        action = _action(random)
        found = tuple(_element(random) for _ in range(random.choice((0, 1, 1, 2))))
        known = random.random() < 0.9
        around = Circumstances(found, _SCREEN if known else None, random.choice(_TIMES))
        yield Meeting(EFFECTS[number % len(EFFECTS)], action, surface, around)


def _action(random: Random) -> Action:
    here = Point(x=random.randrange(200), y=random.randrange(100))
    there = Point(x=random.randrange(200), y=random.randrange(100))
    actions: tuple[Action, ...] = (
        Click(point=here),
        Type(text="a"),
        Press(keys=("enter",)),
        Drag(start=random.choice((None, here)), end=there),
        Scroll(point=random.choice((None, here)), dy=1),
        Wait(seconds=1),
    )
    return random.choice(actions)


def _element(random: Random) -> Element | None:
    if random.random() < 0.15:
        return None
    left, top = random.randrange(180), random.randrange(80)
    box = Box(left=left, top=top, right=left + 20, bottom=top + 20)
    element = Element(random.choice(_ROLES), ScreenText(random.choice(_NAMES)), box)
    return replace(element, application=random.choice(_APPLICATIONS))


def random_rule(random: Random) -> Rule:
    """Return a rule of any decision with up to three conditions that may stand beside it."""
    fields: dict[str, object] = {
        "decision": random.choice(_DECISIONS),
        "effects": random.sample(EFFECTS, random.randint(1, 5)),
    }
    for name, values in random.sample(_CONDITIONS, random.choice((0, 0, 1, 1, 2, 3))):
        fields[name] = random.choice(values)
    if "application" in fields and fields.get("surface") in {"browser", "fake"}:
        del fields["surface"]
    if fields["decision"] == "allow":
        _make_grantable(fields, random)
    return Rule.model_validate(fields)


def _make_grantable(fields: dict[str, object], random: Random) -> None:
    """Give a rule that allows what it needs beside it (see ``rules.py``)."""
    chosen = {"window", "roles", "text", "region"} & set(fields)
    if chosen and fields.get("surface") == "browser":
        fields["surface"] = "desktop"
    if chosen or "unknown" in fields["effects"]:  # type: ignore[operator]
        fields[random.choice(("owned_display", "window"))] = True
        if fields.get("window") is True:
            fields["window"] = "Notes*"
            if fields.get("surface") == "browser":
                del fields["surface"]
    if "path" in fields and not {"host", "origin"} & set(fields):
        fields["origin"] = "https://shop.example"


def random_layers(random: Random) -> tuple[Layer, ...]:
    """Return one or two layers that grant and none, one or two that restrict."""
    return tuple(
        Layer(
            name,
            Policy(
                profile=random.choice(_PROFILES),
                rules=tuple(random_rule(random) for _ in range(random.choice((0, 1, 2, 3)))),
            ),
            grants,
        )
        for name, grants in (("user", True), ("grants", True), ("run", False), ("run 2", False))
        if name == "user" or random.random() < 0.4
    )
