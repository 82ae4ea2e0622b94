"""Rehearsals of random work, and their commits: ``python committing.py FOLDER``, plans on stdin.

Runs in a mount namespace of its own (``namespaced``). Each line of the input is a ``Plan`` as JSON;
for each a line of the output says what was wrong, empty where nothing was.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from handrail.sandbox.errors import RehearsalError, RestoreError
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.rehearsal.commit_record import CommitState
from handrail.sandbox.rehearsal.record import RehearsalRecord, read_record
from handrail.sandbox.rehearsal.target import Target
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan as Redo
from handrail.sandbox.snapshot.putting_back import PuttingBack
from tests.faults.rehearsing import Rehearsed, expected, told
from tests.faults.tree_making import Look, hard_links, look
from tests.faults.undoing import named

Tree = dict[bytes, Look]


class Plan(NamedTuple):
    """A case: what is tried (``equal``, ``conflict``, ``kill``), and with what chance."""

    kind: str
    number: int
    seed: str
    defended: bool = True


def namespaced(command: list[str]) -> list[str]:
    """Return a command that may mount what nobody else sees."""
    own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    return [*own, "--propagation", "private", "--", *command]


class Careless(Commit):
    """Looks for no conflict: what it finds is as it must be."""

    def _conflicts(self, target: Target, before: str) -> list[str]:
        return []


class Forgetful(PuttingBack):
    """Puts in place without a redo log."""

    def write_down(self, plan: Redo) -> None:
        """Do nothing."""


def commit(
    rehearsed: Rehearsed,
    noise: bool = True,
    way: type[Commit] = Commit,
    putting: type[PuttingBack] = PuttingBack,
    live: type[LiveTree] = LiveTree,
    told: Callable[[CommitState], None] = lambda _state: None,
) -> None:
    """Commit what was rehearsed. Raises RehearsalError, RestoreError."""
    digest = read_record(rehearsed.run).consequences.digest
    store, roots = rehearsed.folder / "store", (rehearsed.real,)
    with FileKeeper(store, roots, "run", live=live, putting=putting) as keeper:
        way(rehearsed.run, Surroundings(keeper, told)).run(digest, noise)


def _differing(one: Tree, two: Tree) -> str:
    wrong = [path for path in sorted(one.keys() | two.keys()) if one.get(path) != two.get(path)]
    return "; ".join(f"{path!r}: {one.get(path)} is not {two.get(path)}" for path in wrong[:2])


def equal(rehearsed: Rehearsed, defended: bool) -> str:
    """What is told is what two looks say, and the commit makes the real folder the merged one."""
    record = rehearsed.tell(defended)
    if record.disturbed:
        return f"disturbed: {record.disturbed}"
    if wrong := told(rehearsed, record) ^ expected(rehearsed):
        return f"told wrongly: {sorted(wrong)[:3]}"
    if rehearsed.random.random() < 0.3:
        return _without_noise(rehearsed, record)
    commit(rehearsed)
    return _as_merged(rehearsed, record)


def _as_merged(rehearsed: Rehearsed, record: RehearsalRecord) -> str:
    if wrong := _differing(look(rehearsed.real), rehearsed.merged):
        return f"committed wrongly: {wrong}"
    told = {rehearsed.below(o.path) for o in record.consequences.files if not o.metadata}
    links = hard_links(rehearsed.real)
    lost = rehearsed.links - links
    extra = {
        pair
        for pair in links - rehearsed.links
        if told & set(pair) and not _parted(rehearsed, pair)
    }
    return f"links: {sorted(lost)[:2]} lost, {sorted(extra)[:2]} too many" if lost or extra else ""


def _parted(rehearsed: Rehearsed, pair: tuple[bytes, bytes]) -> bool:
    """Tell whether only the overlay parted them: one is linked to what was linked to the other."""
    was, new = _both_ways(rehearsed.links_before), _both_ways(rehearsed.links)
    one, other = pair
    return bool(
        was.get(one, set()) & new.get(other, set()) | was.get(other, set()) & new.get(one, set())
    )


def _both_ways(links: set[tuple[bytes, bytes]]) -> dict[bytes, set[bytes]]:
    found: dict[bytes, set[bytes]] = {}
    for one, other in links:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def _without_noise(rehearsed: Rehearsed, record: RehearsalRecord) -> str:
    noise = {rehearsed.below(o.path) for o in record.consequences.files if o.noise}
    commit(rehearsed, noise=False)
    now = look(rehearsed.real)
    wanted = {p: e for p, e in rehearsed.merged.items() if p not in noise}
    wanted |= {p: e for p, e in rehearsed.before.items() if p in noise}
    return _differing(_untimed(now, noise), _untimed(wanted, noise))


def _untimed(tree: Tree, noise: set[bytes]) -> Tree:
    return {
        path: one._replace(mtime=0) if path in noise and one.kind == "folder" else one
        for path, one in tree.items()
    }


def conflict(rehearsed: Rehearsed, defended: bool) -> str:
    """Somebody changes what is concerned: the commit refuses and touches nothing."""
    early = rehearsed.random.random() < 0.3
    if early:
        paths = [path for _change, _kind, path, *_rest in expected(rehearsed) if path != b"."]
        meddled = _meddle(rehearsed, sorted(paths))
    record = rehearsed.tell()
    if not early:
        files = [o for o in record.consequences.files if not o.noise and o.was != o.becomes]
        meddled = _meddle(rehearsed, [rehearsed.below(one.path) for one in files])
    if not meddled:
        return "-"
    before = look(rehearsed.real)
    links = hard_links(rehearsed.real)
    try:
        commit(rehearsed, noise=False, way=Commit if defended else Careless)
    except RehearsalError as error:
        if "nothing was touched" not in str(error):
            return f"refused late: {error}"
    else:
        return f"not refused: {meddled}"
    if wrong := _differing(look(rehearsed.real), before):
        return f"refused and touched: {wrong}"
    return "" if hard_links(rehearsed.real) == links else "refused, and links are different"


def _meddle(rehearsed: Rehearsed, paths: list[bytes]) -> str:
    """Change one of the paths in the real folder as somebody else would; say how."""
    rehearsed.random.shuffle(paths)
    for below in paths:
        path = rehearsed.real / os.fsdecode(below)
        if not path.parent.is_dir() or path.parent.is_symlink():
            continue
        if not os.path.lexists(path):
            path.write_bytes(b"mine")
            return f"made {below!r}"
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
            return f"removed {below!r}"
        if path.is_dir():
            if below in rehearsed.merged and rehearsed.merged[below].kind == "folder":
                path.chmod(0o711 if path.stat().st_mode & 0o777 != 0o711 else 0o755)
                return f"changed the mode of {below!r}"
            (path / "mine").write_bytes(b"mine")
            return f"made something in {below!r}"
        return _meddle_with_file(rehearsed.random, path)
    return ""


def _meddle_with_file(random: Random, path: Path) -> str:
    seen, content = path.stat(), path.read_bytes()
    way = random.randrange(4)
    if way == 0 and content:
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        return f"changed a bit of {path!r}"
    if way == 1:
        path.chmod(0o604 if seen.st_mode & 0o777 != 0o604 else 0o640)
        return f"changed the mode of {path!r}"
    if way == 2:
        os.setxattr(path, "user.mine", b"mine")
        return f"labelled {path!r}"
    path.unlink()
    return f"removed {path!r}"


def kill(rehearsed: Rehearsed, defended: bool) -> str:
    """Killed at any point, and again, the last commit comes to the same end.

    Where somebody writes midway, that is never lost: all is taken back, whenever that is
    interrupted, or it was done already.
    """
    record, random = rehearsed.tell(), rehearsed.random
    way = PuttingBack if defended else Forgetful
    target = _target(rehearsed, record) if random.random() < 0.4 else None
    most = 5 * len(record.consequences.files) + 25
    with _Somebody(rehearsed, target) as somebody:
        for _ in range(random.randint(1, 3)):
            somebody.left = random.randrange(random.choice((5, 25, most)))
            _killed(rehearsed, somebody, way, random.randrange(random.choice((12, 40, most))))
    try:
        commit(rehearsed, putting=way)
    except (RehearsalError, RestoreError) as error:
        if target is None or not somebody.kept:
            return f"does not converge: {error}"
        return _but_for(rehearsed, target, rehearsed.before)
    if somebody.wrote and target is not None:
        return _but_for(rehearsed, target, rehearsed.merged) if somebody.kept else "it is lost"
    return _as_merged(rehearsed, record)


MINE = b"mine, whatever was rehearsed"


def _target(rehearsed: Rehearsed, record: RehearsalRecord) -> Path | None:
    """Choose a file that somebody will write to while it is committed."""
    files = [
        one.path
        for one in record.consequences.files
        if one.was is not None and one.was.entry == "file" and not one.metadata
    ]
    return Path(os.fsdecode(read(rehearsed.random.choice(files)))) if files else None


class _Somebody:
    """Writes to a file when so many points are ``left``: by its name, or having opened it early."""

    def __init__(self, rehearsed: Rehearsed, target: Path | None) -> None:
        self.target = target
        self.left = 0
        self._told = rehearsed.folder / "wrote"
        self._open = -1
        if target is not None and rehearsed.random.random() < 0.5:
            self._open = os.open(target, os.O_WRONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._open >= 0:
            os.close(self._open)

    @property
    def wrote(self) -> bool:
        return self._told.exists()

    @property
    def kept(self) -> bool:
        """Tell whether what was written is still there."""
        target = self.target
        return target is not None and target.is_file() and target.read_bytes() == MINE

    def reached(self) -> None:
        """Come nearer to it, or write."""
        self.left -= 1
        if self.left != 0 or self.target is None or self.wrote:
            return
        how = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        with contextlib.suppress(OSError):  # what it wants to write to has become something else
            file = os.dup(self._open) if self._open >= 0 else os.open(self.target, how, 0o644)
            self._told.touch()
            os.ftruncate(file, 0)
            os.pwrite(file, MINE, 0)
            os.close(file)


def _but_for(rehearsed: Rehearsed, target: Path, wanted: Tree) -> str:
    """Compare with how all is to be, but for what somebody wrote."""
    same = bytes(target.relative_to(rehearsed.real))
    pairs = rehearsed.links_before | rehearsed.links
    names = {same, *(name for pair in pairs for name in pair if same in pair)}
    now, then = (
        {path: one for path, one in tree.items() if path not in names}
        for tree in (look(rehearsed.real), wanted)
    )
    return _differing(now, then)


def _killed(rehearsed: Rehearsed, somebody: _Somebody, way: type[PuttingBack], stop: int) -> None:
    """Commit in a child that dies at a point; a line in ``killed`` says at which."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    left = [stop]

    def reached(point: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            with (rehearsed.folder.parent / "killed").open("a") as told:
                told.write(point + "\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def at_step(step: str, before: bool) -> None:
        if before and step in ("link", "rename", "dress"):
            somebody.reached()
        reached(f"{'before' if before else 'after'} {step}")

    try:
        live = named(at_step)
        commit(rehearsed, putting=way, live=live, told=lambda state: reached(state.phase))
    finally:
        os._exit(0)  # whatever happened: a child must never go on with its parent's cases


KINDS = {"equal": equal, "conflict": conflict, "kill": kill}


def main(root: Path) -> None:
    """Make every case that the input asks for."""
    # A case that goes wrong may not take the machine with it.
    resource.setrlimit(resource.RLIMIT_CPU, (900, 900))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    for line in sys.stdin:
        plan = Plan(**json.loads(line))
        folder = root / f"{plan.kind}-{plan.number}"
        folder.mkdir()
        try:
            said = KINDS[plan.kind](Rehearsed(folder, Random(plan.seed)), plan.defended)
        except (RehearsalError, RestoreError, OSError, AssertionError, KeyError) as error:
            said = f"{type(error).__name__}: {error}"
        print(json.dumps(said), flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
