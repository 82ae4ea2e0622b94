"""Train on several processes that average their weights now and then (local SGD).

Each process takes its own steps on its own screens; every 40 seconds (in a course by steps: every
16 steps) all of them average their weights, each counting by the steps it took. Unlike averaging
gradients at every step, a process that gets less of its core does not hold up the others. Source:
Stich, "Local SGD converges fast and communicates little", ICLR 2019.
"""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, distributed
from torch.nn import Module

from handrail.model.pocket.course import Course, Reached


@dataclass(frozen=True)
class Seat:
    """Which process of a group on this machine this is, of how many, and the port they meet at."""

    rank: int = 0
    world: int = 1
    port: int = 29511


class Peers:
    """One process of a group, from where a course stands to its end; a group of one never waits."""

    def __init__(self, seat: Seat, course: Course, reached: Reached) -> None:
        self.rank, self._world, self._course = seat.rank, seat.world, course
        if seat.world > 1:
            address = f"tcp://127.0.0.1:{seat.port}"
            distributed.init_process_group("gloo", address, rank=seat.rank, world_size=seat.world)
            distributed.barrier()
        self._start = time.monotonic() - reached.minutes * 60
        self.reached, self.step = reached, reached.step(seat.rank)
        self._met, self._since = course.meetings(self.step, reached.minutes), 0

    @property
    def minutes(self) -> float:
        """Return the minutes spent on the course, in earlier sittings too."""
        return (time.monotonic() - self._start) / 60

    def after_step(self, net: Module) -> bool:
        """Note a step, and average where it is time to; tell whether all have these weights."""
        self.step, self._since = self.step + 1, self._since + 1
        if self._world > 1 and self._course.meetings(self.step, self.minutes) <= self._met:
            return False
        self._meet(net)
        return True

    def finish(self, net: Module) -> None:
        """Catch up with the meetings that were missed, meet once more, and part."""
        last = self._course.meetings(self._course.steps or 0, self._course.minutes)
        while self._world > 1 and self._met < last:
            self._meet(net)
        self._meet(net)
        if self._world > 1:
            distributed.destroy_process_group()

    def _meet(self, net: Module) -> None:
        """Average the weights, and note how far all have come in what these have learned."""
        self._met += 1
        minutes = self.minutes
        steps = torch.zeros(self._world, device="cpu")
        steps[self.rank] = self.step
        if self._world > 1:
            steps = self._averaged(net, steps)
        self._since = 0
        self.reached = Reached(minutes, tuple(int(taken) for taken in steps))

    def _averaged(self, net: Module, steps: Tensor) -> Tensor:
        weights = [p.data for p in net.parameters()]
        flat = torch.cat([w.reshape(-1) for w in weights] + [torch.ones(1)]) * max(1, self._since)
        flat = torch.cat([flat, steps.to(flat)])
        distributed.all_reduce(flat)
        flat, steps = flat[: -self._world], flat[-self._world :]
        flat, at = flat[:-1] / flat[-1], 0
        for weight in weights:
            weight.copy_(flat[at : at + weight.numel()].view_as(weight))
            at += weight.numel()
        return steps
