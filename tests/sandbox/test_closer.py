"""A closer look: texts as harmless lines, pictures as bytes, everything else as sizes."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.sandbox.rehearsal.closer import Closer, closer
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.rehearsal.text_difference import decoded, text_difference
from tests.sandbox.rehearsal_world import World

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def looks(world: World) -> dict[str, Closer]:
    world.record()
    return {Path(one.one.path).name: one for one in closer(read_record(world.run))}


def test_a_text_is_shown_as_its_lines(world: World) -> None:
    world.begin()
    world.up("docs/a.txt").write_text("one\n\ttwo\x1b[2J\nlast")
    (world.over / "new.txt").write_text("new\n")
    world.hide("top.txt")
    seen = looks(world)
    assert [line.text for line in seen["a.txt"].lines] == [
        "@@ -1 +1,3 @@", " one", "+    two\\u001b[2J", "+last (no line end)",
    ]  # fmt: skip
    assert [line.kind for line in seen["new.txt"].lines] == ["place", "added"]
    assert [line.kind for line in seen["top.txt"].lines] == ["place", "removed"]
    assert seen["top.txt"].note == "was 4 bytes"


def test_what_is_no_text_is_told_by_size_and_hash(world: World) -> None:
    world.begin()
    world.up("docs/a.txt").write_bytes(b"\0\1\2")
    (world.over / "large.txt").write_text("x" * (1 << 20) + "y")
    with (world.over / "huge").open("wb") as file:
        file.truncate(20 << 20)
    seen = looks(world)
    assert "was 4 bytes, becomes 3 bytes; SHA-256" in seen["a.txt"].note
    assert "becomes 1,048,577 bytes; SHA-256 - to" in seen["large.txt"].note
    assert "too large to show" in seen["huge"].note


def test_a_picture_is_handed_over(world: World) -> None:
    (world.real / "p.png").write_bytes(PNG + b"1")
    world.begin()
    world.up("p.png").write_bytes(PNG + b"2")
    (world.over / "q.png").write_bytes(PNG)
    seen = looks(world)
    assert (seen["p.png"].before, seen["p.png"].after) == (PNG + b"1", PNG + b"2")
    assert (seen["q.png"].before, seen["q.png"].after) == (None, PNG)


def test_metadata_is_told_in_words(world: World) -> None:
    (world.real / "link").symlink_to("a")
    (world.real / "top2.txt").write_text("top\n")
    shutil.copystat(world.real / "top.txt", world.real / "top2.txt")
    world.begin()
    os.link(world.up("top.txt"), world.over / "top2.txt")
    path = world.up("docs/a.txt")
    path.chmod(0o600)
    os.utime(path, ns=(1, 1))
    os.setxattr(path, "user.x", b"1")
    if os.geteuid() == 0:
        os.chown(path, 3, 4)
    (world.over / "link").write_text("")
    (world.over / ".~lock.x#").write_text("")
    seen = looks(world)
    note = seen["a.txt"].note
    assert "mode 0644 to 0600" in note
    assert "attributes user.x" in note
    assert "time" in note
    assert os.geteuid() != 0 or "owner 0:0 to 3:4" in note
    assert "becomes 0 bytes" in seen["link"].note
    assert ".~lock.x#" not in seen
    assert seen["top2.txt"].note.startswith("another name of ")


def test_a_folder_that_becomes_a_link_says_so(world: World) -> None:
    world.begin()
    (world.over / "docs").symlink_to("top.txt")
    os.link(world.up("top.txt"), world.over / "twin")
    assert looks(world)["docs"].note == "a folder becomes a link; mode 0755 to 0777"


def test_what_changed_since_and_a_copy_that_is_gone_show_nothing(world: World) -> None:
    world.begin()
    world.up("docs/a.txt").write_text("more")
    world.hide("top.txt")
    world.record()
    world.up("docs/a.txt").write_text("other")
    (world.real / "top.txt").unlink()
    seen = {Path(one.one.path).name: one for one in closer(read_record(world.run))}
    assert "no longer there" in seen["a.txt"].note
    assert "no longer there" in seen["top.txt"].note
    shutil.rmtree(world.over)
    assert all(not one.lines for one in closer(read_record(world.run)))


def test_only_so_many_files_are_read(world: World) -> None:
    world.begin()
    for number in range(63):
        (world.over / f"{number:03}").write_text("x")
    seen = looks(world)
    assert seen["059"].lines
    assert seen["062"].note == "only the first 60 files are shown closely"


def test_an_empty_file_has_no_lines(world: World) -> None:
    world.begin()
    (world.over / "empty").touch()
    assert looks(world)["empty"].lines == ()


def test_long_texts_are_cut_and_say_so() -> None:
    many = "".join(f"{n}\n" for n in range(5_000))
    shown = text_difference("", many)
    assert [line.text for line in shown[-2:]] == [
        "... more than 200 lines differ; the rest is not shown",
        "... only the first 4000 lines were compared",
    ]
    assert len(shown) == 202
    assert text_difference("a\r\n", "a\n")[0].kind == "note"


def test_encodings_are_told() -> None:
    assert decoded("\ufeffzo\u00eb".encode()) == "zo\u00eb"
    assert decoded("zo\u00eb".encode("utf-16")) == "zo\u00eb"
    assert decoded(b"\xff\xfe\x00") is None
    assert decoded(b"zo\xeb") == "zo\u00eb"
    assert decoded(b"\0") is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_what_shows_it(before: str, after: str) -> None:
    for line in text_difference(before, after):
        assert "\n" not in line.text
        assert line.text.isprintable() or not line.text
