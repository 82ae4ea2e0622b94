"""P3 in the browser: what cannot be undone, or is not known, always asks.

Pages are made with a target that is labelled by how it was made: irreversible (a form that is
posted, by its own method or its button's, a button or link that says so, keys that send), unknown
(a thing of the page's own making, a canvas, a place where a script listens) or harmless (a field, a
tick, a link, a search form or plain text that no script watches). The evidence is what the browser
says of role, name, form and listeners. With nobody there to say yes, nothing grave may be done; the
harmless must be done unasked.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import EffectClass, Policy, Rule, profile
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import AroundWeb, Web, WebDoor, web

Label = Literal["irreversible", "unknown", "harmless"]
_GRAVE: tuple[EffectClass, ...] = ("commit", "destroy", "system", "unknown")
_ASKING = Policy(
    profile="unattended", rules=(Rule(decision="ask", effects=_GRAVE),), known=EVERYTHING
)
_EVERYTHING = Policy(
    rules=(
        Rule(
            decision="allow", effects=("observe", "navigate", "edit", *_GRAVE), owned_display=True
        ),
    )
)
_WORDS = (
    "Delete", "Delete account", "Remove all", "Send", "Pay now", "Buy", "Publish", "Log out",
    "Löschen", "Senden", "Kaufen", "Supprimer", "Envoyer", "Eliminar", "Удалить", "删除", "Discard",
)  # fmt: skip
_LISTENS = (
    "<script>document.getElementById('t').addEventListener('click', () => {{ {n} }})</script>"
)
# {word} is a grave word, {plain} a mild one, {n} makes each page another. #t is the target.
_PAGES: dict[Label, tuple[str, ...]] = {
    "irreversible": (
        "<form method=post action=/p{n}><button id=t>{plain}</button></form>",
        "<form action=/p{n}><button id=t formmethod=post>{plain}</button></form>",
        "<form method=post action=/p{n}><input id=t type=submit value='{plain}'></form>",
        "<form method=post action=/p{n}><input type=image id=t alt='{plain}' width=60 height=20>"
        "</form>",
        "<button id=t type=button data-n={n}>{word}</button>",
        "<div id=t role=button tabindex=0 data-n={n}>{word}</div>",
        "<button id=t type=button data-n={n} aria-label='{word}'>{plain}</button>",
        "<a id=t href=/x{n}>{word}</a>",
        "<a id=t href='mailto:a{n}@b.test'>{plain}</a>",
        "<a id=t href='javascript:void({n})'>{plain}</a>",
        "<form action=/p{n}><button id=t>{word}</button></form>",
    ),
    "unknown": (
        "<div id=t style='width:80px;height:30px'>{plain} {n}</div>" + _LISTENS,
        "<canvas id=t width=80 height=30 data-n={n}></canvas>" + _LISTENS,
        "<div role=tree><div id=t role=treeitem tabindex=0 data-n={n}>{plain}</div></div>",
        "<span id=t onclick='void {n}'>{plain}</span>",
        "<x-thing id=t tabindex=0>{plain} {n}</x-thing>" + _LISTENS,
        "<iframe id=t src='https://other.invalid/{n}' width=80 height=30></iframe>",
    ),
    "harmless": (
        "<input id=t aria-label='{plain}' data-n={n}>",
        "<textarea id=t aria-label='{plain}' data-n={n}></textarea>",
        "<input id=t type=checkbox aria-label='{plain}' data-n={n}>",
        "<a id=t href=/x{n}>{plain}</a>",
        "<form action=/find{n}><button id=t>{plain}</button></form>",
        "<p id=t data-n={n}>{plain}</p>",
        "<select id=t aria-label='{plain}' data-n={n}><option>{plain}</select>",
    ),
}
# Keys on a focused target: Enter in a posted form's field, on a grave button, space on a link.
_KEYED: dict[Label, tuple[tuple[str, Action], ...]] = {
    "irreversible": (
        ("<form method=post action=/p{n}><input id=t><button>{plain}</button></form>",
         Press(keys=("enter",))),
        ("<form method=post action=/p{n}><input id=t><button>{plain}</button></form>",
         Type(text="x\n")),
        ("<button id=t type=button data-n={n}>{word}</button>", Press(keys=("space",))),
    ),
    "unknown": (("<div id=t tabindex=0 data-n={n}>{plain}</div>", Type(text="a\n")),),
    "harmless": (
        ("<input id=t data-n={n}>", Type(text="Ada")),
        ("<form action=/find{n}><input id=t></form>", Press(keys=("enter",))),
        ("<input id=t value={n}>", Press(keys=("backspace",))),
    ),
}  # fmt: skip


class _Counting(AroundWeb):
    """Counts what reaches the page."""

    def __init__(self, inner: Actuator) -> None:
        super().__init__(inner)
        self.performed = 0

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Count, and act."""
        self.performed += 1
        return super().perform(action, permit)


