"""What checks and times a GPU runs here on the CPU, and can fail."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handrail.model.blank import blank
from handrail.model.config import parse_config
from handrail.model.network import Network
from handrail.model.steps import Steps
from handrail.tasks.suites.random_model import THIRTY_BILLION
from tests.model.gpu import experts, parity, speed
from tests.model.gpu.parity import Plan

FEW = Plan(("2B",), (("8B", "FP8"),), 6)


def test_every_bound_of_the_rehearsal_holds() -> None:
    found = list(parity.checks(FEW, "cpu"))
    assert len(found) == 7
    assert all(one.holds for one in found), [one.line for one in found]


def test_a_graph_that_reads_a_wrong_position_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = Steps._pass

    def late(self: Steps, ids: torch.Tensor) -> torch.Tensor:
        if getattr(self, "astray", False):
            self._positions += 1
        return plain(self, ids)

    def made(network: object, capacity: int, graphs: bool) -> Steps:
        steps = Steps(network, capacity=capacity, graphs=graphs)  # type: ignore[arg-type]
        steps.astray = graphs  # type: ignore[attr-defined]
        return steps

    monkeypatch.setattr(Steps, "_pass", late)
    monkeypatch.setattr("tests.model.gpu.parity_checks.Steps", made)
    monkeypatch.setattr(parity, "REHEARSAL", replace(FEW, packed=()))
    assert parity.main(["--rehearse", "--results", str(tmp_path)]) == 1
    result = json.loads((tmp_path / "gpu-parity-rehearsal.json").read_text())
    failed = [f["name"] for f in result["figures"] if "DOES NOT HOLD" in f["note"]]
    assert failed == ["captured, 2B: error to the same passes uncaptured"]


def test_the_timing_runs_to_its_table(tmp_path: Path) -> None:
    assert speed.main(["--rehearse", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "gpu-speed-rehearsal.json").read_text())
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    for form in ("bfloat16", "FP8", "int4"):
        assert figures[f"tiny, {form}: write"] > 0
        assert figures[f"tiny, {form}: step, with reuse"] > 0
    assert figures["tiny, bfloat16: error of the logits to transformers's"] < 0.02
    assert figures["tiny, int4: error of the logits to the CPU's"] < 0.05


def test_a_mixture_is_tried_to_its_table(tmp_path: Path) -> None:
    assert experts.main(["--rehearse", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "gpu-experts-rehearsal.json").read_text())
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    for form in ("FP8", "int4"):
        assert figures[f"tiny, {form}: write"] > 0
        assert figures[f"tiny, {form}: a layer's experts, 512 rows"] > 0
        assert figures[f"tiny, {form}: error of the logits to the CPU's"] < 0.05


def test_the_published_mixture_has_its_size() -> None:
    config = parse_config(THIRTY_BILLION.config(), "30B-A3B")
    with blank():
        network = Network(config)
    count = sum(p.numel() for p in network.parameters())
    assert 30.5e9 < count < 31.5e9


def test_without_a_gpu_all_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert not torch.cuda.is_available()
    assert [parity.main([]), speed.main([]), experts.main([])] == [2, 2, 2]
    assert capsys.readouterr().err.count("--rehearse") == 3
