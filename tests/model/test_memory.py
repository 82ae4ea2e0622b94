"""Loading maps the weights, makes no second copy of them, and is refused where they do not fit."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from handrail.model import memory
from handrail.model.config import load_config, parse_config
from handrail.model.engine import Engine
from handrail.model.errors import MemoryTooSmall
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.kernels import native
from handrail.model.kv_cache import KVCache
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.network import Network
from handrail.model.precision import Precision
from handrail.model.reader import ReuseBudget
from handrail.tasks.suites.random_model import TWO_BILLION
from tests.model import gguf_writer

SHARDS = {
    "model.language_model.embed_tokens.weight": "model-00001-of-00002.safetensors",
    "lm_head.weight": "model-00002-of-00002.safetensors",
}


def _hollow(file: Path, name: str, rows: int) -> None:
    """Write a file of one tensor (rows, 4096) whose bytes are a hole."""
    size = rows * 4096 * 2
    entry = {"dtype": "BF16", "shape": [rows, 4096], "data_offsets": [0, size]}
    text = json.dumps({name: entry}).encode()
    text += b" " * (-len(text) % 8)
    with file.open("wb") as written:
        written.write(len(text).to_bytes(8, "little") + text)
        written.truncate(8 + len(text) + size)


@pytest.mark.parametrize("share", [0.6, 4.0])
def test_what_does_not_fit_is_refused_before_it_is_read(
    checkpoint: Callable[[str], Path], tmp_path: Path, share: float
) -> None:
    folder = Path(copytree(checkpoint("untied"), tmp_path / "huge"))
    (folder / "model.safetensors").unlink()
    index = {"metadata": {}, "weight_map": SHARDS}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    rows = int(memory.room(torch.device("cpu")).total * share / (4096 * 2))
    for name, file in SHARDS.items():
        _hollow(folder / file, name, rows)
    words = "cannot be mapped" if share > 1 else r"needs .* GiB for its weights.* quantize"
    with pytest.raises(MemoryTooSmall, match=words):
        Engine.load(folder)


def test_copies_must_fit_what_is_free_and_mapped_files_the_machine() -> None:
    gib = 2**30
    memory.check(memory.Need(mapped=8 * gib, copied=0, cache=gib), memory.Room(2 * gib, 16 * gib))
    memory.check(memory.Need(0, 8 * gib, gib), memory.Room(10 * gib, 16 * gib))
    for need in (
        memory.Need(0, 8 * gib, gib),
        memory.Need(15 * gib, gib, gib),
        memory.Need(0, gib, gib, work=gib // 2),
    ):
        with pytest.raises(MemoryTooSmall, match=r"2\.0 GiB of 16\.0 GiB are free"):
            memory.check(need, memory.Room(2 * gib, 16 * gib))


def test_the_need_is_what_loading_takes(checkpoint: Callable[[str], Path]) -> None:
    engine = Engine.load(checkpoint("untied"), dtype="float32")
    stored, text = open_checkpoint(checkpoint("untied")).tensors(), engine.config.text
    weights = sum(p.nbytes for p in engine.network.parameters())
    same = memory.need(stored, engine.config, Precision(torch.float32, torch.float32), on_cpu=True)
    assert (same.mapped, same.copied) == (weights, 0)
    assert same.whole == weights + same.cache + same.work
    half = memory.need(
        stored, engine.config, Precision(torch.bfloat16, torch.bfloat16), on_cpu=True
    )
    assert (half.mapped, half.copied) == (0, weights // 2)
    cache = engine.begin([Message("user", [TextPart("hello")])])._cache
    assert isinstance(cache, KVCache)
    kept = cache.layers[0]
    assert kept._keys is not None
    token = 2 * kept._keys[:, :, 0].nbytes * text.num_hidden_layers
    assert same.cache == 4096 * token


def test_of_gguf_the_kernels_copies_count_and_experts_stay_mapped(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    gguf_writer.write(checkpoint("expert blocks"), tmp_path, gguf_writer.mixed)
    folder = open_checkpoint(tmp_path / "model-Q.gguf")
    tensors, config = folder.tensors(), load_config(folder)
    blocks = {name: tensor for name, tensor in tensors.items() if tensor.blocks}
    precision = Precision(torch.bfloat16, torch.bfloat16)
    sizes = {True: 0, False: 0}
    for name, tensor in blocks.items():
        sizes[".experts." in name] += memory.bytes_of(tensor)
    assert all(sizes.values())
    need = memory.need(blocks, config, precision, on_cpu=True)
    turned = sizes[False] if native.ways() else 0
    assert (need.copied, need.mapped) == (turned, sum(sizes.values()) - turned)


def test_a_tower_at_work_counts_where_it_takes_more_than_the_decoder(
    checkpoint: Callable[[str], Path],
) -> None:
    """The smallest decoder, and a tower whose inner vectors are wide: a screenshot has to fit."""
    folder = open_checkpoint(checkpoint("tied"))
    config, precision = load_config(folder), Precision(torch.float32, torch.float32)
    wide = config.vision.model_copy(update={"intermediate_size": 2**20})
    reading = memory.need({}, config, precision, on_cpu=True).work
    seeing = memory.need(
        {}, config.model_copy(update={"vision": wide}), precision, on_cpu=True
    ).work
    assert reading < seeing
    assert seeing >= 2 * 2**20 * 4 * memory.patches_of(wide)


def test_a_container_has_what_its_limit_says(tmp_path: Path) -> None:
    assert memory._limit(tmp_path) == (None, 0)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 400\nfile 300\nfile_mapped 9\n")
    assert memory._limit(tmp_path) == (None, 0)
    (tmp_path / "memory.max").write_text("1000\n")
    assert memory._limit(tmp_path) == (1000, 400)
    old = tmp_path / "memory"
    old.mkdir()
    (old / "memory.limit_in_bytes").write_text("800\n")
    (old / "memory.usage_in_bytes").write_text("750\n")
    (old / "memory.stat").write_text("cache 50\nrss 600\n")
    assert memory._limit(tmp_path) == (800, 700)
    assert memory._upwards("a/b/c") == ["a/b/c", "a/b", "a"]


def test_a_picture_s_features_take_what_is_told(
    checkpoint: Callable[[str], Path], picture: Callable[[int, int, int], Image.Image]
) -> None:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    engine.reuse(ReuseBudget(2**26, 2**26))
    engine.begin([Message("user", [ImagePart(picture(128, 96, 1)), TextPart("Look.")])])
    tokens = engine.visual_tokens(128, 96)
    assert engine.reader.pictures.held == memory.picture_bytes(engine.config.vision, tokens, 4)


# Anonymous memory alone: pages of mapped files can be dropped at any time.
CHILD = """
import sys
from pathlib import Path
from handrail.model.engine import Engine

