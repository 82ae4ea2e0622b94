"""The form tasks: generated pages with generated instructions of two to four clauses."""

import random
from dataclasses import replace

from handrail.tasks.sites.goals import Clause, PageGoal, page_goal, with_controls
from handrail.tasks.sites.page import Control, ControlKind, PagePlan, Panel
from handrail.tasks.sites.plans import WorkspaceSize, workspace_plan
from handrail.tasks.sites.words import Drawer

_SIZES = (
    WorkspaceSize(tabs=0, fields=4, checks=4),
    WorkspaceSize(tabs=0, fields=5, checks=3),
    WorkspaceSize(tabs=2, fields=3, checks=4),
    WorkspaceSize(tabs=3, fields=3, checks=3),
)
_TYPING = ("type {text} into {label}", "enter {text} into {label}", "type {text} in {label}")
_CLICKING = ("click {label}", "click {label}", "press {label}")
_TICKING = ("tick {label}", "check {label}", "click {label}")
_OPENING = ("open {label}", "click {label}", "select {label}")
_PHRASES: dict[ControlKind, tuple[str, ...]] = {
    "check": _TICKING,
    "tab": _OPENING,
    "menu": _OPENING,
    "link": ("open {label}", "click {label}"),
}
_LAST = ("then ", "and then ", "and ")


def form_task(seed: int) -> PageGoal:
    """Return a form task: two to four clauses on a page of its own, all drawn from the seed."""
    rng = random.Random(f"form {seed}")
    plan = workspace_plan("form", rng, rng.choice(_SIZES))
    clauses = _clauses(rng, plan)
    targets = [replace(c.control, value="", hint="") for c in clauses if c.verb == "type"]
    ticks = [replace(c.control, on=False) for c in clauses if c.control.kind == "check"]
    plan = with_controls(plan, *targets, *ticks)
    return page_goal(plan, clauses, _worded(rng, clauses))


def _clauses(rng: random.Random, plan: PagePlan) -> tuple[Clause, ...]:
    panel = rng.choice(plan.panels)
    opening = _opening(plan, panel)
    ending = _ending(rng, plan)
    room = rng.randint(2, 4) - len(opening) - len(ending)
    typed = min(max(room, 1), rng.choice((1, 1, 2, 2, 3)))
    inner = [Clause("type", c, Drawer(rng).value()) for c in rng.sample(panel.fields, typed)] + [
        Clause("click", c) for c in rng.sample(panel.checks, max(0, room - typed))
    ]
    return (*opening, *inner, *ending)


def _opening(plan: PagePlan, panel: Panel) -> tuple[Clause, ...]:
    if panel.tab is None or panel is plan.panels[0]:
        return ()
    return (Clause("click", panel.tab),)


def _ending(rng: random.Random, plan: PagePlan) -> tuple[Clause, ...]:
    form = rng.random()
    submit = next(c for c in plan.buttons if c.kind == "submit")
    if form < 0.7:
        return (Clause("click", submit),)
    others: tuple[Control, ...] = (*plan.menu[1:], *plan.links, *plan.buttons)
    return (Clause("click", rng.choice([c for c in others if c is not submit])),)


def _worded(rng: random.Random, clauses: tuple[Clause, ...]) -> str:
    parts = []
    for clause in clauses:
        forms = _TYPING if clause.verb == "type" else _PHRASES.get(clause.control.kind, _CLICKING)
        parts.append(rng.choice(forms).format(text=clause.text, label=clause.control.label))
    return ", ".join(parts[:-1]) + ", " + rng.choice(_LAST) + parts[-1]
