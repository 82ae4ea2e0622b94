"""Goals in plain words, what they mean, and the state in which they are reached."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from handrail.tasks.sites.page import Control, PagePlan, PageState
from handrail.tasks.sites.plans import settings_plan, signin_plan
from handrail.tasks.sites.words import LONGEST_VALUE, Drawer

MOST_CLAUSES = 4


@dataclass(frozen=True)
class Clause:
    """One thing to do: type into a control, or click it."""

    verb: Literal["type", "click"]
    control: Control
    text: str = ""


@dataclass(frozen=True)
class PageGoal:
    """A page, an instruction about it and the state that fulfils the instruction."""

    plan: PagePlan
    clauses: tuple[Clause, ...]
    text: str
    wanted: PageState


@dataclass(frozen=True)
class NoteGoal:
    """An instruction for a text editor with a file open, and the bytes the file must hold then."""

    text: str
    words: str
    before: bytes
    after: bytes


def plain_words(clauses: tuple[Clause, ...]) -> str:
    """Return ``type X into A, type Y into B, then click C``."""
    parts = [
        f"type {c.text} into {c.control.label}" if c.verb == "type" else f"click {c.control.label}"
        for c in clauses
    ]
    return in_words(parts)


def in_words(parts: Sequence[str]) -> str:
    """Return ``do this, do that, then do the last``."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f", then {parts[-1]}"


def page_goal(plan: PagePlan, clauses: tuple[Clause, ...], text: str = "") -> PageGoal:
    """Return the goal of doing these clauses in order; ``text`` replaces the plain wording."""
    if not 1 <= len(clauses) <= MOST_CLAUSES:
        raise ValueError(f"a goal has 1 to {MOST_CLAUSES} clauses, not {len(clauses)}")
    wanted = plan.start()
    for clause in clauses:
        wanted = _after(wanted, clause)
    return PageGoal(plan, clauses, text or plain_words(clauses), wanted)


def signin_goal(seed: int) -> PageGoal:
    """Return the goal of signing in with an invented name and secret."""
    rng = random.Random(f"signin {seed}")
    plan = signin_plan(rng)
    drawer = Drawer(rng)
    account, secret = plan.panels[0].fields
    clauses = [Clause("type", account, drawer.value()), Clause("type", secret, drawer.value())]
    if rng.random() < 0.5:
        clauses.append(Clause("click", plan.panels[0].checks[0]))
    clauses.append(Clause("click", _submit(plan)))
    return page_goal(plan, tuple(clauses))


def settings_goal(seed: int) -> PageGoal:
    """Return the goal of changing two settings, perhaps under another tab, and storing them."""
    rng = random.Random(f"settings {seed}")
    plan = settings_plan(rng)
    panel = rng.choice(plan.panels)
    clauses: list[Clause] = []
    if panel is not plan.panels[0] and panel.tab is not None:
        clauses.append(Clause("click", panel.tab))
    target = rng.choice(panel.fields)
    plan = with_controls(plan, replace(target, value="", hint=""))
    clauses.append(Clause("type", target, Drawer(rng).value()))
    clauses.append(Clause("click", rng.choice(panel.checks)))
    clauses.append(Clause("click", _submit(plan)))
    return page_goal(plan, tuple(clauses))


def note_goal(seed: int) -> NoteGoal:
    """Return the goal of typing invented words into an empty file and saving it by the menu."""
    drawer = Drawer(random.Random(f"note {seed}"))
    words = drawer.phrase(2)
    while len(words) > LONGEST_VALUE:
        words = drawer.phrase(2)
    return NoteGoal(f"type {words}, click File, then click Save", words, b"", words.encode())


def with_controls(plan: PagePlan, *changed: Control) -> PagePlan:
    """Return the plan with the fields and boxes of these keys replaced."""
    new = {c.key: c for c in changed}
    panels = tuple(
        replace(
            panel,
            fields=tuple(new.get(c.key, c) for c in panel.fields),
            checks=tuple(new.get(c.key, c) for c in panel.checks),
        )
        for panel in plan.panels
    )
    return replace(plan, panels=panels)


def _submit(plan: PagePlan) -> Control:
    return next(c for c in plan.buttons if c.kind == "submit")


def _after(state: PageState, clause: Clause) -> PageState:
    key, kind = clause.control.key, clause.control.kind
    if clause.verb == "type":
        return replace(state, fields={**state.fields, key: state.fields[key] + clause.text})
    if kind == "check":
        return replace(state, checks={**state.checks, key: not state.checks[key]})
    if kind == "tab":
        return replace(state, tab=key)
    if kind == "menu":
        return replace(state, menu=key)
    if kind == "submit":
        return replace(state, submitted=(*state.submitted, key))
    return replace(state, pressed=(*state.pressed, key))
