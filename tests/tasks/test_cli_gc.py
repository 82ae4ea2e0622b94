"""``handrail gc``: says what goes and why, and removes it."""

from pathlib import Path

import pytest

from handrail.sandbox.snapshot.files import FileKeeper
from handrail.tasks.amounts import read_size, read_span, size_text
from handrail.tasks.errors import UsageError
from tests.tasks.command import call, complaint


@pytest.fixture
def points(state: Path, tmp_path: Path) -> Path:
    """Keep two runs' points of a folder, and return the folder of all points."""
    root, store = tmp_path / "docs", state.with_name("restore-points")
    root.mkdir()
    for run in ("early", "late"):
        with FileKeeper(store, (root,), run) as keeper:
            keeper.keep()
            (root / run).write_bytes(b"x" * 50_000)
            keeper.keep()
    return store


@pytest.mark.usefixtures("points")
def test_it_says_what_it_would_remove(points: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(points.rglob("*"))
    assert call(["gc", "--dry-run", "--max-size", "0B"]) == 0
    early, late, last = capsys.readouterr().out.splitlines()
    assert early.startswith("early  2 restore points, ")
    assert late.endswith(
        "the oldest, and more is kept than allowed; its files could then no longer be undone"
    )
    assert last.startswith("would free ")
    assert last.endswith("; 0 bytes of 0 runs are left")
    assert sorted(points.rglob("*")) == before


def test_it_removes_what_is_too_old_and_leaves_the_rest(
    points: Path, state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["gc"]) == 0
    assert capsys.readouterr().out.startswith("freed 0 bytes; ")
    with FileKeeper(points, (tmp_path / "docs",), "early") as keeper:
        keeper.keep()
        assert call(["gc", "--max-age", "0m"]) == 0
        out = capsys.readouterr().out
    assert "early  stays, though beyond what is allowed: it is in use" in out
    assert "late  2 restore points, " in out
    assert "older than allowed; its files can no longer be undone" in out
    assert "of 1 run are left" in out
    assert not state.exists(), "it makes no folder of runs"


def test_without_any_points_there_is_nothing_to_do(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["gc"]) == 0
    assert capsys.readouterr().out == "freed 0 bytes; 0 bytes of 0 runs are left\n"
    assert not state.parent.exists()


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("words", "why"),
    [(["--max-size", "much"], "no size: write 500MB"), (["--max-age", "-1d"], ""),
     (["--max-age", "3y"], "no span of time: write 45m")],
)  # fmt: skip
def test_what_is_no_amount_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["gc", *words]) == 2
    if why:
        assert why in complaint(capsys)


def test_amounts_are_read_and_written() -> None:
    assert [read_size(t) for t in ("0B", "1.5 kB", "5GB", "1TB")] == [0, 1500, 5 * 10**9, 10**12]
    assert [read_span(t) for t in ("45m", "12h", "30d", "8w")] == [2700, 43200, 2592000, 4838400]
    assert [size_text(n) for n in (0, 999, 1500, 5 * 10**9)] == [
        "0 bytes",
        "999 bytes",
        "1.5 kB",
        "5.0 GB",
    ]
    for text in ("5", "5GiB", "", "-1B", "9999999999B"):
        with pytest.raises(UsageError, match="is no size"):
            read_size(text)
