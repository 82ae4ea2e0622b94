"""Files are kept, compared and put back exactly, or not touched at all."""

from pathlib import Path

import pytest

from handrail.sandbox.errors import UndoConflict
from handrail.sandbox.snapshot.files import FileKeeper
from tests.faults.file_looks import seen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "sub" / "b").write_text("b")
    (folder / "c").hardlink_to(folder / "sub" / "b")
    (folder / "link").symlink_to("nowhere")
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def _work(root: Path) -> None:
    (root / "a.txt").write_text("changed")
    (root / "link").unlink()
    (root / "link").mkdir()
    (root / "link" / "x").write_text("x")
    (root / "sub" / "b").unlink()
    (root / "sub").rmdir()
    (root / "new").write_text("n")
    (root / "c").chmod(0o600)


def test_everything_is_put_back(root: Path, keeper: FileKeeper) -> None:
    before = seen(root)
    older = keeper.keep()
    _work(root)
    newer = keeper.keep()
    told = [(one.change, one.kind, Path(one.what).name)
            for one in keeper.differences(older, newer)]  # fmt: skip
    assert told == [
        ("changed", "file", "a.txt"),
        ("changed", "file", "c"),
        ("changed", "folder", "link"),
        ("created", "file", "x"),
        ("created", "file", "new"),
        ("deleted", "folder", "sub"),
        ("deleted", "file", "b"),
    ]
    assert keeper.conflicts(older, newer) == ()
    assert keeper.put_back(older, newer) == keeper.differences(older, newer)
    assert seen(root) == before
    assert keeper.put_back(older, newer) == ()


def test_a_change_meanwhile_is_not_overwritten(root: Path, keeper: FileKeeper) -> None:
    older = keeper.keep()
    _work(root)
    newer = keeper.keep()
    (root / "link" / "mine").write_text("of a person")
    now = seen(root)
    with pytest.raises(UndoConflict, match="mine was created; nothing was touched"):
        keeper.put_back(older, newer)
    assert seen(root) == now
