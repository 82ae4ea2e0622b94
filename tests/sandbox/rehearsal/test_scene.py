"""Which folders a rehearsal has a copy of, what it hides, and what it refuses."""

from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.scene import Scene


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("home/.ssh", "home/docs", "home/.config/gh", "other", "scratch"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/.netrc").write_text("machine x password y")
    return tmp_path / "home"


def scene(home: Path, **given: object) -> Scene:
    wanted: dict[str, object] = {"scratch": home.parent / "scratch", "cwd": home}
    return Scene(home, **{**wanted, **given})  # type: ignore[arg-type]


def test_no_folder_lies_in_another(home: Path) -> None:
    other = home.parent / "other"
    made = scene(home, folders=(home / "docs", other, other / ".." / "other"))
    assert made.covered == (home, other)


def test_secrets_are_hidden_and_what_is_shown_is_not(home: Path) -> None:
    places = {home / ".ssh", home / ".netrc", home / ".config/gh"}
    assert set(scene(home).concealed) == places
    assert set(scene(home, shown=(home / ".ssh",)).concealed) == places - {home / ".ssh"}
    assert home / "docs" in scene(home, hidden=(home / "docs", home / "docs/a")).concealed


def test_a_link_hides_what_it_leads_to(home: Path) -> None:
    keys = home / "docs/keys"
    (home / ".ssh").rmdir()
    keys.mkdir()
    (home / ".ssh").symlink_to(keys)
    (home / ".gnupg").symlink_to(home.parent / "nowhere")
    (home / ".aws").symlink_to(home)  # hiding this would leave nothing
    (home / ".kube").symlink_to("/usr")
    assert set(scene(home).concealed) == {keys, home / ".netrc", home / ".config/gh"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folders": (Path("/usr/share"),)}, "place of the system"),
        ({"folders": (Path("/"),)}, "place of the system"),
        ({"folders": (Path("/nowhere/at/all"),)}, "No such file"),
        ({"cwd": Path("/opt")}, "of which there is no copy"),
        ({"shown": (Path("/opt"),)}, "none of the copied folders"),
    ],
)
def test_what_cannot_be_copied_is_refused(home: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(RehearsalError, match=said):
        scene(home, **given)


def test_a_file_is_no_folder(home: Path) -> None:
    with pytest.raises(RehearsalError, match="Not a directory"):
        scene(home, folders=(home / ".netrc",))


def test_changes_cannot_lie_in_what_is_copied(home: Path) -> None:
    with pytest.raises(RehearsalError, match="choose one elsewhere"):
        scene(home, scratch=home / "docs")


def test_part_of_what_is_hidden_cannot_be_shown(home: Path) -> None:
    with pytest.raises(RehearsalError, match="as a whole or not"):
        _ = scene(home, shown=(home / ".ssh/config",)).concealed
