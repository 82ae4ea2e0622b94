"""A commit that somebody or something gets in the way of is finished, or taken back whole."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.rehearsal.commit_record import (
    read_state,
)
from tests.sandbox.commit_world import Points, Stop, at, done, full, listing, prepared, stop
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(tmp_path)


@pytest.mark.parametrize("name", ["docs/a.txt", "docs/b.txt", "top.txt", "new", "was/in", "was/x"])
def test_what_somebody_writes_midway_is_kept_and_all_taken_back(world: World, name: str) -> None:
    digest = world.record()
    path = world.real / name

    def mine() -> None:
        if name == "docs/b.txt":
            path.unlink()
        path.write_text("mine")

    with pytest.raises(RehearsalError, match="changed while it was committed"):
        Commit(world.run, at("applying", mine)).run(digest)
    assert path.read_text() == "mine"
    others = {"docs/a.txt": "one\n", "docs/b.txt": "two\n", "top.txt": "top\n", "was/in": "in"}
    for other, content in others.items():
        assert other == name or (world.real / other).read_text() == content
    assert not (world.real / ".handrail-run-1").exists()


@pytest.mark.parametrize("saved", ["in place", "as a new file"])
def test_what_was_written_after_it_was_applied_is_left_and_told(world: World, saved: str) -> None:
    """Cut off, then somebody writes to what was applied already, and to what was not."""
    digest = world.record()

    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    place = world.real / "docs" / "a.txt" if saved == "in place" else world.folder / "fresh"
    place.write_text("mine, after")
    place.replace(world.real / "docs" / "a.txt")
    (world.real / "docs" / "b.txt").unlink()
    for _ in range(2):
        with pytest.raises(RehearsalError, match=r"but for what was changed since: .*docs/a\.txt"):
            Commit(world.run).run(digest)
    assert (world.real / "docs" / "a.txt").read_text() == "mine, after"
    assert (world.real / "top.txt").read_text() == "top\n"
    kept = {
        path.read_bytes() for path in (world.real / ".handrail-run-1").iterdir() if path.is_file()
    }
    assert b"one\n" in kept


def test_taking_back_is_resumed(world: World) -> None:
    digest = world.record()
    before = listing(world.real)
    count = 0

    def reached(now: str) -> None:
        nonlocal count
        if now.endswith(" dress") and now.startswith("did"):
            full()
        if now.startswith("undid"):
            count += 1
            if count == 3:
                raise Stop

    with pytest.raises(Stop):
        Commit(world.run, Surroundings(reached=reached)).run(digest)
    state = read_state(world.run)
    assert state is not None
    assert state.phase == "taking back"

    with pytest.raises(Stop):
        Commit(world.run, at("staging", stop)).run(digest)
    assert listing(world.real) == before, "it was taken back before it began anew"


def test_names_that_reappear_where_something_was_taken_are_left(world: World) -> None:
    digest = world.record()

    with pytest.raises(Stop):
        Commit(world.run, at("did take", stop)).run(digest)
    gone = next(p for p in (world.real / "top.txt", world.real / "was") if not p.exists())
    gone.write_text("mine")
    (world.real / "docs" / "a.txt").write_text("mine too")
    with pytest.raises(RehearsalError):
        Commit(world.run).run(digest)
    assert gone.read_text() == "mine"


def test_a_file_system_without_hard_links_is_served(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    (world.over / "single").write_text("x")
    digest = world.record()
    before = listing(world.real)

    with pytest.raises(RehearsalError, match="nothing was changed"):
        Commit(world.run, at("did dress", full)).run(digest)
    assert listing(world.real) == before

    with pytest.raises(Stop):
        Commit(world.run, at("moved", stop)).run(digest)
    Commit(world.run).run(digest)
    assert (world.real / "single").read_text() == "x"
    (world.real / "single").unlink()
    done(world)


def test_another_error_of_a_link_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "link", refused)
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="broken"):
        Commit(world.run).run(world.record())
    assert listing(world.real) == before


def test_a_folder_that_vanishes_while_it_is_taken_back_is_told(world: World) -> None:
    digest = world.record()
    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    shutil.rmtree(world.real / "docs")
    with pytest.raises(RehearsalError, match="but for what was changed since"):
        Commit(world.run).run(digest)
    assert (world.real / "top.txt").read_text() == "top\n"


def test_a_folder_that_goes_just_before_it_begins_is_told(world: World) -> None:
    class Removing(Points):
        def keep(self) -> str:
            shutil.rmtree(world.real / "docs")
            return super().keep()

    with pytest.raises(RehearsalError, match=r"broke off: .*No such file"):
        Commit(world.run, Surroundings(Removing())).run(world.record())
    assert (world.real / "top.txt").exists()
    assert not (world.real / "new").exists()


@pytest.mark.parametrize("name", ["new/mine", "new/file", "single"])
def test_work_in_what_was_put_in_place_is_never_taken_away(world: World, name: str) -> None:
    (world.over / "single").write_text("x")
    digest = world.record()
    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    (world.real / name).write_text("mine, in what is new")
    (world.real / "docs" / "b.txt").write_text("mine too")
    with pytest.raises(RehearsalError, match="but for what was changed since"):
        Commit(world.run).run(digest)
    assert (world.real / name).read_text() == "mine, in what is new"
    assert (world.real / "docs" / "b.txt").read_text() == "mine too"
    assert (world.real / "docs" / "a.txt").read_text() == "one\n"
