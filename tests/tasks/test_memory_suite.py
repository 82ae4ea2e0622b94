"""The measurement of memory works on a small model, and what it bounds is bounded."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from handrail.model.inspection import verify
from handrail.tasks.errors import CheckFailed, ExitCode
from handrail.tasks.suites import memory
from handrail.tasks.suites.memory import model_figures
from handrail.tasks.suites.memory_child import STATUS
from handrail.tasks.suites.random_model import Dimensions, wide, write_model

# the published vocabulary, the rest small
SMALL = Dimensions(
    width=256, inner=512, layers=2, heads=8, tied=True, vision_depth=2, vision_width=128,
    vision_inner=256, levels=(0,),
)  # fmt: skip
NARROW = replace(wide(3), width=512, inner=2048, heads=8, vision_width=128, vision_inner=128)
# small files, so that an unfinished one is no large part of the peak
SHRINK = """
import json, sys
from pathlib import Path
from handrail.model import quantizer
from handrail.tasks.suites.memory_child import shrink
quantizer.SHARD_BYTES, peaks = 2**23, {}
shrink(Path(sys.argv[1]), Path(sys.argv[2]), peaks)
print(json.dumps(peaks))
"""
pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="reads /proc")


def test_a_small_model_is_measured_and_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)  # of a user, who interprets nothing
    found = {figure.name: figure.value for figure in model_figures(tmp_path, SMALL)}
    weights = found["weights in bfloat16"]
    assert found["weights in 4 bits; vision tower, embedding and head in 16"] < weights
    assert verify(tmp_path / "small") > 20
    assert not (tmp_path / "large").exists()
    peak = max(found["peak while reading the prompt"], found["peak while writing"])
    assert peak > found["the libraries alone"] > 0
    assert 0.85 < found["`handrail model show` says"] / peak < 1.15


def test_the_quantizers_peak_does_not_grow_with_the_layers(tmp_path: Path) -> None:
    peaks, sizes = [], []
    for layers in (3, 9):
        source, target = tmp_path / f"{layers}", tmp_path / f"{layers} small"
        write_model(source, replace(NARROW, layers=layers))
        sizes.append(sum(file.stat().st_size for file in source.glob("*.safetensors")))
        command = [sys.executable, "-c", SHRINK, str(source), str(target)]
        # what was freed goes back at once: how much the allocator keeps of it is chance
        given_back = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
        around = {**os.environ, **dict.fromkeys(given_back, "1048576")}
        ended = subprocess.run(command, capture_output=True, text=True, check=True, env=around)
        peaks.append(json.loads(ended.stdout)["quantizing"]["own"])
    assert sizes[1] - sizes[0] > 60_000_000
    assert peaks[1] - peaks[0] < 0.25 * (sizes[1] - sizes[0])


def test_a_disk_that_is_too_small_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "_DISK", 10**18)
    with pytest.raises(CheckFailed, match="GB are free and 1000000000 GB needed"):
        memory.measure(tmp_path)
    code = memory.main(["--folder", str(tmp_path), "--results", str(tmp_path)])
    assert code == ExitCode.ENVIRONMENT
    assert "name a folder of another disk" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"exit code 1: .*no checkpoint folder"):
        memory.peaks_of("load", tmp_path / "absent")
