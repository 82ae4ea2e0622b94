"""Files: the keeper of folders that a policy names.

Promises
- What a point holds of a folder is exactly what is put back of it: every byte, mode, owner, time of
  change, extended attribute and link, whatever a name is made of.
- Keeping again costs what has changed, and a look at everything else.
- While a keeper is open, nothing that its run kept is removed.

Does not promise
- To put back devices, and what another file system holds that is mounted inside: ``lost`` names
  them. A socket comes back as a name at which nobody listens.
- To keep a name outside of the folders together with one inside that shares its inode: what was put
  back inside is a file of its own.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.comparing import Comparison, settled, underway
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.known import Known
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.manifest import Manifest, plain, read_manifest
from handrail.sandbox.snapshot.plan import Phase, Plan, pending
from handrail.sandbox.snapshot.putting_back import PuttingBack
from handrail.sandbox.snapshot.selection import EVERYTHING
from handrail.sandbox.snapshot.store import Batch, Store, locked, unkept
from handrail.sandbox.snapshot.tree import Tree

UNNAMED = "unnamed"
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class FileKeeper:
    """Keeps folders in a store; points are of the run that is named, and live as long as it may.

    A ``selection`` may be put in place of everything in them.
    """

    def __init__(
        self,
        store: Path,
        roots: tuple[Path, ...],
        run: str = UNNAMED,
        clock: Callable[[], int] = time.time_ns,
        live: type[LiveTree] = LiveTree,
        putting: type[PuttingBack] = PuttingBack,
    ) -> None:
        self.store = Store(store)
        self.roots = roots
        self.run = run
        self.clock = clock
        self.live = live
        self.putting = putting
        self.selection = EVERYTHING
        self._held = ExitStack()
        self._open = False
        self._last: tuple[str, Manifest] | None = None

    def __enter__(self) -> Self:
        """Open it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def name(self) -> str:
        """Return what it keeps."""
        return "files"

    def close(self) -> None:
        """Let what the run kept be removed when its time has come."""
        self._held.close()
        self._open = False
        self._last = None

    def keep(self) -> str:
        """Keep the folders as they are now, durably, and return the point's name.

        Raises RestoreError: a full disk, a file that cannot be read or never stops changing, a
        folder that is a link, or an undo of these folders that was interrupted.
        """
        roots = plain(self.roots, self.store.path if self.selection.whole else None)
        self._hold()
        with self.store.shared():
            if any(plan.touches(roots) for plan in pending(self.store)):
                raise RestoreError(
                    "an undo of these folders is at work, or was interrupted: let it end, or "
                    "finish it by undoing once more"
                )
            began, batch = self.clock(), Batch(self.store)
            try:
                tree = Tree(self._known(roots, began), batch.take, self.selection)
                entries = tree.read(roots)
                batch.settle()
            except OSError as error:
                raise unkept(self.store.path, error) from error
            finally:
                batch.drop()
            manifest = Manifest(self.run, began, roots, entries)
            name = self.store.write_point(manifest.written())
            if self.selection.whole:
                self._remember(roots, name)
        self._last = name, manifest
        return name

    def derive(self, point: str, made: Callable[[Manifest, Batch], Mapping[bytes, Entry]]) -> str:
        """Keep a point that never was, made of another, and return its name.

        ``made`` puts the contents that are new into the batch. Raises what that raises, and
        RestoreError.
        """
        self._hold()
        with self.store.shared():
            base, batch = self._manifest(point), Batch(self.store)
            try:
                entries = made(base, batch)
                batch.settle()
            except OSError as error:
                raise unkept(self.store.path, error) from error
            finally:
                batch.drop()
            manifest = Manifest(self.run, self.clock(), base.roots, entries)
            return self.store.write_point(manifest.written())

    def entries(self, point: str) -> Mapping[bytes, Entry]:
        """Return what was where at a point. Raises RestoreError."""
        return self._manifest(point).entries

    def stopped(self, older: str, newer: str) -> Phase | None:
        """Return where putting back was interrupted, None where it was not. Raises RestoreError."""
        plans = (plan for plan in pending(self.store) if (plan.older, plan.newer) == (older, newer))
        return next((plan.phase for plan in plans), None)

    def differences(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what differs between two points, in order. Raises RestoreError."""
        return self._comparison(older, newer).told()

    def lost(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what of that cannot be put back. Raises RestoreError."""
        return self._comparison(older, newer).lost()

    def conflicts(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what of that is now neither as ``newer`` nor as ``older`` has it.

        Where putting back was interrupted, what is on its way is no conflict.
        """
        comparison = self._comparison(older, newer)
        with self.store.shared():
            ready = [p for p in pending(self.store) if (p.older, p.newer) == (older, newer)]
            fits = underway if any(plan.phase != "staging" for plan in ready) else settled
            return comparison.looked(fits)[1]

    def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Make what differs between the points as ``older`` has it, and return what was done."""
        self._hold()
        comparison = self._comparison(older, newer)
        with self.store.shared(), locked(self.store.plans / "lock", alone=True):
            for plan in pending(self.store):
                if plan.touches(comparison.roots):
                    done = self._settle(plan)
                    forward = plan.phase in ("ready", "done")
                    if forward and (plan.older, plan.newer) == (older, newer):
                        return done
            return self._putting_back(older, newer).begin()

    def _settle(self, plan: Plan) -> tuple[Difference, ...]:
        """Bring an interrupted undo to its end: forward where its plan was ready, else back."""
        putting = self._putting_back(plan.older, plan.newer)
        if plan.phase != "staging":
            return putting.finish(plan)
        putting.discard(plan)
        return ()

    def _putting_back(self, older: str, newer: str) -> PuttingBack:
        comparison = self._comparison(older, newer)
        live = self.live(comparison.roots)
        return self.putting(self.store, live, (older, newer), comparison)

    def _comparison(self, older: str, newer: str) -> Comparison:
        points = self._manifest(older), self._manifest(newer)
        known = Known(points[1].entries, points[1].began)
        # Times prove nothing where the clock was turned back.
        return Comparison(*points, known if known.began <= self.clock() else None)

    def _manifest(self, name: str) -> Manifest:
        if self._last is not None and self._last[0] == name:
            return self._last[1]
        return read_manifest(self.store.read_point(name), name)

    def _hold(self) -> None:
        """Keep whoever removes away from what the run kept."""
        if not self._open:
            if not _RUN.fullmatch(self.run):
                raise RestoreError(f"{self.run[:80]!a} is no name of a run")
            self.store.prepare()
            with self.store.shared():  # so that no lock is taken that is just being removed
                self._held.enter_context(locked(self.store.runs / self.run, alone=False))
            self._open = True

    def _known(self, roots: tuple[bytes, ...], now: int) -> Known:
        """Return what the last point of these folders knows, if there is one that can be used."""
        if not self.selection.whole:
            return Known()
        place = self._latest(roots)
        try:
            name = place.read_text(encoding="utf-8")
            manifest = self._manifest(name)
        except (OSError, ValueError, RestoreError):
            return Known()  # then everything is read: slow, and right
        if manifest.began > now or manifest.roots != roots:
            return Known()  # the clock was turned back: times prove nothing
        return Known(manifest.entries, manifest.began)

    def _remember(self, roots: tuple[bytes, ...], name: str) -> None:
        place = self._latest(roots)
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        with suppress(OSError):  # the point is whole without it, and the next one only slower
            try:
                fresh.write_text(name, encoding="utf-8")
                fresh.replace(place)
            finally:
                fresh.unlink(missing_ok=True)

    def _latest(self, roots: tuple[bytes, ...]) -> Path:
        return self.store.latest / hashlib.sha256(b"\0".join(roots)).hexdigest()[:32]
