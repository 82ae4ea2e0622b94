"""Weights stay views of their files, whatever their format, and large ones can be let go."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from handrail.model import mapped_pages
from handrail.model.engine import Engine
from handrail.model.mapped_pages import MappedPages
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.quantizer import quantize
from handrail.model.stored import SafetensorsFile
from tests.model import gguf_writer

STATUS = Path("/proc/self/status")
ROWS, COLUMNS = 4096, 4096
pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="reads /proc")


def mapped_in_memory() -> int:
    return int(STATUS.read_text().split("RssFile:")[1].split()[0]) * 1024


@pytest.fixture
def layer(tmp_path: Path) -> nn.Linear:
    """Return a layer whose matrix of 64 MiB is a view of a file."""
    file = tmp_path / "model.safetensors"
    save_file({"weight": torch.ones(ROWS, COLUMNS)}, file)
    made = nn.Linear(COLUMNS, ROWS, bias=False, device="meta")
    made.load_state_dict({"weight": SafetensorsFile(file).tensor("weight")}, assign=True)
    return made.requires_grad_(False)


def test_pages_that_were_read_go_and_come_back(
    layer: nn.Linear, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, size = MappedPages(layer), layer.weight.nbytes
    assert size - 2 * 4096 <= pages.bytes <= size
    assert layer.weight.sum() == ROWS * COLUMNS
    read = mapped_in_memory()
    pages.give_back()
    assert mapped_in_memory() > read - size // 2, "too few to be worth it"
    monkeypatch.setattr(mapped_pages, "WORTH", 0)
    pages.give_back()
    assert mapped_in_memory() < read - 0.9 * size
    assert layer.weight.sum() == ROWS * COLUMNS


def test_what_was_written_to_is_never_let_go(
    layer: nn.Linear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_pages, "WORTH", 0)
    pages = MappedPages(layer)
    layer.weight.fill_(2)
    pages.give_back()
    assert layer.weight.sum() == 2 * ROWS * COLUMNS


def test_what_lies_in_no_file_is_never_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_pages, "WORTH", 0)
    made = nn.Linear(COLUMNS, ROWS)
    before, pages = made.weight.clone(), MappedPages(made)
    assert pages.bytes == 0
    pages.give_back()
    assert torch.equal(made.weight, before)


def as_published(source: Path, target: Path) -> Path:
    return source


def as_eights(source: Path, target: Path) -> Path:
    quantize(source, target / "q", 8)
    return target / "q"


def as_gguf(source: Path, target: Path) -> Path:
    gguf_writer.write(source, target, gguf_writer.fours)
    return target


@pytest.mark.parametrize("write", [as_published, as_eights, as_gguf])
def test_loading_makes_no_copy_and_a_picture_is_seen_alike_again(
    write: Callable[[Path, Path], Path],
    checkpoint: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapped_pages, "WORTH", 0)
    engine = Engine.load(write(checkpoint("untied"), tmp_path), dtype="float32")
    files = mapped_pages._mapped_files()
    copied = [
        name
        for name, tensor in engine.network.state_dict().items()
        if not any(low <= tensor.data_ptr() < high for low, high in files)
    ]
    if write is as_gguf:  # two halves are joined, and F16 is widened
        copied = [name for name in copied if "language_model" in name]
    assert copied == []
    turn = [Message("user", [ImagePart(Image.effect_noise((96, 96), 80)), TextPart("Where?")])]
    first = engine.begin(turn).logits
    engine.reader.forget()  # what is known already is not seen again
    assert torch.equal(engine.begin(turn).logits, first)
