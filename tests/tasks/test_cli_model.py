"""``handrail model``: what is here, what it is, whether it is whole, and smaller copies of it."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from handrail.tasks import cli
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.models import is_name, models_folder, pull, pulled, pulled_folder
from handrail.tasks.run_model import model_folder

POCKET = model_folder("pocket")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["model", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_pocket_model_is_shown_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "show", "pocket")
    assert code == ExitCode.SUCCESS
    assert "qwen3_vl: 6 layers of width 256" in out
    size = sum(t.nbytes for t in load_file(POCKET / "model.safetensors").values())
    assert f"{size / 2**20:,.1f} MiB for weights" in out
    assert "2,048 tokens with a picture of 1024x768 takes about " in out
    code, out, _ = told(capsys, "check", "pocket")
    assert code == ExitCode.SUCCESS
    assert out.startswith("whole: ")


def test_a_smaller_copy_is_written_and_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "small"
    code, out, _ = told(capsys, "quantize", "pocket", str(target), "--bits", "8")
    assert code == ExitCode.SUCCESS
    assert "groups of 128" in out
    assert "down_proj" in out
    assert told(capsys, "check", str(target))[0] == ExitCode.SUCCESS
    assert "compressed-tensors" in told(capsys, "show", str(target))[1]
    assert (target / "handrail.json").is_file()
    again = told(capsys, "quantize", "pocket", str(target), "--bits", "4")
    assert again[0] == ExitCode.ENVIRONMENT
    assert "is there already" in again[2]


def test_a_hole_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for file in POCKET.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["model.visual.merger.norm.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    code, _, err = told(capsys, "check", str(tmp_path))
    assert code == ExitCode.ENVIRONMENT
    assert "1 missing: model.visual.merger.norm.weight" in err


def test_pulled_models_are_found_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    models = models_folder({"XDG_DATA_HOME": str(tmp_path)})

    def download(name: str, folder: Path, wanted: tuple[str, ...]) -> None:
        assert name == "Qwen/Qwen3-VL-2B-Instruct"
        assert "*.safetensors" in wanted
        (folder / "config.json").write_text(json.dumps({}))

    folder = pull("Qwen/Qwen3-VL-2B-Instruct", models, download)
    assert folder == tmp_path / "handrail/models/Qwen/Qwen3-VL-2B-Instruct"
    assert pulled(models) == ["Qwen/Qwen3-VL-2B-Instruct"]
    assert model_folder("Qwen/Qwen3-VL-2B-Instruct") == folder
    assert told(capsys, "list")[1].splitlines() == ["pocket", "Qwen/Qwen3-VL-2B-Instruct"]


def test_what_is_no_name_is_refused(tmp_path: Path) -> None:
    for text in ("../etc/passwd", "a/../b", "/a/b", "a", "a/b/c", "a b/c", "-a/b", ""):
        assert not is_name(text)
        with pytest.raises(UsageError, match="OWNER/NAME"):
            pulled_folder(text, tmp_path)


def test_a_name_that_was_not_pulled_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    code, _, err = told(capsys, "show", "Qwen/Qwen3-VL-4B-Instruct")
    assert code == ExitCode.ENVIRONMENT
    assert "pull a model by its name" in err
