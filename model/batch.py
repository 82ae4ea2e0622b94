"""Several replies at once: each pass over the network reads what all of them need next.

Runs join and leave between any two passes. Their keys and values lie in blocks of one pool, where
what begins alike is held once; a prompt that another run is just reading is waited for. Long
prompts are read in chunks, so that the replies under way go on; they also go on between the layers
of the vision tower. Where the pool has no room, newcomers wait, and if those that are there grow
into each other, the youngest makes room and is read once more later. What one run does wrong ends
that run alone. Sources: Orca (OSDI 2022), vLLM (arXiv 2309.06180), Sarathi (arXiv 2308.16369).
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from handrail.model.batch_run import Asked, Event, Run
from handrail.model.block_pool import BLOCK
from handrail.model.engine import Engine
from handrail.model.errors import ModelError, NeverFits, NoRoom
from handrail.model.network import Portion

_LOG = logging.getLogger(__name__)
MOST = 16
"""Runs in one pass at most: with so many rows the kernels for packed weights are at their best."""
CHUNK = 512
"""Tokens of prompts that one pass reads while no reply is under way."""
CHUNK_BESIDE = 64
"""As many while there is one: what a pass takes is what it waits for its next token."""
_SHORT = 16
"""What a reply needs to read is not cut up to here."""


class Batch:
    """Reads and writes several replies with one engine; use from one thread at a time."""

    def __init__(self, engine: Engine, most: int = MOST) -> None:
        self._engine = engine
        self._network = engine.network
        self._pool = engine.reader.pool
        self._most = min(most, MOST)
        self._waiting: deque[Run] = deque()
        self._active: list[Run] = []
        self.passes = 0
        """How often the network was run."""
        self.tokens_read = 0
        """How many tokens were read in these passes."""

    @property
    def size(self) -> int:
        """Return how many runs are here, those that wait for room among them."""
        return len(self._active) + len(self._waiting)

    @property
    def seats(self) -> int:
        """Return how many more runs can be begun at once."""
        return max(0, self._most - self.size)

    def add(
        self, asked: Asked, tell: Callable[[Event], None], cancel: threading.Event | None = None
    ) -> Run:
        """Begin a reply, of which ``tell`` hears from within ``step``; ``cancel`` ends it.

        Raises NeverFits where the pool is too small for it even when it is alone.
        """
        run = Run(asked, self._pool, tell, cancel or threading.Event())
        tokens = min(run.most, self._network.config.text.longest)
        room = self._pool.capacity * BLOCK
        if tokens > room:
            raise NeverFits(
                f"a prompt of {run.length:,} tokens and a reply of up to "
                f"{asked.options.max_new_tokens:,} never fit: there is memory for {room:,}; ask "
                "for a shorter reply (max_tokens), show fewer pictures, or set more memory aside"
            )
        self._waiting.append(run)
        return run

    def step(self) -> bool:
        """Make one pass; return whether there is more to do. What fails is told its run."""
        self._drop_cancelled()
        self._admit()
        self._look()
        self._pass(self._planned(self._active))
        return self.size > 0

    def _drop_cancelled(self) -> None:
        for run in [*self._active, *self._waiting]:
            try:
                run.stop_if_cancelled()
            except ModelError as error:
                self._fail(run, error)

    def _admit(self) -> None:
        """Let those that wait longest in, while there is room for all that they read at first."""
        while self._waiting and len(self._active) < self._most:
            run = self._waiting[0]
            run.adopt()
            short = sum(_missing(other) for other in self._active)
            # and for the first tokens of each: else one would soon have to make room again
            spare = self._pool.free - short - len(self._active) - 1
            if self._active and _missing(run) > spare:
                run.release()
                return
            self._active.append(self._waiting.popleft())

    def _look(self) -> None:
        """Look at the pictures that one run reads next; the others' replies go on meanwhile."""
        for run in self._active:
            run.adopt()
            unseen = run.unseen(min(run.left, CHUNK))
            if not unseen:
                continue

            def between(run: Run = run) -> None:
                run.stop_if_cancelled()
                with self._engine.interrupted_by(None):
                    self._pass(self._planned([r for r in self._active if r.left <= _SHORT]))

            try:
                with torch.inference_mode(), self._engine.interrupted_by(between):
                    seen = self._engine.reader.pictures.see([image for _, image in unseen])
                run.features.update(zip((index for index, _ in unseen), seen, strict=True))
            except Exception as error:  # a bug at one run's picture ends that run alone
                self._fail(run, error)
            return

    def _planned(self, runs: Sequence[Run]) -> list[tuple[Run, Portion]]:
        """Choose what the next pass reads, the oldest run's first, and have blocks for it."""
        planned: list[tuple[Run, Portion]] = []
        chunk = CHUNK_BESIDE if any(run.reply is not None for run in runs) else CHUNK
        being_read: set[bytes] = set()
        for run in [*runs]:
            if run not in self._active or run.cancel.is_set():
                continue  # it made room for an older one
            run.adopt()
            count = run.left if run.left <= _SHORT else min(run.left, chunk)
            count -= 0 if count == run.left else count % BLOCK
            names = run.names_to(count)
            waits = names and names[0] in being_read
            if count == 0 or waits or run.unseen(count):
                continue
            if self._reserved(run, count):
                chunk -= count if run.left > _SHORT else 0
                being_read.update(names)
                planned.append((run, run.portion(count)))
        return planned

    def _reserved(self, run: Run, count: int) -> bool:
        """Have blocks for a run's next tokens; younger runs make room, or it does itself."""
        while True:
            try:
                run.cache.reserve(run.cache.length + count)
                return True
            except NoRoom:
                youngest = self._active.pop()
                youngest.release()
                self._waiting.appendleft(youngest)
                if youngest is run:
                    return False

    def _pass(self, planned: Sequence[tuple[Run, Portion]]) -> None:
        """Read what was chosen, and let those whose tokens are all read write on."""
        if not planned:
            return
        try:
            with torch.inference_mode():
                states = self._network.read([portion for _, portion in planned])
                scored = self._scored(planned, states)
        except Exception as error:  # whose fault it is shows when each is alone
            self._apart(planned, error)
            return
        self.passes += 1
        for run, portion in planned:
            run.was_read(len(portion.token_ids))
            self.tokens_read += len(portion.token_ids)
        for (run, portion), state, scores in zip(planned, states, scored, strict=True):
            if portion.last:
                self._write(run, state, scores)

    def _scored(
        self, planned: Sequence[tuple[Run, Portion]], states: Sequence[Tensor]
    ) -> list[Tensor | None]:
        """Score all tokens for those that need it, with one product."""
        whole = [
            portion.last > 0 and (run.wants_all or not self._network.can_score_few)
            for run, portion in planned
        ]
        wanted = [state for state, needed in zip(states, whole, strict=True) if needed]
        if not wanted:
            return [None] * len(planned)
        scores = self._network.scores(torch.cat(wanted))
        parts = iter(torch.split(scores, [len(state) for state in wanted]))
        return [next(parts) if needed else None for needed in whole]

    def _apart(self, planned: Sequence[tuple[Run, Portion]], error: Exception) -> None:
        """Read each by itself after a pass that failed, so that what fails again ends one run."""
        if len(planned) == 1:
            self._fail(planned[0][0], error)
            return
        for one in planned:
            if one[0] in self._active:
                self._pass([one])

    def _write(self, run: Run, states: Tensor, scored: Tensor | None) -> None:
        """Let a run write until it needs more read; tell its end when it holds nothing any more."""
        try:
            run.take(self._network, self._engine.answer, states, scored)
            ended = run.go_on()
        except Exception as error:  # so does one in what it writes
            self._fail(run, error)
            return
        if ended is not None:
            self._leave(run)
            run.tell(ended)

    def _fail(self, run: Run, error: Exception) -> None:
        self._leave(run)
        if isinstance(error, ModelError):
            run.tell(error)
            return
        # one broken request must not end the others; why is not a stranger's business
        _LOG.error("a reply failed", exc_info=error)
        run.tell(ModelError("the reply failed: the log says why"))

    def _leave(self, run: Run) -> None:
        (self._active if run in self._active else self._waiting).remove(run)
        run.release()


def _missing(run: Run) -> int:
    """Return how many blocks a run needs for what it reads next."""
    return max(0, -(-run.length // BLOCK) - len(run.cache.blocks))
