"""The figures of reuse are taken in one run, from a small model here."""

from pathlib import Path

from handrail.tasks.results.result import read_result
from handrail.tasks.suites import reuse


def test_reuse_is_measured_and_written(tmp_path: Path) -> None:
    size = ["--size", "tiny", "--steps", "9", "--width", "256", "--height", "192"]
    assert reuse.main([*size, "--results", str(tmp_path)]) == 0
    result = read_result(tmp_path / "reuse.json")
    figures = {figure.name: figure for figure in result.figures}
    assert figures["largest difference of the logits"].value < 1e-4
    assert "0 pictures encoded" in figures["an unchanged screen"].note
    assert "1 pictures encoded" in figures["a later step, with reuse, mean"].note
    plain, forced = (
        figures[f"passes, {name}"].value
        for name in ("without shortcuts", "forced tokens in one pass")
    )
    assert forced < plain
