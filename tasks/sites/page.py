"""What a bundled page holds, and the state in which a person or an agent leaves it."""

from dataclasses import dataclass
from typing import Literal

from handrail.tasks.sites.themes import Theme

ControlKind = Literal["field", "secret", "check", "submit", "button", "link", "tab", "menu"]
Arrangement = Literal["card", "split", "aside", "topbar", "sidebar"]


@dataclass(frozen=True)
class Control:
    """One thing on a page that can be clicked or filled in.

    ``value`` is a field's first text, ``on`` a box's first tick; ``hint`` is shown grey in an empty
    field.
    """

    key: str
    kind: ControlKind
    label: str
    value: str = ""
    on: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Panel:
    """The fields and boxes under one tab; ``tab`` is None where a page has no tabs."""

    tab: Control | None
    fields: tuple[Control, ...]
    checks: tuple[Control, ...]


@dataclass(frozen=True)
class PagePlan:
    """A page before it is HTML: its words, its controls and how they are arranged.

    ``beside``: labels stand left of their fields and not above; ``stacked``: boxes stand in a
    column.
    """

    name: str
    template: Literal["signin", "workspace"]
    theme: Theme
    arrangement: Arrangement
    beside: bool
    stacked: bool
    brand: str
    heading: str
    lead: str
    menu: tuple[Control, ...]
    panels: tuple[Panel, ...]
    buttons: tuple[Control, ...]
    links: tuple[Control, ...]
    footer: tuple[Control, ...] = ()

    def controls(self) -> tuple[Control, ...]:
        """Return every control of the page, those under closed tabs included."""
        inner = [c for p in self.panels for c in (*p.fields, *p.checks)]
        tabs = [p.tab for p in self.panels if p.tab is not None]
        return (*self.menu, *tabs, *inner, *self.buttons, *self.links, *self.footer)

    def start(self) -> "PageState":
        """Return the state before anything was done."""
        fields = {c.key: c.value for p in self.panels for c in p.fields}
        checks = {c.key: c.on for p in self.panels for c in p.checks}
        tab = self.panels[0].tab
        return PageState(fields, checks, tab.key if tab else "", self.menu[0].key)


@dataclass(frozen=True)
class PageState:
    """What is filled in, ticked and open; ``submitted`` lists the buttons that sent the form."""

    fields: dict[str, str]
    checks: dict[str, bool]
    tab: str = ""
    menu: str = ""
    pressed: tuple[str, ...] = ()
    submitted: tuple[str, ...] = ()


def differences(got: PageState, wanted: PageState) -> tuple[str, ...]:
    """Return one line for each way in which a state is not the wanted one."""
    pairs: list[tuple[str, object, object]] = [
        (f"field {key}", got.fields.get(key), value) for key, value in sorted(wanted.fields.items())
    ]
    pairs += [(f"box {key}", got.checks.get(key), on) for key, on in sorted(wanted.checks.items())]
    pairs += [
        ("the open tab", got.tab, wanted.tab),
        ("the menu entry", got.menu, wanted.menu),
        ("what was pressed", got.pressed, wanted.pressed),
        ("what sent the form", got.submitted, wanted.submitted),
    ]
    return tuple(f"{what} is {is_!r}, wanted {want!r}" for what, is_, want in pairs if is_ != want)
