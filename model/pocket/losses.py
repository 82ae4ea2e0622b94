"""What the pocket model is graded on while it learns, and the running averages of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from handrail.model.pocket import asking, queries
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.network import CHARACTERS, Read, Seen, TrainingNetwork, on
from handrail.model.pocket.targets import CELL, WORD, RunTargets

SPREAD = 5.0
"""Standard deviation of the soft coordinate targets, in 1/1000 of a side."""


_ANSWERS = [v.token(text) for text in (v.CALL_ANSWER, v.YES, v.NO)]


@dataclass(frozen=True)
class Weights:
    """How much each part counts."""

    character: float = 0.5
    word: float = 0.5
    place: float = 0.25
    own: float = 0.1
    looking: float = 1.0
    pointing: float = 0.3
    coordinate: float = 0.5
    token: float = 1.0
    quoting: float = 0.5


@dataclass
class Scores:
    """Exponential running averages of named figures."""

    values: dict[str, float] = field(default_factory=dict)

    def note(self, **figures: float) -> None:
        """Take in new figures."""
        for name, figure in figures.items():
            self.values[name] = 0.96 * self.values.get(name, figure) + 0.04 * figure


@lru_cache(maxsize=1)
def _soft_targets() -> Tensor:
    steps = torch.arange(v.RANGE, dtype=torch.float32)
    return functional.softmax(-((steps[:, None] - steps[None]) ** 2) / (2 * SPREAD**2), dim=-1)


_FLOOR = math.log(SPREAD * math.sqrt(2 * math.pi * math.e))


def _soft(log_probabilities: Tensor, units: Tensor) -> Tensor:
    """Return each row's cross-entropy above its floor; columns are the values 0..1000."""
    return -(_soft_targets()[units] * log_probabilities).sum(-1) - _FLOOR


def _axis_logits(hidden: Tensor, table: Tensor, axis: int) -> Tensor:
    first = (v.FIRST_X, v.FIRST_Y)[axis]
    return functional.linear(hidden, table[first : first + v.RANGE]).float()


def reading(net: TrainingNetwork, seen: Seen, letters: Tensor, scores: Scores) -> Tensor:
    """Return the loss of reading single characters off the patches; blank patches count little."""
    chosen = (letters > 0).any(-1) | (torch.rand(len(letters)) < 0.06)
    wanted = letters[chosen].reshape(-1)
    said = net.character(seen.patches[chosen]).float().reshape(-1, CHARACTERS)
    weight = torch.ones(CHARACTERS)
    weight[0] = 0.1
    inked = wanted > 0
    hit = (said.argmax(-1) == wanted)[inked].float().mean().item() if inked.any() else 0.0
    loss = functional.cross_entropy(said, wanted, weight=weight)
    scores.note(char=loss.item(), char_hit=hit)
    return loss


def runs(
    net: TrainingNetwork, seen: Seen, targets: Sequence[RunTargets], scores: Scores
) -> tuple[Tensor, Tensor]:
    """Return the losses of merged tokens saying the text over them, and where it is clicked."""
    words = on(np.concatenate([t.words for t in targets]))
    units = on(
        np.stack([np.concatenate([t.x for t in targets]), np.concatenate([t.y for t in targets])])
    )
    table, count = net.embedding, 0
    word = place = torch.zeros(())
    hits = 0.0
    for half in (0, 1):
        inked = words[:, half, 0] >= 0
        found, number = seen.merged[inked], int(inked.sum())
        if number == 0:
            continue
        wanted = words[inked][:, half]
        said = functional.linear(found, net.word[half]).view(number, WORD, -1)
        letters = (said @ table[32:128].t().to(found.dtype)).float()
        flat = letters.reshape(-1, CHARACTERS)
        word = word + functional.cross_entropy(flat, wanted.reshape(-1), reduction="sum") / WORD
        hits += (letters.argmax(-1) == wanted).float().mean(-1).sum().item()
        spots = functional.linear(found, net.place[half]).view(number, 2, -1)
        for axis in (0, 1):
            logits = _axis_logits(spots[:, axis], table, axis).log_softmax(-1)
            place = place + _soft(logits, units[axis, inked, half]).sum()
        count += number
    scores.note(
        word=word.item() / max(1, count),
        word_hit=hits / max(1, count),
        place=place.item() / max(1, count),
    )
    return word / max(1, count), place / max(1, count)


