"""Retention: restore points have a budget of size and age, and go run by run, the oldest first.

Promises
- No content goes that a point which stays needs, and no point of a run that is at work or whose
  undo was interrupted.
- Points go before what only they need: however it is interrupted, what is left is whole.

Does not promise
- To stay within the size: what must not go may be more than that, and is named then.
- To know whether the clock is right: what it says is how old a point is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.manifest import Needs, read_needs
from handrail.sandbox.snapshot.plan import pending
from handrail.sandbox.snapshot.store import Store, locked, unkept

Why = Literal["age", "size"]
DAY = 86_400
_TWO, _REST = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{62}")


@dataclass(frozen=True)
class Budget:
    """How much may be kept in bytes, and how long in seconds."""

    size: int = 5 * 10**9
    age: float = 30 * DAY


@dataclass
class KeptRun:
    """The points of one run; ``newest`` in nanoseconds since 1970; ``busy``: it must stay."""

    name: str
    points: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    newest: int = 0
    busy: bool = False


@dataclass(frozen=True)
class Removal:
    """A run whose points go, or would, with what that frees in bytes."""

    run: str
    points: int
    freed: int
    why: Why


@dataclass(frozen=True)
class Collected:
    """What goes, or would; sizes in bytes. ``unneeded``: of contents that no point needed.

    ``busy``: runs that are older or larger than allowed, and stay because they must.
    """

    removals: tuple[Removal, ...]
    unneeded: int
    left: int
    runs_left: int
    busy: tuple[str, ...]

    @property
    def freed(self) -> int:
        """Return how many bytes that frees."""
        return self.unneeded + sum(removal.freed for removal in self.removals)


def collect(store: Store, budget: Budget, now: int, dry: bool = False) -> Collected:
    """Remove what is older or larger than allowed; ``dry``: only tell. Raises RestoreError.

    ``now``: nanoseconds since 1970. Waits until nobody keeps or puts back.
    """
    if not store.path.is_dir():
        return Collected((), 0, 0, 0, ())
    store.prepare()
    with locked(store.path / "lock", alone=True):
        try:
            return _Collection(store, budget, now).done(dry)
        except OSError as error:
            raise unkept(store.path, error) from error


class _Collection:
    """One collection, with everything that lies in the store."""

    def __init__(self, store: Store, budget: Budget, now: int) -> None:
        self.store = store
        self.budget = budget
        self.now = now
        self.sizes = dict(_contents(store))
        self.points = {p.name: _room(p) for p in store.points.iterdir() if _is_point(p.name)}
        self.runs = self._read()
        self.needed = Counter(one for run in self.runs for one in run.needs)

    def done(self, dry: bool) -> Collected:
        """Choose, and remove what was chosen."""
        stray = [*self.store.incoming.iterdir(), *self.store.points.glob("*.new")]
        unneeded = sum(map(_room, stray))
        unneeded += sum(size for name, size in self.sizes.items() if name not in self.needed)
        total = sum(self.sizes.values()) + sum(self.points.values()) + sum(map(_room, stray))
        removals, busy = self._chosen(total - unneeded)
        gone = {removal.run for removal in removals}
        result = Collected(
            tuple(removals),
            unneeded,
            total - unneeded - sum(removal.freed for removal in removals),
            len(self.runs) - len(removals),
            tuple(busy),
        )
        if not dry:
            self._remove([run for run in self.runs if run.name in gone], stray)
        return result

    def _chosen(self, size: int) -> tuple[list[Removal], list[str]]:
        removals, busy = [], []
        for run in self.runs:
            old = self.now - run.newest > self.budget.age * 1_000_000_000
            if not old and size <= self.budget.size:
                continue
            if run.busy:
                busy.append(run.name)
                continue
            freed = self._freed_by(run)
            size -= freed
            removals.append(Removal(run.name, len(run.points), freed, "age" if old else "size"))
        return removals, busy

    def _freed_by(self, run: KeptRun) -> int:
        """Take a run out of the count, and return how many bytes only it needed."""
        freed = sum(self.points[name] for name in run.points)
        self.needed.subtract(run.needs)
        for name in run.needs:
            if self.needed[name] == 0:
                del self.needed[name]
                freed += self.sizes.get(name, 0)
        return freed

    def _read(self) -> list[KeptRun]:
        """Return the runs, the one with the oldest newest point first."""
        runs: dict[str, KeptRun] = {}
        shared: dict[str, str] = {}
        for name in self.points:
            needs = self._needs(name)
            run = runs.setdefault(needs.run, KeptRun(needs.run))
            run.points.append(name)
            run.needs |= {shared.setdefault(one, one) for one in needs.contents}
            run.newest = max(run.newest, needs.began)
        interrupted = {name for plan in pending(self.store) for name in (plan.older, plan.newer)}
        for run in runs.values():
            run.busy = self._at_work(run.name) or not interrupted.isdisjoint(run.points)
        return sorted(runs.values(), key=lambda run: (run.newest, run.name))

    def _needs(self, name: str) -> Needs:
        try:
            return read_needs(self.store.read_point(name), name)
        except RestoreError as error:
            raise RestoreError(f"{error}; nothing was removed: remove that file first") from error

    def _at_work(self, run: str) -> bool:
        place = self.store.runs / run
        if not place.exists():
            return False
        try:
            with locked(place, alone=True, wait=False):
                return False
        except RestoreError:
            return True

    def _remove(self, runs: Iterable[KeptRun], stray: Iterable[Path]) -> None:
        for run in runs:
            for name in run.points:
                (self.store.points / name).unlink()
        OsDisk().sync_folder(self.store.points)
        for run in runs:
            (self.store.runs / run.name).unlink(missing_ok=True)
        for place in stray:
            place.unlink()
        for name in self.sizes.keys() - self.needed.keys():
            self.store.content(name).unlink()
        for place in self.store.latest.iterdir():
            name = place.read_text(encoding="ascii", errors="replace")
            if not _is_point(name) or not (self.store.points / name).exists():
                place.unlink()


def _contents(store: Store) -> Iterator[tuple[str, int]]:
    """Yield every content with the room that it takes."""
    for folder in store.contents.iterdir():
        if _TWO.fullmatch(folder.name):
            for place in folder.iterdir():
                if _REST.fullmatch(place.name):
                    yield folder.name + place.name, _room(place)


def _is_point(name: str) -> bool:
    return bool(_TWO.match(name) and _REST.fullmatch(name[2:]))


def _room(place: Path) -> int:
    return place.lstat().st_blocks * 512
