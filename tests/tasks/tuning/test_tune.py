"""A tuning from rows to a model that loads: what it leaves, and that kills and seeds change what
they must and nothing else."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from handrail.tasks import cli
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate_rows import read_rows
from handrail.tasks.evaluate_score import locator_on, shoot
from handrail.tasks.run_model import ModelChoice, load_proposer
from tests.tasks.tuning.worlds import grounding_row, write_rows, write_tiny

_SCRIPT = """
import sys
from pathlib import Path
import handrail.tasks.tuning.tune as t
class Quiet:
    def begin(self, what, total): pass
    def done(self, count, note=""): pass
    def tell(self, line): pass
model, rows, output = sys.argv[1:]
t.tune(t.TuningRequest((rows,), model, Path(output), Path(output), steps=12, threads=1, every=0),
       Quiet())
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    made = [grounding_row(folder, number) for number in range(5)]
    last = dict(made[0], action={"action": "type", "text": "Plate"}, instruction="type Plate")
    del last["bbox"]
    nothing = dict(made[1], instruction="click Moon", bbox=None)
    return write_rows(folder, *made, last, nothing)


def tuned(model: Path, rows: Path, output: Path, *more: str) -> int:
    command = ["model", "tune", str(rows), "--model", str(model), "--output", str(output)]
    return cli.main([*command, "--steps", "12", "--threads", "1", *more])


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def done(tiny: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("done") / "model"
    assert tuned(tiny, rows, output) == ExitCode.SUCCESS
    return output


def test_the_result_is_a_checkpoint_that_differs_and_loads(
    tiny: Path, rows: Path, done: Path
) -> None:
    assert not (done / "unfinished").exists()
    before, after = (load_file(f / "model.safetensors") for f in (tiny, done))
    assert {n: (t.shape, t.dtype) for n, t in before.items()} == {
        n: (t.shape, t.dtype) for n, t in after.items()
    }
    changed = [n for n in before if not before[n].equal(after[n])]
    assert len(changed) > len(before) // 2
    found = load_proposer(ModelChoice(str(done), threads=1))
    (file,) = [write_rows(rows.parent, grounding_row(rows.parent, 9), name="one.jsonl")]
    (shot,) = shoot(read_rows(file), [locator_on(found)])
    assert shot.row.instruction == "click Plate 9"
    told = json.loads((done / "tuning.json").read_text())
    assert told["learned"] + told["examined"] == 7
    assert told["examined"] in (1, 2)
    for when in ("before", "after"):
        names = [figure["name"] for figure in told[when]]
        assert "click in the box" in names or "action: kind equal" in names
        assert all(0 <= f["low"] <= f["value"] <= f["high"] <= 1 for f in told[when] if f["low"])
    assert told["change"]["words"]


def test_it_can_be_tuned_again(rows: Path, done: Path, tmp_path: Path) -> None:
    assert tuned(done, rows, tmp_path / "again", "--held-out", "0") == ExitCode.SUCCESS
    assert digest(tmp_path / "again") != digest(done)
    told = json.loads((tmp_path / "again" / "tuning.json").read_text())
    assert (told["examined"], told["change"]) == (0, None)


@pytest.mark.timeout(600)  # three processes, each of which loads all of it
def test_kills_change_nothing(tiny: Path, rows: Path, done: Path, tmp_path: Path) -> None:
    """Killed with no warning as soon as a state is kept, again and again, until it is done."""
    output = tmp_path / "killed"
    state = output / "unfinished" / "state.pt"
    command = [sys.executable, "-c", _SCRIPT, str(tiny), str(rows), str(output)]
    kills, seen = 0, None
    while not (output / "tuning.json").exists():
        running = subprocess.Popen(command)
        while running.poll() is None:
            now = state.stat().st_mtime_ns if state.exists() else None
            if now != seen and kills < 2:
                os.kill(running.pid, signal.SIGKILL)
                kills, seen = kills + 1, now
                break
            with_patience(running)
        assert running.wait() in (0, -signal.SIGKILL)
    assert kills == 2
    assert digest(output) == digest(done)


def with_patience(running: "subprocess.Popen[bytes]") -> None:
    try:
        running.wait(0.01)
    except subprocess.TimeoutExpired:
        return


def test_another_seed_learns_something_else(
    tiny: Path, rows: Path, done: Path, tmp_path: Path
) -> None:
    assert tuned(tiny, rows, tmp_path / "other", "--seed", "2") == ExitCode.SUCCESS
    assert digest(tmp_path / "other") != digest(done)
