"""Logistic regression for a few signals, and how well a score tells two kinds apart.

Newton's method; targets are drawn in from 0 and 1 as Platt (1999) does, so that signals which tell
everything apart get weights that stay finite.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
_STEPS, _ENOUGH, _RIDGE = 100, 1e-9, 1e-6


def fitted(signals: Floats, truths: Truths) -> Floats:
    """Return the bias and each signal's weight; ``signals`` is (cases, signals).

    Both kinds count as much as each other, however many cases they have. Raises ValueError where a
    kind has none.
    """
    yes, no = int(truths.sum()), int((~truths).sum())
    if not yes or not no:
        raise ValueError("both kinds are needed: what is there, and what is not")
    wanted = np.where(truths, (yes + 1) / (yes + 2), 1 / (no + 2))
    counts = np.where(truths, 0.5 / yes, 0.5 / no) * len(truths)
    rows = _rows(signals)
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        said = chance(rows @ weights)
        slope = rows.T @ (counts * (said - wanted)) + _RIDGE * weights
        bend = (rows.T * (counts * said * (1 - said))) @ rows + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < _ENOUGH:
            break
    return weights


def chances(signals: Floats, weights: Floats) -> Floats:
    """Return the chance of each case, 0..1."""
    return chance(_rows(signals) @ weights)


def area(scores: Floats, truths: Truths) -> float:
    """Return how often one of the first kind scores above one of the second, ties counted half.

    Not a number where a kind has no cases.
    """
    if truths.all() or not truths.any():
        return float("nan")
    yes, no = scores[truths][:, None], scores[~truths][None]
    return float((yes > no).mean() + 0.5 * (yes == no).mean())


def loss(chances: Floats, truths: Truths) -> float:
    """Return the mean negative logarithm of what was said of the truth."""
    said = np.clip(np.where(truths, chances, 1 - chances), 1e-9, 1)
    return float(-np.log(said).mean())


def _rows(signals: Floats) -> Floats:
    return np.concatenate([np.ones((len(signals), 1)), signals], axis=1)


def chance(logits: Floats) -> Floats:
    """Return the chances, 0..1, of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))
