"""Loading maps the weights: it makes no second copy of them in memory."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import save_file

from handrail.model.config import parse_config
from handrail.model.network import Network

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
