"""Call the command in this process, and read what it complained about."""

import pytest

from handrail.tasks.cli import main


def call(argv: list[str]) -> int:
    """Run the command in this process; argparse leaves with SystemExit."""
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line on stderr, which must be the only one of Handrail's."""
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("handrail: ")] == lines[-1:]
    assert not any("Traceback" in line for line in lines)
    return lines[-1]
