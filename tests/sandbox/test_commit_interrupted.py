"""A commit that somebody or something gets in the way of is finished, or taken back whole."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit_record import read_state
from tests.faults.undoing import named
from tests.sandbox.commit_world import (
    Stop,
    at,
    at_phase,
    commit,
    done,
    full,
    listing,
    prepared,
    stop,
)
from tests.sandbox.rehearsal_world import World

SWAPPED = "dress"
"""What begins when the only swap is done."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(tmp_path)


@pytest.mark.parametrize("name", ["docs/a.txt", "docs/b.txt", "top.txt", "new", "was/in", "was/x"])
def test_what_somebody_writes_midway_is_kept_and_all_taken_back(world: World, name: str) -> None:
    world.record()
    path = world.real / name

    def mine() -> None:
        if name == "docs/b.txt":
            path.unlink()
        path.write_text("mine")

    with pytest.raises(RehearsalError, match="changed meanwhile; what was begun was taken back"):
        commit(world, live=at("link", mine))
    assert path.read_text() == "mine"
    others = {"docs/a.txt": "one\n", "docs/b.txt": "two\n", "top.txt": "top\n", "was/in": "in"}
    for other, content in others.items():
        assert other == name or (world.real / other).read_text() == content
    assert not list(world.real.glob(".handrail-*"))


@pytest.mark.parametrize("name", ["docs/a.txt", "top.txt"])
def test_what_is_written_to_a_file_that_was_moved_away_is_kept(world: World, name: str) -> None:
    world.record()
    with (world.real / name).open("r+") as mine:

        def write() -> None:
            mine.write("mine")
            mine.flush()

        with pytest.raises(RehearsalError, match=f"{name} changed meanwhile"):
            commit(world, live=at("sync", write))
    assert (world.real / name).read_text().startswith("mine")
    assert (world.real / "was" / "in").read_text() == "in"
    assert not (world.real / "new").exists()


def test_what_is_made_in_a_folder_that_was_moved_away_is_kept(world: World) -> None:
    world.record()
    here = os.open(world.real / "was", os.O_RDONLY)

    def write() -> None:
        os.close(os.open("mine", os.O_WRONLY | os.O_CREAT, dir_fd=here))

    with pytest.raises(RehearsalError, match="was changed meanwhile"):
        commit(world, live=at("sync", write))
    os.close(here)
    assert sorted(path.name for path in (world.real / "was").iterdir()) == ["in", "mine"]


