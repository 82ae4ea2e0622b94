"""A task in plain words, the moves that do it, and how the world must be once it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from handrail.tasks.sites.goals import in_words

MOST_STEPS = 8
FEWEST_STEPS = 3


class World(Protocol):
    """What a task's outcome can be read from."""

    @property
    def calls(self) -> Sequence[str]:
        """Return what the pages asked their service for: ``GET /api/books?isbn=1``."""
        ...

    @property
    def database(self) -> Path:
        """Return the file of Django's database."""
        ...

    def read(self, script: str, argument: object = None) -> object:
        """Return what a script finds on the page in front."""
        ...


@dataclass(frozen=True)
class Move:
    """One step: a click, a text to type, a key to press, a turn of the wheel down the page.

    ``where`` (a CSS selector) and ``beside`` (the whole text of the list item that it lies in)
    tell an oracle which of the shown elements is meant; a model never hears of them.
    """

    verb: Literal["click", "type", "press", "scroll"]
    text: str = ""
    where: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Clause:
    """A part of an instruction, as a person says it, and its moves."""

    words: str
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class UnseenTask:
    """A page, an instruction about it, and what is wrong with the world until it is done.

    ``address`` stands below the root of its source; ``entries`` are typed into the field with the
    focus before the task begins, each followed by Enter. ``problem`` returns an empty text once the
    world is as it was asked for.
    """

    source: str
    kind: str
    address: str
    clauses: tuple[Clause, ...]
    problem: Callable[[World], str]
    entries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert FEWEST_STEPS <= len(self.moves) <= MOST_STEPS, self.text

    @property
    def text(self) -> str:
        """Return the instruction."""
        return in_words([clause.words for clause in self.clauses])

    @property
    def moves(self) -> tuple[Move, ...]:
        """Return the steps that do it, without the word that it is done."""
        return tuple(move for clause in self.clauses for move in clause.moves)


def fill(name: str, where: str, text: str) -> Clause:
    """Return the clause of typing a text into a field that lies empty."""
    return Clause(f"type {text} into {name}", (Move("click", where=where), Move("type", text)))


def tap(name: str, where: str, beside: str = "") -> Clause:
    """Return the clause of clicking what is called so."""
    return Clause(f"click {name}", (Move("click", where=where, beside=beside),))


def press(key: str) -> Clause:
    """Return the clause of pressing a key."""
    return Clause(f"press {key}", (Move("press", key),))


def scroll_down() -> Clause:
    """Return the clause of scrolling the page down."""
    return Clause("scroll down", (Move("scroll"),))


def compared(what: str, wanted: object, found: object) -> str:
    """Return how something differs from what was asked for, empty where it does not."""
    return "" if found == wanted else f"{what}: {found!r:.120}, not {wanted!r:.120}"
