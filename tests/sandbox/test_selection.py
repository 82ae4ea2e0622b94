"""What is selected of a folder is kept, put back and compared by itself."""

from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.selection import EVERYTHING, Selection


def test_a_selection_holds_what_it_names_and_leads_to_it() -> None:
    some = Selection([b"/a/b/c", b"/a/d"])
    assert [p for p in (b"/a", b"/a/b", b"/a/b/c", b"/a/d", b"/a/d/e") if some.holds(p)] == [
        b"/a/b/c", b"/a/d",
    ]  # fmt: skip
    assert [p for p in (b"/a", b"/a/b", b"/a/b/c", b"/x") if some.leads(p)] == [b"/a", b"/a/b"]
    assert not some.whole
    assert EVERYTHING.whole
    assert EVERYTHING.holds(b"/x")
    assert EVERYTHING.leads(b"/x")


def test_only_what_is_selected_is_kept_and_put_back(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    for name in ("in/one", "in/two", "top"):
        (root / name).write_text(name)
    # The store lies inside of the folder: what is selected lies elsewhere.
    with FileKeeper(root / "store", (root,)) as keeper:
        keeper.selection = Selection(bytes(root / name) for name in ("in/one", "in/new"))
        older = keeper.keep()
        for name in ("in/one", "in/two", "top", "in/new"):
            (root / name).write_text("changed")
        newer = keeper.keep()
        told = [(one.change, Path(one.what).name) for one in keeper.differences(older, newer)]
        assert told == [("created", "new"), ("changed", "one")]
        (root / "in/new").write_text("once more")
        with pytest.raises(UndoConflict):
            keeper.put_back(older, newer)
        (root / "in/new").write_text("changed")
        with pytest.raises(UndoConflict):
            keeper.put_back(older, newer)  # the same words, written at another time
        newest = keeper.keep()
        keeper.put_back(older, newest)
    assert (root / "in/one").read_text() == "in/one"
    assert not (root / "in/new").exists()
    assert (root / "in/two").read_text() == (root / "top").read_text() == "changed"


def test_everything_of_a_folder_around_its_store_is_refused(tmp_path: Path) -> None:
    with (
        FileKeeper(tmp_path / "store", (tmp_path,)) as keeper,
        pytest.raises(RestoreError, match="holds the restore points themselves"),
    ):
        keeper.keep()
