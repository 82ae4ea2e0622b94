"""A real folder and what a rehearsal made of it, written by hand: no mount is needed."""

import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import Consequences, FileConsequence
from handrail.sandbox.rehearsal.difference import Told, differences
from handrail.sandbox.rehearsal.layer import Form, Layer, Marks
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, keep_record


@dataclass
class World:
    """``real`` is the user's; ``over`` is what lies over it; ``run`` is the run's folder."""

    folder: Path
    form: Form = "overlay"
    marks: Marks = "user"
    base: Baseline = field(default_factory=lambda: Baseline({}))

    def __post_init__(self) -> None:
        self.real, self.over, self.run = (self.folder / n for n in ("real", "over", "run-1"))
        for place in (self.real, self.run):
            place.mkdir()
        (self.real / "docs").mkdir()
        (self.real / "docs" / "a.txt").write_text("one\n")
        (self.real / "docs" / "b.txt").write_text("two\n")
        (self.real / "top.txt").write_text("top\n")

    def begin(self) -> None:
        """Look at the real folder, and make what lies over it."""
        self.base = Baseline.take(self.real)
        if self.form == "copy":
            shutil.copytree(self.real, self.over, symlinks=True)
            self.base = self.base.with_copy(self.over)
        else:
            self.over.mkdir()
        shutil.copystat(self.real, self.over)

    def begin_again(self) -> None:
        """Look at the real folder anew: it is changed before the rehearsal begins."""
        self.base = Baseline.take(self.real)

    def up(self, name: str) -> Path:
        """Copy an entry up, as an overlay does, with the folders around it."""
        path = self.over / name
        if not path.parent.exists():
            self.up(str(Path(name).parent))
        source = self.real / name
        if source.is_dir():
            path.mkdir()
            shutil.copystat(source, path)
        elif source.exists():
            shutil.copy2(source, path)
        return path

    def hide(self, name: str) -> None:
        """Write the mark of a deletion."""
        path = self.up(str(Path(name).parent)) if "/" in name else self.over
        if self.marks == "names":
            (path / f".wh.{Path(name).name}").touch()
        else:
            os.mknod(path / Path(name).name, stat.S_IFCHR, 0)

    def told(self) -> Told:
        """Tell what changed."""
        return differences([self.layer], [self.base])

    @property
    def layer(self) -> Layer:
        """Return the layer."""
        return Layer(self.real, self.over, self.form, self.marks)

    def found(self) -> dict[str, FileConsequence]:
        """Return what changed by its path below the real folder; the folder's own time apart."""
        head = len(str(self.real)) + 1
        return {one.path[head:]: one for one in self.told().found if one.path[head:]}

    def record(self) -> str:
        """Keep the record of it, and return its digest."""
        told = self.told()
        record = RehearsalRecord(
            run=self.run.name,
            on="desktop",
            stage="ended",
            layers=(LayerRow.of(self.layer),),
            consequences=Consequences(found=told.found),
            disturbed=told.disturbed,
        )
        keep_record(self.run, record, OsDisk())
        return record.consequences.digest
