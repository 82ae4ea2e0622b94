"""A part of the world is kept as named texts, and put back as far as it can still be written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handrail.actuators.errors import EnvironmentMissing
from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.snapshot.part import PartKeeper, kept_now
from handrail.sandbox.snapshot.texts import KeptTexts
from tests.sandbox.world_keeper import WorldKeeper


@dataclass
class Shelf:
    """A part in memory; ``fixed`` entries can no longer be written, ``hidden`` ones be seen."""

    entries: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    gone: bool = False
    dying: int = -1
    name: str = "shelf"
    kind: str = "entry"

    def read(self, wanted: Collection[str]) -> dict[str, str]:
        if self.gone:
            raise EnvironmentMissing("the shelf is gone")
        return {n: t for n, t in self.entries.items() if n not in self.hidden or n in wanted}

    def write(self, entries: Mapping[str, str | None]) -> None:
        for name, text in entries.items():
            if self.dying == 0:
                raise EnvironmentMissing("the shelf broke")
            self.dying -= 1
            self.entries.pop(name, None)
            self.entries.update({} if text is None else {name: text})

    def writable(self, entry: str, value: str | None) -> bool:
        return entry not in self.fixed


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({"a": "1", "b": "1"})


@pytest.fixture
def keeper(shelf: Shelf, tmp_path: Path) -> PartKeeper:
    return PartKeeper(shelf, KeptTexts(tmp_path / "texts"))


def changed(shelf: Shelf, keeper: PartKeeper) -> tuple[str, str]:
    """Change an entry, take one away and add one; return the points before and after."""
    older = keeper.keep()
    del shelf.entries["b"]
    shelf.entries.update(a="2", c="2")
    return older, keeper.keep()


def test_entries_are_put_back(shelf: Shelf, keeper: PartKeeper) -> None:
    older, newer = changed(shelf, keeper)
    shelf.entries["other"] = "mine"
    assert keeper.put_back(older, older) == ()
    told = [(one.change, one.kind, one.what) for one in keeper.differences(older, newer)]
    assert told == [("changed", "entry", "a"), ("deleted", "entry", "b"), ("created", "entry", "c")]
    assert len(keeper.put_back(older, newer)) == 3
    assert shelf.entries == {"a": "1", "b": "1", "other": "mine"}
    assert keeper.lost(older, newer) == ()


def test_what_is_put_back_already_is_not_touched(shelf: Shelf, keeper: PartKeeper) -> None:
    older, newer = changed(shelf, keeper)
    keeper.put_back(older, newer)
    shelf.gone = True
    assert keeper.put_back(older, older) == ()
    shelf.gone, shelf.dying = False, 0
    keeper.put_back(older, newer)
    assert shelf.entries == {"a": "1", "b": "1"}


def test_one_changed_entry_refuses_all(shelf: Shelf, keeper: PartKeeper) -> None:
    older, newer = changed(shelf, keeper)
    shelf.entries["a"] = "mine"
    assert [one.what for one in keeper.conflicts(older, newer)] == ["a"]
    with pytest.raises(UndoConflict, match="shelf: changed meanwhile: a; nothing was touched"):
        keeper.put_back(older, newer)
    assert shelf.entries == {"a": "mine", "c": "2"}


def test_what_can_no_longer_be_written_is_named_and_no_conflict(
    shelf: Shelf, keeper: PartKeeper
) -> None:
    older, newer = changed(shelf, keeper)
    shelf.fixed = {"a"}
    shelf.entries["a"] = "ended"
    assert [one.what for one in keeper.lost(older, newer)] == ["a"]
    assert keeper.conflicts(older, newer) == ()
    assert [one.what for one in keeper.put_back(older, newer)] == ["b", "c"]
    assert shelf.entries == {"a": "ended", "b": "1"}


def test_an_interrupted_writing_is_finished_by_the_next(shelf: Shelf, keeper: PartKeeper) -> None:
    older, newer = changed(shelf, keeper)
    shelf.dying = 1
    with pytest.raises(RestoreError, match="the shelf broke; undo again to finish it"):
        keeper.put_back(older, newer)
    assert shelf.entries == {"a": "1", "c": "2"}
    shelf.dying = -1
    shelf.entries["b"] = "half"
    keeper.put_back(older, newer)
    assert shelf.entries == {"a": "1", "b": "1"}


def test_a_part_that_is_gone_says_so(shelf: Shelf, keeper: PartKeeper) -> None:
    older, newer = changed(shelf, keeper)
    shelf.gone = True
    for ask in (keeper.keep, lambda: keeper.conflicts(older, newer)):
        with pytest.raises(RestoreError, match="shelf: the shelf is gone"):
            ask()


def test_what_a_point_has_is_looked_for_everywhere(shelf: Shelf, keeper: PartKeeper) -> None:
    older = keeper.keep()
    shelf.hidden = {"a"}
    assert keeper.keep() != older
    assert kept_now(keeper, older) == older
    assert kept_now(keeper, "") != older
    assert kept_now(WorldKeeper({"x": "1"}), "{}") == '{"x": "1"}'


def test_a_mark_that_cannot_be_written_stops_before_anything_is(
    shelf: Shelf, keeper: PartKeeper
) -> None:
    older, newer = changed(shelf, keeper)
    (keeper.texts.folder / "shelf.underway").mkdir()
    with pytest.raises(RestoreError, match=r"shelf.underway: cannot be written"):
        keeper.put_back(older, newer)
    assert shelf.entries == {"a": "2", "c": "2"}


def test_a_text_that_is_gone_damaged_or_misnamed_is_refused(tmp_path: Path) -> None:
    texts = KeptTexts(tmp_path / "texts")
    name = texts.keep("kept")
    assert texts.read(name) == "kept"
    assert texts.keep("kept") == name
    place = texts.folder / name
    place.write_text("other")
    with pytest.raises(RestoreError, match="is damaged"):
        texts.read(name)
    place.unlink()
    with pytest.raises(RestoreError, match="was removed: this can no longer be undone"):
        texts.read(name)
    place.mkdir()
    with pytest.raises(RestoreError, match="cannot be read"):
        texts.read(name)
    with pytest.raises(RestoreError, match="is no name of a restore point"):
        texts.read("../secret")


def test_a_text_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("a file")
    with pytest.raises(RestoreError, match="cannot be kept"):
        KeptTexts(tmp_path / "texts").keep("kept")