@pytest.mark.parametrize("name", ["docs/a.txt", "new/file", "top.txt"])
def test_what_is_written_when_all_is_applied_stays(world: World, name: str) -> None:
    world.record()
    state = commit(world, live=at("remove_stage", lambda: (world.real / name).write_text("mine")))
    assert state.phase == "closed"
    assert "is not as it was" in state.reason
    assert (world.real / name).read_text() == "mine"
    assert (world.real / "docs" / "b.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("saved", ["in place", "as a new file"])
def test_what_was_written_after_it_was_applied_is_left_and_told(world: World, saved: str) -> None:
    """Cut off, then somebody writes to what was applied already, and to what was not."""
    world.record()
    with pytest.raises(Stop):
        commit(world, live=at(SWAPPED, stop))
    place = world.real / "docs" / "a.txt" if saved == "in place" else world.folder / "fresh"
    place.write_text("mine, after")
    place.replace(world.real / "docs" / "a.txt")
    (world.real / "docs" / "b.txt").unlink()
    for _ in range(2):
        with pytest.raises(RehearsalError, match=r"is taken back, but for this: .*docs/a\.txt"):
            commit(world)
        state = read_state(world.run)
        assert state is not None
        assert state.phase == "taking back"
    assert (world.real / "docs" / "a.txt").read_text() == "mine, after"
    assert (world.real / "top.txt").read_text() == "top\n"
    (stage,) = world.real.glob(".handrail-*")
    assert b"one\n" in {path.read_bytes() for path in stage.iterdir() if path.is_file()}


def test_taking_back_is_resumed(world: World) -> None:
    world.record()
    before = listing(world.real)
    left = 3

    def reached(step: str, before_it: bool) -> None:
        nonlocal left
        if step == "dress" and before_it:
            left -= 1
            full()
        if step == "rename" and before_it and left < 3:
            raise Stop

    with pytest.raises(Stop):
        commit(world, live=named(reached))
    assert listing(world.real) != before
    with pytest.raises(Stop):
        commit(world, live=at("make_stage", stop))
    there = {name: one for name, one in listing(world.real).items() if ".handrail" not in name}
    assert there == before, "it was taken back before it began anew"
    commit(world)
    done(world)


def test_names_that_reappear_where_something_was_taken_are_left(world: World) -> None:
    world.record()
    with pytest.raises(Stop):
        commit(world, live=at("rename 4", stop))
    assert not (world.real / "top.txt").exists()
    (world.real / "top.txt").write_text("mine")
    (world.real / "docs" / "a.txt").write_text("mine too")
    with pytest.raises(RehearsalError, match=r"but for this: .*top\.txt"):
        commit(world)
    assert (world.real / "top.txt").read_text() == "mine"
    assert (world.real / "docs" / "a.txt").read_text() == "mine too"


def test_a_file_system_without_hard_links_is_served(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    (world.over / "single").write_text("x")
    world.record()
    before = listing(world.real)

    with pytest.raises(RehearsalError, match="nothing was changed"):
        commit(world, live=at("dress", full))
    assert listing(world.real) == before

    def moved(step: str, before_it: bool) -> None:
        if step == "rename" and before_it and not (world.real / "docs" / "a.txt").exists():
            raise Stop

    with pytest.raises(Stop):
        commit(world, live=named(moved))
    commit(world)
    assert (world.real / "single").read_text() == "x"
    (world.real / "single").unlink()
    done(world)


def test_what_is_removed_where_a_file_has_but_one_name_stays_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    world.record()
    with pytest.raises(RehearsalError, match=r"a\.txt changed meanwhile"):
        commit(world, live=at("rename", (world.real / "docs" / "a.txt").unlink))
    assert not (world.real / "docs" / "a.txt").exists()
    assert (world.real / "top.txt").read_text() == "top\n"


def test_another_error_of_a_link_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "link", refused)
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="broken"):
        commit(world, world.record())
    assert listing(world.real) == before


def test_a_folder_that_vanishes_while_it_is_taken_back_is_told(world: World) -> None:
    world.record()
    with pytest.raises(Stop):
        commit(world, live=at(SWAPPED, stop))
    shutil.rmtree(world.real / "docs")
    with pytest.raises(RehearsalError, match="is taken back, but for this: "):
        commit(world)
    assert (world.real / "top.txt").read_text() == "top\n"


def test_a_folder_that_goes_just_before_it_begins_is_told(world: World) -> None:
    world.record()
    with pytest.raises(RehearsalError, match=r"changed since the rehearsal: .*docs/a\.txt"):
        commit(world, told=at_phase("applying", lambda: shutil.rmtree(world.real / "docs")))
    assert (world.real / "top.txt").exists()
    assert not (world.real / "new").exists()


@pytest.mark.parametrize("name", ["new/mine", "new/file", "single"])
def test_work_in_what_was_put_in_place_is_never_taken_away(world: World, name: str) -> None:
    (world.over / "single").write_text("x")
    world.record()
    with pytest.raises(Stop):
        commit(world, live=at(SWAPPED, stop))
    (world.real / name).write_text("mine, in what is new")
    (world.real / "docs" / "b.txt").write_text("mine too")
    with pytest.raises(RehearsalError, match="is taken back, but for this: "):
        commit(world)
    assert (world.real / name).read_text() == "mine, in what is new"
    assert (world.real / "docs" / "b.txt").read_text() == "mine too"
    assert (world.real / "docs" / "a.txt").read_text() == "one\n"