def anonymous() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024

import threading, time
Engine.load(Path(sys.argv[2]), dtype="bfloat16")  # what libraries set up once is not the weights'
before, peak, over = anonymous(), [0], threading.Event()
def watch() -> None:
    while not over.is_set():
        peak[0] = max(peak[0], anonymous())
        time.sleep(0.002)
thread = threading.Thread(target=watch)
thread.start()
engine = Engine.load(Path(sys.argv[1]), dtype="bfloat16")
over.set()
thread.join()
print(peak[0] - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_loading_needs_little_beyond_the_mapped_file(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(copytree(checkpoint("untied"), tmp_path / "large"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"].update({"intermediate_size": 120_000})
    (folder / "config.json").write_text(json.dumps(config))
    with torch.device("meta"):
        network = Network(parse_config(config, "config.json"))
    state = {n: torch.zeros(t.shape, dtype=torch.bfloat16) for n, t in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    weights = sum(t.nbytes for t in state.values())
    assert weights > 130 * 2**20
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(checkpoint("untied"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(run.stdout) < 0.15 * weights


def test_pictures_of_a_larger_model_take_more_room() -> None:
    vision = parse_config(TWO_BILLION.config(), "2B").vision
    assert memory.picture_bytes(vision, 8192, 2) == 2**27