def own_place(net: TrainingNetwork, seen: Seen, rows: int, columns: int, scores: Scores) -> Tensor:
    """Return the loss of merged tokens knowing where they are."""
    total = seen.merged.shape[0]
    picked = torch.randperm(total)[:96]
    cell = seen.cells[picked]
    units = [
        ((cell % columns) * CELL + CELL / 2) / (columns * CELL),
        ((cell // columns) * CELL + CELL / 2) / (rows * CELL),
    ]
    spots = net.own_place(seen.merged[picked]).view(len(picked), 2, -1)
    loss = torch.zeros(())
    for axis in (0, 1):
        logits = _axis_logits(spots[:, axis], net.embedding, axis)
        loss = loss + _soft(logits.log_softmax(-1), (units[axis] * 1000).round().long()).mean()
    scores.note(own=loss.item())
    return loss


def looking(read: Read, areas: Sequence[np.ndarray], scores: Scores) -> tuple[Tensor, Tensor]:
    """Return the losses of the supervised head and the pointer against the target's area."""
    count = read.pointing.shape[1] - 1
    wanted = torch.zeros(len(areas), count + 1)
    for i, area in enumerate(areas):
        if len(area):
            wanted[i, 1 : len(area) + 1] = on(area)
        else:
            wanted[i, 0] = 1.0
    seen = read.looking[:, : count + 1]
    here = wanted[:, 0] == 0
    hit = wanted.gather(1, seen.argmax(-1, keepdim=True))[:, 0] > 0
    aim, point = -(wanted * seen).sum(-1).mean(), -(wanted * read.pointing).sum(-1).mean()
    scores.note(
        aim=aim.item(),
        point=point.item(),
        aim_hit=hit[here].float().mean().item() if here.any() else 0.0,
    )
    return aim, point


def quoting(read: Read, packed: queries.Packed, scores: Scores) -> Tensor:
    """Return the loss of the head that is shown which word of the instruction is said next."""
    tile, row, source = torch.tensor(packed.quoted).unbind(1)
    weight = on(packed.weights)[tile, row]
    hit = (read.quoting.argmax(-1) == source).float()
    chosen = weight > 1
    scores.note(quote_hit=hit.mean().item(), choice_hit=hit[chosen].mean().item())
    each = -read.quoting.gather(1, source[:, None])[:, 0]
    return (each * weight).sum() / weight.sum()


def answers(
    net: TrainingNetwork, read: Read, packed: queries.Packed, scores: Scores
) -> tuple[Tensor, Tensor]:
    """Return the losses of the coordinates and of the other tokens that are to be said."""
    table, coordinate = net.embedding, torch.zeros(())
    if packed.coordinates:
        tile, row, x, y = torch.tensor(packed.coordinates).unbind(1)
        off = []
        for axis, (at, units) in enumerate(((row, x), (row + 1, y))):
            first = (v.FIRST_X, v.FIRST_Y)[axis]
            spoken = functional.linear(read.hidden[tile, at], table).float().log_softmax(-1)
            spoken = spoken[:, first : first + v.RANGE]
            coordinate = coordinate + _soft(spoken, units).mean()
            off.append((spoken.argmax(-1) - units).abs())
        near = (off[0] < 25) & (off[1] < 18)
        scores.note(coordinate=coordinate.item(), near=near.float().mean().item())
    return coordinate, _spoken(table, read, packed, scores)


def _spoken(table: Tensor, read: Read, packed: queries.Packed, scores: Scores) -> Tensor:
    """Return the loss of the tokens to be said, coordinates apart."""
    labels, weights = on(packed.labels), on(packed.weights)
    asked = labels != queries.IGNORE
    said = functional.linear(read.hidden[asked], table).float()
    loss = functional.cross_entropy(said, labels[asked], reduction="none")
    right = said.argmax(-1) == labels[asked]
    deciding = weights[asked] == queries.DECIDE
    answered = deciding & torch.isin(labels[asked], torch.tensor(_ANSWERS))
    if answered.any():
        letters = right[weights[asked] == asking.LETTER].float()
        scores.note(answered=right[answered].float().mean().item())
        scores.note(**({"letters": letters.mean().item()} if len(letters) else {}))
    decided = deciding & ~answered
    if decided.any():
        here = labels[asked][decided] != v.token(v.ABSENT)
        verdict = right[decided].float()
        if here.any() and (~here).any():
            scores.note(found=verdict[here].mean().item(), refused=verdict[~here].mean().item())
    else:
        scores.note(plan=loss.mean().item(), plan_hit=right.float().mean().item())
    weight = weights[asked]
    return (loss * weight).sum() / weight.sum().clamp_min(1)
