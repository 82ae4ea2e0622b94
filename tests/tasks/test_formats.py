"""Each weight format of the comparison is written, is smaller, and still points at things."""

from pathlib import Path

from PIL import Image, ImageDraw

from handrail.tasks.evaluate_score import locator_on
from handrail.tasks.results.result import read_result
from handrail.tasks.run_model import ModelChoice, load_proposer, model_folder
from handrail.tasks.suites.formats import (
    FORMATS,
    IN_FLOAT32,
    SEEN_BEFORE,
    WITHOUT_GROUND,
    main,
    written,
)

BUTTON = (200, 300, 300, 330)
DECODER = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
KINDS = {"vision": DECODER, "nothing": {*DECODER, "qkv", "proj", "linear_fc1", "linear_fc2"}}


def _screen() -> Image.Image:
    image = Image.new("RGB", (640, 448), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle(BUTTON, fill="#e0e0e0", outline="#505050")
    draw.text((225, 307), "Save as", fill="black", font_size=14)
    return image


def test_every_format_is_written_and_finds_a_button() -> None:
    sizes: dict[str, int] = {}
    for name, bits, keep in FORMATS:
        with written(model_folder("pocket"), bits, keep) as made:
            sizes[name] = sum(f.stat().st_size for f in made.folder.glob("*.safetensors"))
            locator = locator_on(load_proposer(ModelChoice(str(made.folder))))
            found = locator.locate(_screen(), "Save as").point
            assert KINDS[keep] == set(made.errors) or bits is None
            assert all(0 < e < (0.01 if bits == 8 else 0.15) for e in made.errors.values())
            assert found is not None
            assert BUTTON[0] < found.x < BUTTON[2], name
            assert BUTTON[1] < found.y < BUTTON[3], name
    whole, eight, all_eight, four, all_four = (sizes[name] for name, _, _ in FORMATS)
    assert whole > eight > all_eight > all_four
    assert eight > four > all_four


def test_the_command_writes_hits_and_errors_by_format(tmp_path: Path) -> None:
    assert main(["--count", "1", "--threads", "1", "--results", str(tmp_path)]) == 0
    found = {f.name: f for f in read_result(tmp_path / "format-grounding.json").figures}
    for name in (*(name for name, _, _ in FORMATS), IN_FLOAT32, SEEN_BEFORE, WITHOUT_GROUND):
        assert found[f"point in box, {name}"].count == 1
    for kind in KINDS["nothing"]:
        assert found[f"{kind} off, 8 bits"].value < found[f"{kind} off, 4 bits"].value < 0.15
