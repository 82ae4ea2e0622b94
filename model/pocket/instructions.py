"""Write instructions of up to four clauses, and what has to be done for them step by step."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.model.pocket import vocabulary as v
from handrail.model.pocket import words

_TYPE = (
    "type {v} into {n}",
    "type {v} into {n}",
    "type {v} into {n}",
    "enter {v} in {n}",
    "fill {n} with {v}",
    "put {v} into {n}",
    'type "{v}" into {n}',
    'type "{v}" into "{n}"',
    "type {v} into the {n} field",
    "enter {v} into {n}",
    "write {v} in {n}",
    "set {n} to {v}",
)
_CLICK = (
    "click {n}",
    "click {n}",
    "click {n}",
    "click on {n}",
    "press {n}",
    "select {n}",
    "check {n}",
    "tick {n}",
    "open {n}",
    "choose {n}",
    "click the {n} button",
    "click the {n} link",
    'click "{n}"',
    "turn on {n}",
    "open the {n} tab",
)
_PLAIN = ("type {v}", "type {v}", 'type "{v}"', "enter {v}", "write {v}")


@dataclass(frozen=True)
class Move:
    """One step of a plan: click a name, or type a value; neither means that all is done."""

    click: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class Clause:
    """A piece of an instruction and its moves."""

    text: str
    moves: tuple[Move, ...]


def click_clause(rng: random.Random, name: str) -> Clause:
    """Return a clause that asks for a click on a name."""
    return Clause(rng.choice(_CLICK).format(n=name), (Move(click=name),))


def type_clause(rng: random.Random, name: str, value: str) -> Clause:
    """Return a clause that asks for a value in a named field."""
    return Clause(rng.choice(_TYPE).format(n=name, v=value), (Move(click=name), Move(type=value)))


def random_clause(rng: random.Random) -> Clause:
    """Return a clause about names that need not be on any screen."""
    draw, value = rng.random(), words.entry(rng, 18)
    if draw < 0.5:
        return type_clause(rng, words.label(rng, 20), value)
    if draw < 0.93:
        return click_clause(rng, words.label(rng, 20))
    return Clause(rng.choice(_PLAIN).format(v=value), (Move(type=value),))


def goal(rng: random.Random, clauses: Sequence[Clause]) -> str:
    """Join clauses into one instruction, as people write them."""
    style, text = rng.random(), clauses[0].text
    for i, clause in enumerate(clauses[1:], start=2):
        if style < 0.5:
            text += (", then " if i == len(clauses) else ", ") + clause.text
        elif style < 0.65:
            text += ", then " + clause.text
        elif style < 0.8:
            text += (" and " if i == len(clauses) else ", ") + clause.text
        elif style < 0.9:
            text += (", and then " if i == len(clauses) else ", ") + clause.text
        else:
            text += f". {clause.text[0].upper()}{clause.text[1:]}"
    draw = rng.random()
    text = text[0].upper() + text[1:] if draw < 0.25 else text
    return text + "." if rng.random() < 0.12 else text


def prompt(text: str, done: Sequence[Move]) -> list[int]:
    """Return the ids of the user's words (after the image) up to where the assistant begins."""
    ids = [v.token(v.INSTRUCTION), *phrased(text)]
    if done:
        ids.append(v.token(v.PREVIOUS))
        for i, move in enumerate(done):
            ids += ([] if i == 0 else [10]) + [v.token(v.STEPS[min(i, len(v.STEPS) - 1)])]
            ids += [v.token("click "), *phrased(move.click)] if move.click else list(b"type")
    else:
        ids.append(v.token(v.NONE))
    return ids + v.encode(v.ASSISTANT)


def answer(move: Move) -> list[int]:
    """Return the ids of a step's answer; a click's ends where the screen must be looked at."""
    if move.click is not None:
        return [v.token(v.THINK_CLICK), *phrased(move.click)]
    if move.type is not None:
        return [v.token(v.CALL_TYPE), *phrased(move.type), *v.encode([v.END_TYPE, "<|im_end|>"])]
    return v.encode([v.FINISH, "<|im_end|>"])


_SPLIT = (", then ", " into ", "type ", "click ")


def phrased(text: str | None) -> list[int]:
    """Return a text's ids with the phrases that the tokenizer finds in it, leftmost longest."""
    ids: list[int] = []
    rest = text or ""
    while rest:
        found = [(rest.find(p), -len(p), p) for p in _SPLIT if p in rest]
        if not found:
            return ids + list(rest.encode("utf-8"))
        at, _, phrase = min(found)
        ids += [*rest[:at].encode("utf-8"), v.token(phrase)]
        rest = rest[at + len(phrase) :]
    return ids
