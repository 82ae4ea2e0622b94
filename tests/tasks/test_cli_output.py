"""Warnings of Handrail's own logs are shown while a command runs, harmless, and only then."""

import io
import logging

import pytest

from handrail.tasks.cli_output import unsaid, warnings_shown


def test_warnings_are_complaints_while_a_command_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("handrail.alerts")
    with warnings_shown():
        log.warning("alert in %s: %s", "run-1", "\x1b[2Jtwice")
        log.info("nothing to worry about")
    log.warning("afterwards")
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("handrail: ")] == [
        "handrail: alert in run-1: \\u001b[2Jtwice"
    ]


def test_a_stream_that_is_gone_loses_a_warning_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr("sys.stderr", gone)
    with warnings_shown():
        logging.getLogger("handrail.alerts").warning("lost")


def test_what_something_else_shows_is_no_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    raised, told = logging.getLogger("handrail.a.raised"), logging.getLogger("handrail.a")
    with warnings_shown():
        with unsaid("handrail.a.raised"):
            raised.warning("shown elsewhere")
            told.warning("cannot be told")
        raised.warning("nobody shows it now")
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "handrail: cannot be told",
        "handrail: nobody shows it now",
    ]
