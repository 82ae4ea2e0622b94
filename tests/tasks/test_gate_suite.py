"""What the gate adds to an action: timed within one click, against the syncs of the same run."""

import json
from pathlib import Path

import pytest

from handrail.sandbox.journal import read_journal
from handrail.tasks.suites.gate import ALLOWANCE, Measured, Timed, main, measure


def test_clicks_are_timed_through_the_real_gate_and_disk(tmp_path: Path) -> None:
    found = measure(6, tmp_path)
    states = read_journal(tmp_path / "journal.jsonl").actions
    assert [state.state for state in states] == ["done"] * 26
    assert (len(found.clicks), len(found.syncs) >= 12) == (6, True)
    for click in found.clicks:
        assert 0 < click.act < click.look < click.whole
        assert click.overhead == click.whole - click.look - click.act


def test_the_bar_is_two_syncs_and_two_milliseconds() -> None:
    syncs = (0.004, 0.003, 0.050)
    bar = 2 * 0.004 + ALLOWANCE
    quick, slow = Timed(bar + 0.02, 0.01, 0.01), Timed(bar + 0.03, 0.01, 0.01)
    assert Measured((quick,), syncs).bar == pytest.approx(0.010)
    assert Measured((Timed(0.029, 0.01, 0.01),), syncs).holds
    assert not Measured((slow,), syncs).holds


def test_the_command_writes_its_figures_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = main(["--clicks", "4", "--results", "out"])
    written = json.loads((tmp_path / "out" / "gate.json").read_text(encoding="utf-8"))
    by_name = {figure["name"]: figure for figure in written["figures"]}
    bar = by_name["bar: two syncs + 2 ms"]
    held = by_name["gate and journal on an allowed click, median"]["value"] <= bar["value"]
    assert (code, bar["note"]) == ((0, "holds") if held else (1, "does NOT hold"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "the journal is gone"
