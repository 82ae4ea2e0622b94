"""What a commit puts in place: special entries, holes, links, attributes, and a lot."""

import errno
import os
import socket
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from tests.sandbox.commit_world import commit, done, listing, prepared
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(tmp_path)


def test_special_entries_holes_and_attributes_are_applied(world: World) -> None:
    os.mkfifo(world.over / "pipe", 0o640)
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(world.over / "plug"))
    with (world.over / "holes").open("wb") as file:
        file.truncate(5_000_000)
        file.seek(2_000_000)
        file.write(b"data")
    os.setxattr(world.over / "holes", "user.mark", b"1")
    os.setxattr(world.real / "docs" / "b.txt", "user.old", b"0")
    world.begin_again()
    os.setxattr(world.over / "docs" / "b.txt", "user.new", b"2")
    commit(world, world.record())
    assert (world.real / "pipe").is_fifo()
    assert (world.real / "plug").is_socket()
    assert (world.real / "holes").read_bytes() == (world.over / "holes").read_bytes()
    assert (world.real / "holes").stat().st_blocks * 512 < 1_000_000
    assert os.getxattr(world.real / "holes", "user.mark") == b"1"
    assert os.listxattr(world.real / "docs" / "b.txt") == ["user.new"]


def test_hard_links_are_made(world: World) -> None:
    os.link(world.over / "docs" / "a.txt", world.over / "twin")
    os.link(world.over / "docs" / "b.txt", world.over / "dressed")
    (world.real / "same").write_text("same")
    world.begin_again()
    os.link(world.up("same"), world.over / "linked")
    os.link(world.over / "same", world.over / ".~lock.x#")
    digest = world.record()
    commit(world, digest)
    for one, other in (("docs/a.txt", "twin"), ("docs/b.txt", "dressed"), ("same", "linked")):
        assert (world.real / one).samefile(world.real / other), one
    assert not (world.real / ".~lock.x#").exists()


def test_a_link_to_what_changed_meanwhile_is_refused(world: World) -> None:
    (world.real / "same").write_text("same")
    world.begin_again()
    os.link(world.up("same"), world.over / "linked")
    digest = world.record()
    (world.real / "same").write_text("mine")
    with pytest.raises(RehearsalError, match="same"):
        commit(world, digest)
    assert not (world.real / "linked").exists()


def test_a_device_is_refused(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make one")
    os.mknod(world.over / "null", 0o020666, os.makedev(1, 3))
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="devices are not committed"):
        commit(world, world.record())
    assert listing(world.real) == before


def test_many_entries_are_applied(world: World) -> None:
    for number in range(150):
        (world.over / f"d{number}").mkdir()
        (world.over / f"d{number}" / "f").write_text(str(number))
        (world.over / "docs" / f"f{number}").write_text(str(number))
    commit(world, world.record())
    assert (world.real / "d149" / "f").read_text() == "149"
    assert len(list((world.real / "docs").iterdir())) == 152


def test_many_folders_are_synced_at_once(world: World) -> None:
    for number in range(70):
        (world.real / f"d{number}").mkdir()
    world.begin_again()
    for number in range(70):
        (world.up(f"d{number}") / "f").write_text(str(number))
    (world.over / "zz").mkdir()
    (world.over / "zz" / "last").write_text("")
    commit(world, world.record())
    assert (world.real / "d69" / "f").read_text() == "69"
    assert (world.real / "zz" / "last").exists()


def test_attributes_and_owners_of_links_are_given(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give them")
    (world.over / "l").symlink_to("/etc/passwd")
    os.setxattr(world.over / "l", "trusted.mark", b"1", follow_symlinks=False)
    os.chown(world.over / "l", 3, 4, follow_symlinks=False)
    commit(world, world.record())
    assert os.getxattr(world.real / "l", "trusted.mark", follow_symlinks=False) == b"1"
    assert (world.real / "l").lstat().st_uid == 3


def test_attributes_that_stay_are_left_alone(world: World) -> None:
    path = world.over / "docs" / "b.txt"
    for place in (path, world.real / "docs" / "b.txt"):
        os.setxattr(place, "user.stays", b"1")
    os.setxattr(path, "user.more", b"2")
    world.begin_again()
    commit(world, world.record())
    assert sorted(os.listxattr(world.real / "docs" / "b.txt")) == ["user.more", "user.stays"]


def test_the_time_of_others_folders_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = world.record()
    utime = os.utime

    def refused(where: int | bytes, *given: object, **named: object) -> None:
        if isinstance(where, int):
            raise PermissionError(errno.EPERM, "not yours")
        utime(where, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "utime", refused)
    commit(world, digest)
    done(world)


def test_a_link_that_leads_elsewhere_is_put_in_its_stead(world: World) -> None:
    (world.real / "link").symlink_to("top.txt")
    world.begin_again()
    (world.over / "link").symlink_to("docs")
    digest = world.record()
    (world.real / "link").unlink()
    (world.real / "link").symlink_to("mine")
    with pytest.raises(RehearsalError, match=r"changed since the rehearsal: .*link"):
        commit(world, digest)
    (world.real / "link").unlink()
    (world.real / "link").symlink_to("top.txt")
    world.begin_again()
    commit(world, world.record())
    assert (world.real / "link").readlink() == Path("docs")
