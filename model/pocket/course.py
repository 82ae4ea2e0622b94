"""How long a stage of the training goes on, how fast it learns when, and how far it has come."""

from dataclasses import dataclass

_TOGETHER_MINUTES = 40 / 60
_TOGETHER_STEPS = 16
_LEAST_RATE = 0.03


@dataclass(frozen=True)
class Reached:
    """How far a stage has come: minutes spent on it, and the steps of each of its processes."""

    minutes: float = 0.0
    steps: tuple[int, ...] = ()

    def step(self, rank: int) -> int:
        """Return the steps of a process; one that is new has taken none."""
        return self.steps[rank] if rank < len(self.steps) else 0


@dataclass(frozen=True)
class Course:
    """A stage's name, its length, its learning rate, the share at its end that decays, its seed.

    The length is in minutes of wall time or, where ``steps`` is given, in steps of each process:
    then all that follows from the place in the course, the learning rate and when processes meet,
    is the same on a busy machine and on an idle one. ``warm_up`` is in steps.
    """

    stage: str
    minutes: float
    rate: float
    decay: float
    seed: int
    steps: int | None = None
    warm_up: int = 60

    def share(self, step: int, minutes: float) -> float:
        """Return which share of the course lies behind, 1 or more at its end."""
        if self.steps is not None:
            return step / max(1, self.steps)
        return minutes / max(1e-6, self.minutes)

    def over(self, reached: Reached, rank: int) -> bool:
        """Tell whether a process has come to the end."""
        return self.share(reached.step(rank), reached.minutes) >= 1

    def rate_at(self, step: int, minutes: float) -> float:
        """Return the learning rate: it rises over the first steps and falls in the decay."""
        warm, left = min(1.0, (step + 1) / self.warm_up), 1 - self.share(step, minutes)
        if left > self.decay:
            return self.rate * warm
        return self.rate * warm * max(_LEAST_RATE, left / max(1e-6, self.decay))

    def meetings(self, step: int, minutes: float) -> int:
        """Return how often processes that learn together should have met by now."""
        if self.steps is not None:
            return min(step, self.steps) // _TOGETHER_STEPS
        return int(min(minutes, self.minutes) / _TOGETHER_MINUTES)

    def drawn(self, rank: int) -> str:
        """Return the seed of all that a process draws; a step's number behind it is a step's."""
        return f"{self.stage} {self.seed} {rank}"

    def chance(self, rank: int, step: int) -> int:
        """Return the seed of torch's random numbers in a step, which then hang on no other."""
        return (self.seed * 100 + rank) * 1_000_003 + step


class Interval:
    """Tells when something is due again, in minutes of the course; never where 0 are given."""

    def __init__(self, minutes: float, begun: float) -> None:
        self._minutes, self._last = minutes, begun

    def due(self, now: float) -> bool:
        """Tell whether it is, and begin the next interval where it is."""
        if not self._minutes or now - self._last < self._minutes:
            return False
        self._last = now
        return True
