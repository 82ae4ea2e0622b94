"""A folder, a copy of it in which random work was done, and what two plain looks say of that."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.difference import differences
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, keep_record
from tests.faults.tree_making import Look, Worker, hard_links, look

Row = tuple[str, str, bytes, str, str, bool]


class Rehearsed:
    """A folder, a copy of it in which random work was done, and what was told of it."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder, self.random = folder, random
        self.real, self.run = folder / "real", folder / "run"
        self.real.mkdir()
        self.run.mkdir()
        Worker(self.real, random).work(random.randint(3, 30))
        self.copy = random.random() < 0.2
        self.layer = Layer(
            self.real,
            folder / "over",
            "copy" if self.copy else "overlay",
            "trusted" if _rules_the_machine() else "user",
        )
        self.before, self.links_before = look(self.real), hard_links(self.real)
        self.base = Baseline.take(self.real)
        with self._copied() as merged:
            Worker(merged, random).work(random.randint(1, 15))
            self.merged, self.links = look(merged), hard_links(merged)
        # A user's overlay tells two inodes of one file where it copied up the first of its names.
        self.links |= hard_links(self.layer.changed)

    @contextlib.contextmanager
    def _copied(self) -> Iterator[Path]:
        over, merged = self.layer.changed, self.folder / "merged"
        if self.copy:
            subprocess.run(["cp", "-a", self.real, over], check=True)
            self.base = self.base.with_copy(over)
            yield over
            return
        over.mkdir()
        shutil.copystat(self.real, over)
        for place in (merged, self.folder / "work"):
            place.mkdir()
        trusted = "redirect_dir=off,metacopy=off,index=off"  # as they are with userxattr
        marks = "userxattr" if self.layer.marks == "user" else trusted
        work = self.folder / "work"
        options = f"lowerdir={self.real},upperdir={over},workdir={work},{marks}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], check=True)
        try:
            yield merged
        finally:
            subprocess.run(["umount", merged], check=True)

    def tell(self, defended: bool = True) -> RehearsalRecord:
        """Compare, and keep the record; undefended, no mark of an overlay is understood."""
        other = replace(self.layer, form="overlay" if self.copy else "copy")
        told = differences([self.layer if defended else other], [self.base])
        record = RehearsalRecord(
            run=self.run.name,
            on="desktop",
            stage="ended",
            layers=(LayerRow.of(self.layer),),
            consequences=Consequences(found=told.found),
            disturbed=told.disturbed,
        )
        keep_record(self.run, record, OsDisk())
        return record

    def below(self, path: str) -> bytes:
        """Return an absolute written path as the looks name it."""
        return read(path)[len(bytes(self.real)) + 1 :] or b"."


def _rules_the_machine() -> bool:
    """Tell whether this root is the machine's, and not only that of a user's namespace."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def expected(rehearsed: Rehearsed) -> set[Row]:
    """Return what two looks at the whole folder say that changed."""
    found = set()
    before, after = rehearsed.before, rehearsed.merged
    for path in before.keys() | after.keys():
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        change = "created" if old is None else "deleted" if new is None else "changed"
        same = bool(old and new and (old.kind, old.content) == (new.kind, new.content))
        kind = (new or old or _NOTHING).kind
        found.add((change, kind, path, _hash(old), _hash(new), same))
    return found


_NOTHING = Look("", 0, (0, 0), 0, b"", ())


def _hash(one: Look | None) -> str:
    if one is None or one.kind == "folder":
        return ""
    sorts = {b"10000": "fifo", b"140000": "socket"}
    return sorts[one.content] if one.kind == "special" else one.content.hex()


def told(rehearsed: Rehearsed, record: RehearsalRecord) -> set[Row]:
    return {
        (one.change, one.entry, rehearsed.below(one.path), one.before, one.after, one.metadata)
        for one in record.consequences.files
        if one.was != one.becomes
    }
