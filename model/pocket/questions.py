"""Write clauses that ask about what is on the screen; a question is the last clause there is.

What is said of names without a screen need not be on any.
"""

import random

from handrail.model.pocket import vocabulary as v
from handrail.model.pocket import words
from handrail.model.pocket.instructions import Clause, Move, filled

_READ = (
    *("what is the {n}", "what is the {n}", "what is {n}", "what's the {n}", "what is in {n}"),
    *("what does {n} say", "what does the {n} say", "what is the value of {n}", "read {n}"),
    *("read the {n}", "read out {n}", "tell me the {n}", "tell me what {n} says"),
    *("tell me what is in {n}", "tell me what stands in {n}", "what stands in the {n} field"),
    *("what is written in {n}", "what is entered in {n}", 'what does "{n}" say', 'read "{n}"'),
)
_THERE = (
    *("is there a {n}", "is there a {n}", "is there a {n} button", "is there {n}"),
    *("is there {n} on the screen", "is there a {n} link on this page", "is {n} there"),
    *("is {n} on the screen", 'is there "{n}"', "does the page have {n}", "can you see {n}"),
    *("tell me whether there is a {n}", "tell me if there is {n}", "check whether there is {n}"),
)
_CHECKED = (
    *("is {n} checked", "is {n} checked", "is {n} ticked", "is {n} on", "is {n} turned on"),
    *("is {n} selected", "is {n} switched on", "is the {n} checkbox checked"),
    *("is the {n} box ticked", 'is "{n}" checked', "tell me whether {n} is checked"),
    *("tell me if {n} is on", "check whether {n} is ticked"),
)
_UNCHECKED = (
    *("is {n} unchecked", "is {n} off", "is {n} turned off", "is {n} switched off"),
    *("is the {n} box unchecked", "tell me if {n} is off", "tell me whether {n} is unchecked"),
)
_ENABLED = (
    *("is {n} enabled", "is {n} enabled", "is the {n} button enabled", "can {n} be clicked"),
    *("can {n} be used", "is {n} available", "tell me whether {n} is enabled"),
)
_DISABLED = (
    *("is {n} disabled", "is {n} greyed out", "is {n} grayed out", "is the {n} button disabled"),
    *("is the {n} button greyed out", "tell me whether {n} is disabled", "tell me if {n} is grey"),
)
_FORMS: dict[v.Question, tuple[str, ...]] = {
    "read": _READ,
    "see whether there is": _THERE,
    "see whether it is checked:": _CHECKED,
    "see whether it is unchecked:": _UNCHECKED,
    "see whether it is enabled:": _ENABLED,
    "see whether it is disabled:": _DISABLED,
}
_MARKED = 0.7
"""The share of questions that end in a question mark."""
_QUESTIONS: tuple[v.Question, ...] = tuple(_FORMS)
_WEIGHTS = (10, 5, 3, 1, 2, 2)
_OWN_ARTICLE = ("the ", "a ", "an ")
_CALLED = {
    "{n} button": ("button", "icon"),
    "{n} link": ("link",),
    "{n} field": ("field", "list"),
    "{n} checkbox": ("check",),
    "{n} box": ("check",),
}
"""What may be called so in a form."""
_VOWELS = frozenset("aeiou")
_PLACES = ("first", "second", "third", "fourth", "last")
_ROLES = ("button", "field", "link", "checkbox", "tab", "option", "entry")
_SIDES = ("left of", "right of", "above", "below")


def asked(rng: random.Random, question: v.Question, name: str, kind: str = "") -> Clause:
    """Return a clause that asks a question about a name; it calls no button a link.

    ``kind``: what the element is that is asked about, empty where it may be called anything.
    """
    forms = [form for form in _FORMS[question] if _fits(form, name, kind)]
    form = rng.choice(forms)
    if name[:1].casefold() in _VOWELS:
        form = form.replace(" a {n}", " an {n}")
    text, begins = filled(form, {"n": name})
    asks = text.startswith(("what", "is ", "does", "can "))
    text += "?" if asks and rng.random() < _MARKED else ""
    return Clause(text, (Move(name, way=question),), (begins["n"],))


def _fits(form: str, name: str, kind: str) -> bool:
    if name.startswith(_OWN_ARTICLE):
        return "the {n}" not in form and " a {n}" not in form
    return all(not kind or kind in kinds for role, kinds in _CALLED.items() if role in form)


def clause(rng: random.Random) -> Clause:
    """Return a question about a name that need not be on any screen."""
    return asked(rng, rng.choices(_QUESTIONS, _WEIGHTS)[0], _name(rng))


def of(column: str, row: str, rng: random.Random) -> str:
    """Return a way to ask for the cell of a row in a column."""
    form = rng.choice(("{} of {}", "{} of {}", "{} for {}", "{} in the row {}", "{} in the {} row"))
    return form.format(column, row)


def _name(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.7:
        return words.label(rng, 20)
    if draw < 0.85:
        return of(words.label(rng, 12), words.label(rng, 16), rng)
    if draw < 0.93:
        return f"the {rng.choice(_PLACES)} {rng.choice(_ROLES)}"
    return f"the {rng.choice(_ROLES)} {rng.choice(_SIDES)} {words.label(rng, 16)}"
