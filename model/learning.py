"""Learn step by step, so that a kill costs little and changes nothing.

What a step learns from, and what is drawn in it, follow from the seed and the step's number alone.
A state on the disk holds weights, optimizers and how many steps are done; from it the rest goes as
it would have gone, bit for bit on the same machine with as many threads.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from handrail.model.errors import TuningError

OptimizerState = list[dict[str, Any]]
_LEAST_RATE = 0.03


class Optimizers:
    """Muon for some matrices, AdamW for all else.

    Muon (Jordan and others, 2024) with updates scaled to AdamW's size, so that both take one rate.
    """

    def __init__(
        self, matrices: Iterable[nn.Parameter], rest: Iterable[nn.Parameter], rate: float
    ) -> None:
        parts: list[torch.optim.Optimizer] = []
        if turned := list(matrices):
            parts.append(
                torch.optim.Muon(turned, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
            )
        parts.append(
            torch.optim.AdamW(list(rest), lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        )
        self.parts = tuple(parts)

    def step(self, rate: float) -> None:
        """Take one step at a rate, and forget the gradients."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad()

    def state(self) -> OptimizerState:
        """Return what a later run needs to go on."""
        return [part.state_dict() for part in self.parts]

    def restore(self, state: OptimizerState) -> None:
        """Go on from an earlier run's state."""
        for part, saved in zip(self.parts, state, strict=True):
            part.load_state_dict(saved)


def learn_from(
    loss: Tensor, weights: Iterable[nn.Parameter], optimizer: Optimizers, rate: float
) -> None:
    """Go one step down a loss, no further than a gradient of length 1 leads."""
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.step(rate)


def save(content: dict[str, Any], file: Path) -> None:
    """Write a state so that a reader never sees half of it. Raises TuningError where it cannot."""
    part = file.with_suffix(".part")
    try:
        with part.open("wb") as out:  # torch tells less of why it cannot write
            torch.save(content, out)
        part.replace(file)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise TuningError(
            f"{file} cannot be written ({error}): make room on the disk and run the same "
            "command again; it goes on from the state that was kept last"
        ) from error


def kept(file: Path, subject: str) -> dict[str, Any] | None:
    """Return a state that was saved with a ``subject``; None where there is no file.

    Raises TuningError for the state of something else, and for one that cannot be read.
    """
    if not file.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        found = str(state["subject"])
    except Exception as error:  # a damaged file surfaces as anything
        raise TuningError(
            f"{file} cannot be read ({type(error).__name__}): remove it to begin anew"
        ) from error
    if found != subject:
        raise TuningError(
            f"{file} was begun with other settings, rows or threads, or from another model: "
            "run it as it was begun, or choose another folder"
        )
    return state


class Pupil(Protocol):
    """What learns: some of its weights, and the loss of each step."""

    def weights(self) -> list[nn.Parameter]:
        """Return what is learned."""
        ...

    def optimizers(self, rate: float) -> Optimizers:
        """Return fresh optimizers of it."""
        ...

    def loss(self, step: int) -> Tensor:
        """Return the loss of a step; the same step has the same."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Return what is learned so far, by name."""
        ...

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take back what was learned before."""
        ...


@dataclass(frozen=True)
class Course:
    """How many steps, how fast at most, and the seed of all that is drawn."""

    steps: int
    rate: float
    seed: int

    def rate_at(self, step: int) -> float:
        """Return a step's rate: it rises over the first tenth, and then falls to the end."""
        warm = max(1, self.steps // 10)
        left = (self.steps - step) / max(1, self.steps - warm)
        return self.rate * min(1.0, (step + 1) / warm, max(_LEAST_RATE, left))


class StateFile:
    """The state of a learning that goes on; ``subject`` tells it from any other."""

    def __init__(
        self, path: Path, subject: str, every: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self._subject, self._every, self._now = subject, every, now
        self._kept = now()

    def resume(self, pupil: Pupil, optimizer: Optimizers) -> int:
        """Take a kept state back; return how many steps are done, 0 where none is kept.

        Raises TuningError for the state of something else, and for one that cannot be read.
        """
        state = kept(self.path, self._subject)
        if state is None:
            return 0
        pupil.restore(state["learned"])
        optimizer.restore(state["optimizer"])
        return int(state["step"])

    def keep(self, step: int, pupil: Pupil, optimizer: Optimizers, due: bool) -> None:
        """Write the state, if it is time to or ``due``. Raises TuningError where it cannot be."""
        if not due and self._now() - self._kept < self._every:
            return
        content = {
            "subject": self._subject, "step": step,
            "learned": pupil.state(), "optimizer": optimizer.state(),
        }  # fmt: skip
        save(content, self.path)
        self._kept = self._now()


def learn(
    pupil: Pupil, course: Course, states: StateFile, told: Callable[[int, float], None]
) -> None:
    """Take all the steps that are left, keep the state now and then, and tell of each step's loss.

    Raises TuningError where the loss is no number any more, or the state cannot be written.
    """
    optimizer = pupil.optimizers(course.rate)
    step = states.resume(pupil, optimizer)
    told(step, math.nan)
    while step < course.steps:
        torch.manual_seed(course.seed * 1_000_003 + step)
        loss = pupil.loss(step)
        found = float(loss.detach())
        if not math.isfinite(found):
            raise TuningError(
                f"step {step + 1}: the loss is {found}, no number: another --seed, or rows without "
                "contradictions, may help"
            )
        learn_from(loss, pupil.weights(), optimizer, course.rate_at(step))
        step += 1
        told(step, found)
        states.keep(step, pupil, optimizer, due=step == course.steps)
