"""The parity tests can fail: each known way to get Qwen3-VL wrong turns the comparison red."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart
from tests.model.planted_bugs import IN_EXPERTS, PLANTED, torchs_resize

LIMIT = 1e-4
TEXT = "Press the button named Save, then wait 10 seconds."


@pytest.mark.parametrize(
    ("shape", "bug"),
    [*(("2B", b) for b in ("none", *PLANTED)), *(("30B-A3B", b) for b in ("none", *IN_EXPERTS))],
)
def test_a_planted_bug_is_seen(
    shape: str, bug: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Callable[[int, int, int], Image.Image], monkeypatch: pytest.MonkeyPatch,
    reference_inputs: Callable[[str, Sequence[Image.Image]], dict[str, Any]],
    relative_error: Callable[[Tensor, Tensor], float],
) -> None:  # fmt: skip
    """The pictures are not square, and larger than the table of positions, which has 8 x 8."""
    pictures = [picture(401, 233, 3), picture(401, 233, 4)]
    inputs = reference_inputs(TEXT, pictures)
    assert inputs["image_grid_thw"].tolist() == [[1, 12, 20]] * 2
    with torch.no_grad():
        wanted = reference(shape)(**inputs).logits[0, -1]
        seen = reference(shape).model.get_image_features(
            inputs["pixel_values"], inputs["image_grid_thw"], return_dict=True
        )
    if bug != "none":
        {**PLANTED, **IN_EXPERTS}[bug](monkeypatch)
    engine = Engine.load(checkpoint(shape), dtype="float32")
    turn = Message("user", [*(ImagePart(shown) for shown in pictures), TextPart(TEXT)])
    with torch.inference_mode():
        ours = engine.network.see(engine.prompts.build([turn], (), "").images)
    error = max(
        relative_error(engine.begin([turn]).logits, wanted),
        relative_error(ours[0].tokens[0], seen.pooler_output[0]),
    )
    assert (error > LIMIT) == (bug != "none"), f"relative error {error:.1e}"
    # Not by a hair: the noise of float32 stands at about 4e-6.
    assert error > 1.5 * LIMIT or bug == "none", f"relative error {error:.1e}"


def test_torchvisions_resize_is_within_one_level_of_pillows(
    picture: Callable[[int, int, int], Image.Image],
) -> None:
    """So the planted resize above is the smallest there is: parity sees a single level."""
    source = picture(401, 233, 3)
    ours = source.resize((320, 192), Image.Resampling.BICUBIC)
    levels = np.array(torchs_resize(source, (320, 192), None)).astype(int) - np.array(ours)
    assert np.abs(levels).max() == 1