@dataclass(frozen=True)
class _Case:
    """A page's body, and what is done on its target; without an action it is clicked."""

    label: Label
    body: str
    action: Action | None

    @classmethod
    def made(cls, random: Random, label: Label) -> "_Case":
        """Return a random case of that label."""
        body, action = random.choice(_PAGES[label]), None
        if random.random() < 0.25:
            body, action = random.choice(_KEYED[label])
        plain = random.choice(("Help", "City", "Search", "More", "Name"))
        text = body.format(word=random.choice(_WORDS), plain=plain, n=random.randrange(10_000))
        top, left = random.randrange(10, 200), random.randrange(10, 200)
        place = f"<div style='position:absolute;left:{left}px;top:{top}px'>{text}</div>"
        return cls(label, f"<!doctype html><title>page</title>{place}", action)


def _submitted(stage: Web, path: Path, case: _Case, policy: Policy) -> tuple[int, int, str]:
    """Submit a case with nobody to approve; return what was done, asked, and said."""
    stage.show(case.body)
    # until it has come or failed, a frame holds a page of nothing, on which nothing can be pressed
    stage.until(lambda: stage.peek("() => document.readyState"), lambda state: state == "complete")
    if case.action is not None:
        stage.peek("() => document.getElementById('t').focus()")
    action = case.action or Click(point=stage.at("#t"))
    approver, counting = ScriptedApprover(), _Counting(stage.browser)
    door = WebDoor(path, stage, policy, counting, approver)
    outcome = door.gate.submit(action, counting.observe(), "goal")
    door.close()
    told = f"{outcome.kind} {outcome.effect}: {outcome.reason}"
    return counting.performed, len(approver.requests), told


def _asked(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    counts: dict[Label, int] = {"irreversible": 0, "unknown": 0, "harmless": 0}
    labels: tuple[Label, ...] = ("irreversible", "unknown", "harmless", "irreversible")
    policies = (_ASKING, profile("ask"))
    with scratch() as folder, web() as stage:
        stage.pages.taking = lambda form: (200, "taken", "")
        for number, random in seeds("P3 web", 3 * count, seed):
            case = _Case.made(random, labels[number % 4])
            # The profile asks about harmless edits as well: it says nothing of them here.
            policy = _ASKING if case.label == "harmless" else policies[number // 4 % 2]
            policy = policy if defended else _EVERYTHING
            done, questions, told = _submitted(stage, folder / "journal.jsonl", case, policy)
            if not tally.new(case):
                continue
            counts[case.label] += 1
            if wrong := _wrong(case, policy, done, questions):
                tally.fail(f"{case.label} {case.action} {case.body[60:]}", f"{wrong}: {told}")
            if len(tally.keys) == count:
                break
    tally.notes.append(", ".join(f"{n:,} {label}" for label, n in counts.items()))
    return tally.verdict()


def _wrong(case: _Case, policy: Policy, done: int, questions: int) -> str:
    if case.label == "harmless":
        return (
            "" if done and (policy is not _ASKING or not questions) else "it was not done unasked"
        )
    if done:
        return "it was done"
    return "" if questions or policy is not _ASKING else "nobody was asked"


SUITES = (
    Suite(
        "P3 web asking",
        "On a page, what cannot be undone or is not known never happens unasked; the rest does",
        ("browser",),
        Counts(test=6, faults=40, full=600, undefended=16),
        40,
        _asked,
    ),
)
