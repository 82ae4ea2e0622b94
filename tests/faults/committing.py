"""Rehearsals of random work, and their commits: ``python committing.py FOLDER``, plans on stdin.

Runs in a mount namespace of its own (``namespaced``). Each line of the input is a ``Plan`` as JSON;
for each a line of the output says what was wrong, empty where nothing was.
"""

import json
import os
import resource
import shutil
import sys
from pathlib import Path
from random import Random
from typing import NamedTuple

from handrail.sandbox.errors import RehearsalError, RestoreError
from handrail.sandbox.rehearsal.commit import Commit
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.target import Target
from tests.faults.commit_kills import kill
from tests.faults.committed import Tree, as_merged, commit, differing
from tests.faults.rehearsing import Rehearsed, expected, told
from tests.faults.tree_making import hard_links, look


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
    return as_merged(rehearsed, record)


def _without_noise(rehearsed: Rehearsed, record: RehearsalRecord) -> str:
    noise = {rehearsed.below(o.path) for o in record.consequences.files if o.noise}
    commit(rehearsed, noise=False)
    now = look(rehearsed.real)
    wanted = {p: e for p, e in rehearsed.merged.items() if p not in noise}
    wanted |= {p: e for p, e in rehearsed.before.items() if p in noise}
    return differing(_untimed(now, noise), _untimed(wanted, noise))


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
    if wrong := differing(look(rehearsed.real), before):
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
