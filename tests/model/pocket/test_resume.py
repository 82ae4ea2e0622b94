"""A training that is killed goes on as if nothing had been, and the same seed gives the same."""

import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from handrail.model.errors import TuningError
from handrail.model.learning import kept
from handrail.model.pocket.network import TrainingNetwork
from handrail.model.pocket.progress import rows
from tests.model.pocket import small_training
from tests.model.pocket.small_training import EXAMINED, trained

STEPS = 5
SUBJECT = f"small {STEPS}"


def _program(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-u", small_training.__file__, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _same(one: TrainingNetwork, other: TrainingNetwork) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(a.equal(b) for a, b in pairs)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TrainingNetwork:
    return trained(tmp_path_factory.mktemp("whole") / "x.pt", STEPS)


def test_a_killed_training_goes_on_to_the_same_weights(
    whole: TrainingNetwork, tmp_path: Path
) -> None:
    state = tmp_path / "x.pt"
    with _program(state, STEPS) as running:
        assert running.stdout is not None
        assert any("step 3" in line for line in running.stdout), "it never came to its third step"
        drawing = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    assert running.returncode == -9
    assert drawing
    assert psutil.wait_procs(drawing, timeout=60)[1] == [], "what drew for it goes on without it"
    found = kept(state, SUBJECT)
    assert found is not None
    assert found["steps"][0] in (3, 4)
    assert found["minutes"] > 0
    assert _same(whole, trained(state, STEPS, duties=EXAMINED))
    steps = [row["step"] for row in rows(state.with_suffix(".log"))]
    assert steps == [*range(STEPS + 1)], "each step is told of once"
    ended = state.read_bytes()
    assert _same(whole, trained(state, STEPS)), "what is done is not done again"
    assert kept(state, SUBJECT) is not None
    assert len(state.read_bytes()) == len(ended)


def test_neither_drawing_processes_nor_examinations_change_the_weights(
    whole: TrainingNetwork, tmp_path: Path
) -> None:
    assert _same(whole, trained(tmp_path / "x.pt", STEPS, workers=2, duties=EXAMINED))


def test_a_state_of_other_settings_is_not_gone_on_with(tmp_path: Path) -> None:
    state = tmp_path / "x.pt"
    torch.save({"subject": "small 7", "steps": [7]}, state)
    with pytest.raises(TuningError, match="begun with other settings"):
        trained(state, STEPS)
    state.write_bytes(state.read_bytes()[:300])
    with pytest.raises(TuningError, match="cannot be read"):
        trained(state, STEPS)


def test_two_processes_learn_together_and_one_of_them_speaks(tmp_path: Path) -> None:
    state = tmp_path / "x.pt"
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    with _program(state, 2, 0, port) as first, _program(state, 2, 1, port) as second:
        try:
            told = [process.communicate(timeout=170)[0] for process in (first, second)]
        finally:
            first.kill()
            second.kill()
    assert (first.returncode, second.returncode) == (0, 0)
    assert "small is done" in told[0]
    assert told[1] == "", "the second process speaks"
    found = kept(state, "small 2")
    assert found is not None
    assert found["steps"] == [2, 2]
    alone = trained(tmp_path / "alone.pt", 2)
    apart = [found["net"][name] - weight for name, weight in alone.state_dict().items()]
    assert any(bool(a.abs().max() > 1e-5) for a in apart), "nothing came from the second process"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "alone.log", "alone.pt", "x.log", "x.pt",
    ]  # fmt: skip
