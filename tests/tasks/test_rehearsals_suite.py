"""What a copy adds to a program's start: timed on the real thing, written where it is told."""

import json
import sys
from pathlib import Path

import pytest

from handrail.tasks.suites.rehearsals import ALLOWANCE, Round, figures, main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies of desktops are Linux's")


def test_the_bar_is_on_what_the_copy_adds() -> None:
    def verdict(*rounds: Round) -> str:
        return figures(rounds)[-1].note

    assert verdict(Round(9.0, 9.0 + ALLOWANCE)) == "holds"
    assert verdict(Round(0.1, 0.2 + ALLOWANCE)) == "does NOT hold"


def test_the_command_writes_its_figures_where_it_is_told(tmp_path: Path) -> None:
    code = main(["--rounds", "1", "--results", str(tmp_path / "out")])
    written = json.loads((tmp_path / "out/rehearsals.json").read_text(encoding="utf-8"))
    values = {figure["name"]: figure["value"] for figure in written["figures"]}
    own, copied = values["the program's own start, median"], values["its start in a copy, median"]
    added = values["start in a copy beyond the program's own start, median"]
    assert 0 < own < copied
    assert added == pytest.approx(copied - own, abs=0.002)
    assert code == (0 if added <= ALLOWANCE else 1)
