"""The doctor: hands are tried in windows of its own, and a broken machine is told and coded."""

from pathlib import Path

import pytest

from handrail.model.kernels import native
from handrail.tasks.cli import main
from handrail.tasks.doctor import Machine, examine


def test_the_hands_are_tried_on_both_surfaces(tmp_path: Path, browser_program: Path | None) -> None:
    machine = Machine({}, str(tmp_path / "no-model"), browser_program, tmp_path)
    found = {finding.name: finding for finding in examine(machine)}
    assert found["versions"].words.startswith("python 3.")
    assert found["kernels"].words == native.described()
    assert (found["kernels"].health == "ok") == bool(native.ways())
    assert found["desktop"].health == "ok", found["desktop"].words
    assert found["browser"].health == "ok", found["browser"].words
    assert found["accessibility"].health == "ok", found["accessibility"].words
    assert found["accessibility"].words.startswith("on displays of Handrail's own; DISPLAY is not")
    assert found["rehearsal"].words.startswith("copies of a desktop are made by ")
    assert found["rehearsal"].health == "ok", found["rehearsal"].words
    for surface in ("desktop", "browser"):
        assert "'Aa<>|é中🙂' and moved to (248, 372)" in found[surface].words
        assert (tmp_path / f"{surface}.jsonl").is_file(), "it went through a gate"
    assert found["model"].health == "broken"
    assert "no checkpoint folder" in found["model"].words


def test_without_a_surface_the_machine_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--browser", "/no/browser", "--model", str(tmp_path / "none")]) == 5
    told = capsys.readouterr().out
    assert "missing  desktop" in told
    assert "missing  browser" in told
    assert "broken   hands" in told
    assert "missing  rehearsal bubblewrap is not installed" in told
    assert "missing  accessibility" in told
    assert "apt install dbus" in told
