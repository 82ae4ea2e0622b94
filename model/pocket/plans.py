"""Teach planning without a screen: an instruction with every step's answer beside its history.

A plan is a tree. Its trunk is the instruction and the steps that were done; where each step begins,
a turn of the assistant branches off, which sees the trunk up to there: exactly what the engine is
given at that step. One pass over the trunk so teaches all the answers (tree attention, as in
Medusa, Cai and others, 2024, there for drafts). One attention head is shown which byte of the
instruction is said next (supervised copying, after See and others' pointer-generator, 2017).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from handrail.model.pocket import acts, buttons, instructions, questions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Goal, Move
from handrail.model.pocket.queries import IGNORE, Packed, blank

CHOICE = 3.0
"""How much tokens count that choose a step or where its words end; others only copy letters."""
_SYSTEM = v.encode(v.BEFORE_IMAGE)[:-1]
_BUTTONS = 0.2
"""How often one clause asks for a button that most applications have."""
_STEPS = [v.token(step) for step in v.STEPS]


@dataclass
class Plan:
    """Ids, positions, turns (0: the trunk), labels with weights, and what is quoted from where.

    ``until``: how much of the trunk each id sees. ``quoted``: pairs of a row and of the row that
    holds the next thing to be said, or about which the next step is.
    """

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    turn: list[int] = field(default_factory=list)
    until: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    quoted: list[tuple[int, int]] = field(default_factory=list)

    def add(self, ids: Sequence[int], turn: int, until: int, position: int) -> None:
        """Put ids at the end that are not to be said."""
        self.ids += ids
        self.positions += range(position, position + len(ids))
        self.turn += [turn] * len(ids)
        self.until += [until] * len(ids)
        self.labels += [IGNORE] * len(ids)
        self.weights += [0.0] * len(ids)

    def say(self, row: int, token: int, weight: float = 1.0) -> None:
        """Ask for a token after a row."""
        self.labels[row], self.weights[row] = token, weight


def goal(rng: random.Random, share: float = 0.0, asking: float = 0.0) -> Goal:
    """Draw an instruction of one to four clauses; a share of them ask for more than click, type.

    ``asking``: the share of the instructions whose last clause is a question about the screen.
    """
    clauses = [acts.clause(rng, share) for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 4)))]
    if share and rng.random() < _BUTTONS:  # most often it is what is done last
        clauses[-1 if rng.random() < 0.8 else 0] = buttons.clause(rng)
    if asking and rng.random() < asking:
        clauses[-1] = questions.clause(rng)
    return instructions.goal(rng, clauses)


def plan(rng: random.Random, share: float = 0.0, asking: float = 0.0) -> Plan:
    """Draw an instruction as ``goal`` does and lay out its plan."""
    return laid_out(goal(rng, share, asking))


def laid_out(goal: Goal, ended: bool = True) -> Plan:
    """Return the plan of an instruction: its trunk, then a turn for every step and the end.

    ``ended``: all of the instruction is done with these steps; else there is no turn for the end,
    nor is there after a question, whose answer ends the run.
    """
    words, out = instructions.phrased(goal.text), Plan()
    trunk = [*_SYSTEM, v.token(v.INSTRUCTION), *words]
    first, ends = len(trunk) - len(words), [len(trunk)]
    ids = {at: first + i for at, i in instructions.places(words).items()}
    sources = [ids.get(len(goal.text[:at].encode())) if at >= 0 else None for at in goal.begins]
    trunk.append(v.token(v.PREVIOUS))
    for i, move in enumerate(goal.told):
        trunk += [] if i == 0 else [10]
        trunk += [_STEPS[i], *instructions.step(move)]
        ends.append(len(trunk))
    out.add(trunk, 0, len(trunk), 0)
    for i, (move, source) in enumerate(zip(goal.told, sources, strict=False)):
        _remember(out, ends[i + 1] - len(instructions.step(move)), move, source)
    for i, end in enumerate(ends if ended else ends[:-1]):
        if i == len(goal.moves):
            _answer(out, i + 1, end, Move(), first - 1)  # nothing is left: the instruction's token
        else:
            _answer(out, i + 1, end, goal.moves[i], sources[i])
    return out


def _remember(out: Plan, at: int, move: Move, source: int | None) -> None:
    """Ask for a step of the trunk, which begins at ``at``: it follows as the next one does."""
    said = instructions.step(move)
    for i, token in enumerate(said):
        out.say(at - 1 + i, token, _weight(i, token))
    if source is not None:
        out.quoted.append((at - 1, source))
        if move.click is not None:
            before = len(instructions.opening(move))
            _quote(out, at - 1 + before, said[before:], source)


def _answer(out: Plan, turn: int, until: int, move: Move, source: int | None) -> None:
    """Add the assistant's turn after ``until`` ids of the trunk."""
    opening = [*([v.token(v.NONE)] if turn == 1 else []), *v.encode(v.ASSISTANT)]
    said, at = instructions.answer(move), len(out.ids) + len(opening)
    out.add([*opening, *said], turn, until, until)
    for i, token in enumerate(said):
        out.say(at - 1 + i, token, _weight(i, token))
    if move.click is not None:
        # there is no screen to look at: that one is to be looked at says that the name ends here
        out.say(len(out.ids) - 1, v.token(v.call(move.way)), CHOICE)
    if source is not None:
        out.quoted.append((at - 1, source))
        if move != Move():
            _quote(out, at, instructions.phrased(move.click or move.type), source)


def _weight(i: int, token: int) -> float:
    inside = i > 1 and token < v.BYTES and chr(token).isalnum()
    return 1.0 if inside else CHOICE


def _quote(out: Plan, row: int, said: Sequence[int], source: int) -> None:
    """Note where what is said after ``row`` stands in the instruction."""
    for i, token in enumerate(said):
        if out.ids[source + i] != token:
            return
        out.quoted.append((row + i, source + i))


def pack(batch: Sequence[Sequence[Plan]]) -> Packed:
    """Lay plans in rows, several beside each other, blind to one another."""
    length = max(sum(len(p.ids) for p in plans) for plans in batch)
    out = blank(len(batch), length)
    for b, plans in enumerate(batch):
        at = 0
        for number, one in enumerate(plans):
            end = at + len(one.ids)
            out.ids[b, at:end] = one.ids
            out.positions[:, b, at:end] = one.positions
            out.owner[b, at:end] = number
            out.turn[b, at:end] = one.turn
            out.until[b, at:end] = np.array(one.until) + at
            out.labels[b, at:end] = one.labels
            out.weights[b, at:end] = one.weights
            out.quoted += [(b, at + row, at + source) for row, source in one.quoted]
            at = end
    return out
