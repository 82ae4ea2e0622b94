"""Train on several processes that average their weights now and then (local SGD).

Each process takes its own steps on its own screens; every ``SECONDS`` all of them average their
weights, each counting by the steps it took. Unlike averaging gradients at every step, a process
that gets less of its core does not hold up the others. Source: Stich, "Local SGD converges fast
and communicates little", ICLR 2019.
"""

import time

import torch
from torch import distributed
from torch.nn import Module

SECONDS = 40.0


class Peers:
    """One process of a group on this machine; a group of one does nothing."""

    def __init__(self, rank: int, world: int, port: int, minutes: float) -> None:
        self.rank, self._world = rank, world
        self._last = int(minutes * 60 / SECONDS)
        if world > 1:
            address = f"tcp://127.0.0.1:{port}"
            distributed.init_process_group("gloo", address, rank=rank, world_size=world)
            distributed.barrier()
        self._start = time.monotonic()
        self._meetings, self._steps = 0, 0

    @property
    def minutes(self) -> float:
        """Return how long ago the group began."""
        return (time.monotonic() - self._start) / 60

    def after_step(self, net: Module) -> None:
        """Note a step, and average where it is time to."""
        self._steps += 1
        due = self.minutes * 60 >= (self._meetings + 1) * SECONDS
        if due and self._meetings < self._last:
            self._average(net)

    def finish(self, net: Module) -> None:
        """Catch up with the meetings that were missed, and average once more."""
        while self._meetings <= self._last:
            self._average(net)

    def _average(self, net: Module) -> None:
        self._meetings += 1
        if self._world == 1:
            return
        weights = [p.data for p in net.parameters()]
        flat = torch.cat([w.reshape(-1) for w in weights] + [torch.ones(1)]) * max(1, self._steps)
        distributed.all_reduce(flat)
        flat, at = flat[:-1] / flat[-1], 0
        for weight in weights:
            weight.copy_(flat[at : at + weight.numel()].view_as(weight))
            at += weight.numel()
        self._steps = 0
