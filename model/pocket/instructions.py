"""Write instructions of up to four clauses, and what has to be done for them step by step."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Formatter

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
    "type {v} in {n}",
    "enter {v} into {n}",
    "enter {v} into the {n} box",
    "write {v} in {n}",
    "set {n} to {v}",
    "in {n} type {v}",
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
    "switch to {n}",
    "go to {n}",
    "tick the {n} checkbox",
)
_PLAIN = ("type {v}", "type {v}", 'type "{v}"', "enter {v}", "write {v}")


@dataclass(frozen=True)
class Move:
    """One step of a plan: click a name, type a value, or do what names nothing on the screen.

    ``way`` is what is done at the name where it is no plain click, or what is asked about it;
    ``do`` is one of the lines of ``vocabulary.DEEDS``. Without name, value and deed all is done.
    """

    click: str | None = None
    type: str | None = None
    way: v.Way | v.Question = "click"
    do: str | None = None

    @property
    def asks(self) -> bool:
        """Return whether this is a question, which is answered and not done."""
        return self.way in v.ASKS


NOWHERE = -1
"""Where the words of a move begin that the instruction does not hold."""


@dataclass(frozen=True)
class Clause:
    """A piece of an instruction and its moves; where in the text each move's words begin."""

    text: str
    moves: tuple[Move, ...]
    begins: tuple[int, ...]


@dataclass(frozen=True)
class Goal:
    """A whole instruction and its moves; where in the text each move's words begin."""

    text: str
    moves: tuple[Move, ...]
    begins: tuple[int, ...]

    @property
    def told(self) -> tuple[Move, ...]:
        """Return the moves that a history can tell of: a question's answer ends the run."""
        return self.moves[:-1] if self.moves[-1:] and self.moves[-1].asks else self.moves


def click_clause(rng: random.Random, name: str) -> Clause:
    """Return a clause that asks for a click on a name."""
    text, begins = filled(rng.choice(_CLICK), {"n": name})
    return Clause(text, (Move(click=name),), (begins["n"],))


def type_clause(rng: random.Random, name: str, value: str) -> Clause:
    """Return a clause that asks for a value in a named field."""
    text, begins = filled(rng.choice(_TYPE), {"n": name, "v": value})
    return Clause(text, (Move(click=name), Move(type=value)), (begins["n"], begins["v"]))


def filled(template: str, parts: dict[str, str]) -> tuple[str, dict[str, int]]:
    """Fill a template; return the text and where each part begins in it."""
    text, begins = "", {}
    for literal, key, _, _ in Formatter().parse(template):
        text += literal
        if key is not None:
            begins[key] = len(text)
            text += parts[key]
    return text, begins


def random_clause(rng: random.Random) -> Clause:
    """Return a clause about names that need not be on any screen."""
    draw, value = rng.random(), words.entry(rng, 18)
    if draw < 0.5:
        return type_clause(rng, words.label(rng, 20), value)
    if draw < 0.88:
        return click_clause(rng, words.label(rng, 20))
    text, begins = filled(rng.choice(_PLAIN), {"v": value})
    return Clause(text, (Move(type=value),), (begins["v"],))


_JOINERS = (
    *((", ", ", then "),) * 9,
    *((", then ", ", then "),) * 3,
    *((", ", " and "),) * 2,
    *((", ", ", and "),) * 2,
    *((", ", ", and then "),) * 2,
    *((". ", ". "),) * 2,
)
"""What stands between clauses, and before the last one."""


def goal(rng: random.Random, clauses: Sequence[Clause]) -> Goal:
    """Join clauses into one instruction, as people write them."""
    between, last = rng.choice(_JOINERS)
    text, begins = "", []
    for i, clause in enumerate(clauses):
        if i:
            text += last if i == len(clauses) - 1 else between
        begins += [b if b == NOWHERE else len(text) + b for b in clause.begins]
        text += _capital(clause.text) if text.endswith(". ") else clause.text
    text = _capital(text) if rng.random() < 0.25 else text
    text += "." if rng.random() < 0.12 and not text.endswith("?") else ""
    moves = (move for clause in clauses for move in clause.moves)
    named = (_as_written(move, text, at) for move, at in zip(moves, begins, strict=True))
    return Goal(text, tuple(named), tuple(begins))


def _as_written(move: Move, text: str, begin: int) -> Move:
    """Return a move whose name is written as in the text: one that opens it may have a capital."""
    if move.click is None or begin == NOWHERE or text.startswith(move.click, begin):
        return move
    return replace(move, click=text[begin : begin + len(move.click)])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def prompt(text: str, done: Sequence[Move]) -> list[int]:
    """Return the ids of the user's words (after the image) up to where the assistant begins."""
    ids = [v.token(v.INSTRUCTION), *phrased(text)]
    if done:
        ids.append(v.token(v.PREVIOUS))
        for i, move in enumerate(done):
            ids += ([] if i == 0 else [10]) + [v.token(v.STEPS[min(i, len(v.STEPS) - 1)])]
            ids += step(move)
    else:
        ids.append(v.token(v.NONE))
    return ids + v.encode(v.ASSISTANT)


def step(move: Move) -> list[int]:
    """Return the ids by which a history tells of a step."""
    return [*opening(move), *phrased(move.click)]


def opening(move: Move) -> list[int]:
    """Return the ids of a step in a history that stand before a name; all of them without one."""
    if move.click is not None:
        return phrased(f"{move.way} ")
    return phrased(move.do or "type")


def answer(move: Move) -> list[int]:
    """Return the ids of a step's answer; one at a name ends where the screen is to be looked at."""
    if move.click is not None:
        return [v.token(v.think(move.way)), *phrased(move.click)]
    if move.do is not None:
        return v.encode([v.DEEDS[move.do], "<|im_end|>"])
    if move.type is not None:
        return [v.token(v.CALL_TYPE), *phrased(move.type), *v.encode([v.END_TYPE, "<|im_end|>"])]
    return v.encode([v.FINISH, "<|im_end|>"])


_SPLIT = (", then ", " into ", "type ", "click ")
_LENGTHS = {v.token(phrase): len(phrase) for phrase in _SPLIT}


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


def places(ids: Sequence[int]) -> dict[int, int]:
    """Return which of a phrased text's ids begins at which of its bytes."""
    found, at = {}, 0
    for i, token in enumerate(ids):
        found[at] = i
        at += _LENGTHS.get(token, 1)
    return found
