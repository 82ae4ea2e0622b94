"""The bench measures with a real page, a real gate and a real, if tiny and untaught, checkpoint."""

import itertools
from pathlib import Path

import pytest

from handrail.model.pocket.export import export
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.shape import Shape
from handrail.tasks import bench
from handrail.tasks.bench_steps import goals
from handrail.tasks.results.result import read_result

SHAPE = Shape(64, 4, 128, 4)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    export(TrainingNetwork(build(SHAPE, seed=3)), folder, SHAPE)
    return folder


@pytest.mark.timeout(600)
def test_a_step_and_its_process_are_measured(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    code = bench.main(["--model", str(weights), "--steps", "1", "--results", str(out)])
    told = capsys.readouterr()
    assert code == 0, told.err
    result = read_result(out / "step.json")
    found = {figure.name: figure for figure in result.figures}
    parts = ("of it the screenshot, median", "of it the decision, median")
    step = found["one step, median"]
    assert (step.count, step.unit) == (1, "s")
    assert step.value == pytest.approx(sum(found[name].value for name in parts), abs=0.001)
    assert found["one step, 95th percentile"].value == step.value
    beside = found["one step beside a busy process on each core, median"]
    assert (beside.count, beside.unit) == (1, "s")
    assert beside.value > 0
    for name in ("a later step on the same page", "a later step where a clock went on"):
        later = found[f"{name}, median"]
        assert (later.count, later.unit) == (1, "s")
        assert later.value > 0
    assert found["a click through the gate, median"].value > 0
    assert 50 < found["peak memory of the process"].value < 8_000
    grown = found["peak memory after all of these steps"]
    assert (grown.count, grown.unit) == (1, "MiB")
    assert 50 < grown.value < 8_000
    assert found["`handrail --help`, median"].value > 0
    for name in ("imports of the core, median", "from weights on disk to the first token, median"):
        assert (found[name].count, found[name].unit) == (5, "s")
        assert found[name].value > 0
    assert "1024x768, 2 threads" in result.title
    assert f"| one step, median | {step.value:.4g} s |" in told.out


def test_without_weights_it_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = ["--model", str(tmp_path / "none"), "--results", str(tmp_path / "results")]
    assert bench.main(absent) == 5
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert "no checkpoint folder" in line
    assert not (tmp_path / "results").exists()


def test_a_percentile_is_one_of_the_values() -> None:
    assert bench.percentile([4.0], 0.95) == 4.0
    assert bench.percentile([float(n) for n in range(20, 0, -1)], 0.95) == 19.0
    assert bench.percentile([3.0, 1.0, 2.0], 1.0) == 3.0


def test_the_two_pages_take_turns() -> None:
    names = [goal.plan.name for goal in goals(5, 5)]
    assert len(set(names)) == 2
    assert all(one != other for one, other in itertools.pairwise(names))


def test_no_steps_are_a_usage_error() -> None:
    with pytest.raises(SystemExit) as caught:
        bench.main(["--steps", "0"])
    assert caught.value.code == 2
