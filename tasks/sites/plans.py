"""Draw whole pages from a seed: the sign-in, the settings page and the form tasks' pages."""

import random
from dataclasses import dataclass

from handrail.tasks.sites.lexicon import LabelKind
from handrail.tasks.sites.page import Arrangement, Control, ControlKind, PagePlan, Panel
from handrail.tasks.sites.themes import FONTS, PALETTES, RADII, SIZES, Theme
from handrail.tasks.sites.words import Drawer

SIGNIN_ARRANGEMENTS: tuple[Arrangement, ...] = ("card", "split", "aside")
WORKSPACE_ARRANGEMENTS: tuple[Arrangement, ...] = ("topbar", "sidebar")


@dataclass(frozen=True)
class WorkspaceSize:
    """How many tabs a page has (0 for none), and how many fields and boxes are in each panel."""

    tabs: int
    fields: int
    checks: int


def theme(rng: random.Random) -> Theme:
    """Draw colours, a typeface, a text size and a corner radius."""
    return Theme(rng.choice(PALETTES), rng.choice(FONTS), rng.choice(SIZES), rng.choice(RADII))


def _several(drawer: Drawer, kind: ControlKind, count: int) -> tuple[Control, ...]:
    if kind == "secret":
        raise ValueError("a page has one secret field; draw it by itself")
    labels = drawer.labels(kind, count)
    return tuple(Control(f"{kind}{i}", kind, label) for i, label in enumerate(labels, 1))


def signin_plan(rng: random.Random) -> PagePlan:
    """Draw a sign-in page: a name, a secret, a box, buttons, links and a menu."""
    drawer = Drawer(rng)
    brand, heading, lead = drawer.brand(), drawer.heading("signin"), drawer.lead()
    account = Control("account", "field", drawer.label("account"))
    secret = Control("secret", "secret", drawer.label("secret"))
    checks = _several(drawer, "check", rng.choice((1, 1, 2)))
    links = _several(drawer, "link", 6)
    return PagePlan(
        name="signin",
        template="signin",
        theme=theme(rng),
        arrangement=rng.choice(SIGNIN_ARRANGEMENTS),
        beside=rng.random() < 0.3,
        stacked=rng.random() < 0.3,
        brand=brand,
        heading=heading,
        lead=lead,
        menu=_several(drawer, "menu", rng.randint(4, 5)),
        panels=(Panel(None, (account, secret), checks),),
        buttons=_buttons(drawer, rng, "entry", others=1),
        links=links[:2],
        footer=links[2:],
    )


def workspace_plan(name: str, rng: random.Random, size: WorkspaceSize) -> PagePlan:
    """Draw a page with a menu, a form of one or several panels, buttons and links."""
    drawer = Drawer(rng)
    brand, heading, lead = drawer.brand(), drawer.heading("workspace"), drawer.lead()
    links = _several(drawer, "link", 4)
    return PagePlan(
        name=name,
        template="workspace",
        theme=theme(rng),
        arrangement=rng.choice(WORKSPACE_ARRANGEMENTS),
        beside=rng.random() < 0.5,
        stacked=rng.random() < 0.4,
        brand=brand,
        heading=heading,
        lead=lead,
        menu=_several(drawer, "menu", rng.randint(4, 6)),
        panels=_panels(drawer, rng, size),
        buttons=_buttons(drawer, rng, "submit", others=rng.randint(1, 2)),
        links=links[:2],
        footer=links[2:],
    )


def settings_plan(rng: random.Random) -> PagePlan:
    """Draw the settings page that follows the sign-in."""
    return workspace_plan("settings", rng, WorkspaceSize(tabs=3, fields=3, checks=3))


def _buttons(
    drawer: Drawer, rng: random.Random, wording: LabelKind, others: int
) -> tuple[Control, ...]:
    submit = Control("submit", "submit", drawer.label(wording))
    plain = _several(drawer, "button", others)
    return (submit, *plain) if rng.random() < 0.5 else (*plain, submit)


def _panels(drawer: Drawer, rng: random.Random, size: WorkspaceSize) -> tuple[Panel, ...]:
    tabs: tuple[Control | None, ...] = _several(drawer, "tab", size.tabs) or (None,)
    fields = _several(drawer, "field", size.fields * len(tabs))
    checks = _several(drawer, "check", size.checks * len(tabs))
    return tuple(
        Panel(
            tab,
            tuple(
                _furnished(c, drawer, rng) for c in fields[i * size.fields : (i + 1) * size.fields]
            ),
            tuple(
                Control(c.key, c.kind, c.label, on=rng.random() < 0.3)
                for c in checks[i * size.checks : (i + 1) * size.checks]
            ),
        )
        for i, tab in enumerate(tabs)
    )


def _furnished(control: Control, drawer: Drawer, rng: random.Random) -> Control:
    """Fill a field in, or give it a grey hint, or leave it empty."""
    form = rng.random()
    value = drawer.value() if form < 0.3 else ""
    hint = drawer.phrase(2) if 0.3 <= form < 0.45 else ""
    return Control(control.key, control.kind, control.label, value=value, hint=hint)
