"""Programs' work in a home, rehearsed, committed and undone as commands show it."""

import shutil

import pytest

from handrail.tasks.suites import rehearse_mousepad, rehearse_writer


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where a program is not installed."""
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@needs("mousepad", "bwrap", "Xvfb")
@pytest.mark.timeout(600)
def test_the_pocket_models_note_is_rehearsed_committed_and_undone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert rehearse_mousepad.main([]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.endswith("\nas it must be\n")


@needs("mousepad", "Xvfb")
@pytest.mark.timeout(600)
def test_without_a_copy_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse_mousepad.main(["--uncopied"]) == 1
    assert "the rehearsal changed" in capsys.readouterr().err


@needs("soffice", "bwrap", "Xvfb")
@pytest.mark.timeout(600)
def test_a_letter_is_rehearsed_committed_and_undone(capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse_writer.main([]) == 0, capsys.readouterr().err


@needs("soffice", "Xvfb")
@pytest.mark.timeout(600)
def test_without_a_copy_the_letter_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse_writer.main(["--uncopied"]) == 1
    assert "the rehearsal changed" in capsys.readouterr().err
