"""A file grants only where nobody but its user could have written it."""

import os
from pathlib import Path

import pytest

from handrail.sandbox.errors import PolicyError
from handrail.sandbox.ownership import _insist_way, current_user, read_owned

pytestmark = pytest.mark.skipif(current_user() is None, reason="Windows has no such owners")
ME = current_user() or 0
SOMEONE = 54_321


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    made = folder / "policy.toml"
    made.write_bytes(b'profile = "ask"\n')
    made.chmod(0o644)
    return made


def test_a_file_of_ones_own_is_read(file: Path) -> None:
    assert read_owned(file, ME) == b'profile = "ask"\n'


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o620, 0o602])
def test_a_file_that_others_can_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(PolicyError, match=r"can be written by others.*chmod go-w"):
        read_owned(file, ME)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_refused(file: Path, mode: int) -> None:
    file.parent.chmod(mode)
    with pytest.raises(PolicyError, match="a folder on its way can be written"):
        read_owned(file, ME)


def test_a_folder_in_which_nobody_can_replace_another_ones_file_is_none_of_these(
    file: Path,
) -> None:
    file.parent.chmod(0o1777)
    assert read_owned(file, ME)


def test_a_file_of_someone_else_is_refused(file: Path) -> None:
    if ME == 0:
        os.chown(file, SOMEONE, -1)
        asked = ME
    else:
        asked = SOMEONE
    with pytest.raises(PolicyError, match=r"belongs to another user.*cannot grant"):
        read_owned(file, asked)


def test_a_link_is_judged_by_what_lies_behind_it_and_by_the_way_there(
    file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    assert read_owned(link, ME)
    file.parent.chmod(0o777)
    with pytest.raises(PolicyError, match="a folder on its way"):
        read_owned(link, ME)
    file.parent.chmod(0o700)
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    (loose / "link.toml").symlink_to(file)
    with pytest.raises(PolicyError, match="loose: a folder on its way"):
        read_owned(loose / "link.toml", ME)


def test_what_is_no_plain_file_is_refused(file: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PolicyError, match="is not a plain file"):
        read_owned(tmp_path / "pipe", ME)
    with pytest.raises(PolicyError, match=r"cannot be read|not a plain file"):
        read_owned(tmp_path, ME)
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        read_owned(tmp_path / "absent.toml", ME)


def test_a_file_of_any_length_is_not_read(file: Path) -> None:
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(PolicyError, match="longer than"):
        read_owned(file, ME)


def test_without_owners_there_is_nothing_to_judge(file: Path) -> None:
    file.chmod(0o666)
    assert read_owned(file, None)


def test_every_link_between_is_judged_and_the_folder_in_which_it_lies(
    file: Path, tmp_path: Path
) -> None:
    loose, own = tmp_path / "loose", tmp_path / "own.toml"
    loose.mkdir(mode=0o700)
    (loose / "between").symlink_to(file.parent)
    own.symlink_to(loose / "between" / ".." / "config" / file.name)
    assert read_owned(own, ME)
    (tmp_path / "near.toml").symlink_to(Path("loose") / "between" / file.name)
    assert read_owned(tmp_path / "near.toml", ME)
    loose.chmod(0o777)
    with pytest.raises(PolicyError, match="loose: a folder on its way can be written"):
        read_owned(own, ME)


def test_a_link_of_someone_else_is_refused(file: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)  # as /tmp: each can replace what is their own there
    (shared / "link.toml").symlink_to(file)
    if ME == 0:
        os.lchown(shared / "link.toml", SOMEONE, -1)
    # Another user than the link's: as anyone but the administrator, the file is another's, too.
    with pytest.raises(PolicyError, match=r"belongs to another user.*cannot grant") as refused:
        read_owned(shared / "link.toml", ME if ME == 0 else SOMEONE)
    assert ("a link on its way" in str(refused.value)) == (ME == 0)


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "circle.toml").symlink_to(tmp_path / "circle.toml")
    with pytest.raises(PolicyError, match="cannot be read"):
        read_owned(tmp_path / "circle.toml", ME)


def test_a_file_that_is_exchanged_after_it_was_opened_does_not_grant(
    file: Path, tmp_path: Path
) -> None:
    opened = file.stat()
    file.replace(tmp_path / "before.toml")
    file.write_bytes(b'profile = "unattended"\n')
    with pytest.raises(PolicyError, match="was exchanged while it was read"):
        _insist_way(file, opened, ME)
    opened = file.stat()
    file.unlink()
    file.symlink_to(file)
    with pytest.raises(OSError, match="symbolic links"):
        _insist_way(file, opened, ME)
