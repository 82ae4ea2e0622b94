"""The example of a policy does what its own tests say, and can be granted by."""

from pathlib import Path

import pytest

from handrail.tasks.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy.toml"


def test_the_example_keeps_its_own_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(EXAMPLE)]) == 0
    assert "FAILED" not in capsys.readouterr().out
    assert main(["policy", "check", str(EXAMPLE)]) == 0
    assert "profile ask, 3 rules, 5 tests" in capsys.readouterr().out
