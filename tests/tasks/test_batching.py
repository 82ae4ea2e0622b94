"""The figures of batching are taken in one run, from a small model here."""

from pathlib import Path

from handrail.tasks.results.result import read_result
from handrail.tasks.suites import batching


def test_batching_is_measured_and_written(tmp_path: Path) -> None:
    size = ["--size", "tiny", "--tokens", "5", "--rounds", "1"]
    assert batching.main([*size, "--results", str(tmp_path)]) == 0
    result = read_result(tmp_path / "batching.json")
    figures = {figure.name: figure for figure in result.figures}
    for runs in batching.RUNS:
        ours, theirs = (figures[f"{runs} {how}"] for how in ("in a batch", "one after the other"))
        times = figures[f"{runs} in a batch, times quicker"]
        assert abs(times.value - ours.value / theirs.value) < 0.05 * times.value + 0.01
