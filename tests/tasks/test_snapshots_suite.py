"""Restore points are timed on a real folder, and checked to be what was kept."""

import json
from pathlib import Path

import pytest

from handrail.tasks.suites.snapshots import Measured, main, measure


def test_a_folder_is_kept_changed_and_put_back(tmp_path: Path) -> None:
    found = measure(tmp_path, 30, 30_000)
    assert found.first > 0
    assert len(found.later) == 10
    points = list((tmp_path / "store" / "points").iterdir())
    assert len(points) == 12, "the first, ten later ones, and one after putting back"


def test_the_slowest_later_point_counts() -> None:
    assert Measured(1, 1, 4.9, (0.1, 0.5), 1.0).holds
    assert not Measured(1, 1, 4.9, (0.1, 0.6), 1.0).holds
    assert not Measured(1, 1, 5.1, (0.1,), 1.0).holds


def test_the_command_writes_its_figures_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = main(["--files", "20", "--bytes", "20000", "--results", "out"])
    written = json.loads((tmp_path / "out" / "snapshots.json").read_text(encoding="utf-8"))
    slowest = {figure["name"]: figure for figure in written["figures"]}["the same, the slowest"]
    assert (code, slowest["note"]) == ((0, "holds") if code == 0 else (1, "does NOT hold"))
    assert written["command"].endswith("--files 20 --bytes 20000")
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "the folder is gone"
