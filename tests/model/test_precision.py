"""The float types are those that were asked for, or those that fit model and machine."""

import pytest
import torch

from handrail.model.precision import (
    DtypeName,
    Precision,
    choose_precision,
    cpu_multiplies_bfloat16,
)

BF, F32 = torch.bfloat16, torch.float32
SMALL, LARGE = 12_000_000, 2_000_000_000


@pytest.mark.parametrize(
    ("name", "parameters", "on_cpu", "fast", "wanted"),
    [
        ("auto", SMALL, True, True, Precision(BF, F32)),
        ("auto", SMALL, True, False, Precision(F32, F32)),
        ("auto", SMALL, False, False, Precision(BF, BF)),
        ("auto", LARGE, True, False, Precision(BF, BF)),
        ("float32", LARGE, False, True, Precision(F32, F32)),
        ("bfloat16", SMALL, True, False, Precision(BF, BF)),
    ],
)
def test_types_follow_request_size_and_machine(
    name: DtypeName, parameters: int, on_cpu: bool, fast: bool, wanted: Precision
) -> None:
    assert choose_precision(name, parameters, on_cpu, fast) == wanted


def test_the_vision_tower_is_told_by_its_name() -> None:
    precision = Precision(BF, F32)
    assert precision.of("model.visual.pos_embed.weight") == BF
    assert precision.of("model.language_model.norm.weight") == F32
    assert precision.of("lm_head.weight") == F32


def test_the_machine_can_be_asked() -> None:
    assert cpu_multiplies_bfloat16() in (True, False)
