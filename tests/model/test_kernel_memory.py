"""A checkpoint that the kernels take over stands in memory once."""

import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from handrail.model.kernels import native

_MEGABYTES = 64
# In a process of its own: what others hold does not count.
_SETTLED = """
import gc, sys
from pathlib import Path
import torch
from torch import nn
from handrail.model.config import parse_config
from handrail.model.kernel_layers import settle
from handrail.model.layout import fit
from handrail.model.quantization import Quantization
from handrail.model.packed import CompressedLinear
from handrail.model.stored import SafetensorsFile

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

how = Quantization.model_validate({"quant_method": "compressed-tensors", "format": "pack-quantized",
    "config_groups": {"g": {"weights": {"num_bits": 4, "strategy": "group", "group_size": 128}}}})
stored = SafetensorsFile(Path(sys.argv[1])).stored()
plain = stored["plain"].read()  # keeps the file mapped, as an embedding does
layers = nn.ModuleList()
for n in range(8):
    layer = CompressedLinear(nn.Linear(4096, 4096, bias=False, device="meta"), how, False, False)
    parts = ("weight_packed", "weight_scale", "weight_shape")
    layer.load_state_dict({p: stored[f"{n}.{p}"].read() for p in parts}, assign=True)
    layers.append(layer)
del layer
before = resident()
assert settle(layers, how) == 8
gc.collect()
print(resident() - before)
"""


def test_the_files_pages_do_not_stand_beside_their_copy(tmp_path: Path) -> None:
    if not native.ways() or sys.platform != "linux":
        return
    tensors = {"plain": torch.zeros(1024)}
    for n in range(8):
        tensors[f"{n}.weight_packed"] = torch.full((4096, 512), n, dtype=torch.int32)
        tensors[f"{n}.weight_scale"] = torch.ones(4096, 32, dtype=torch.bfloat16)
        tensors[f"{n}.weight_shape"] = torch.tensor([4096, 4096])
    save_file(tensors, tmp_path / "model.safetensors")
    del tensors
    command = [sys.executable, "-c", _SETTLED, str(tmp_path / "model.safetensors")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    assert ended.returncode == 0, ended.stderr
    # one copy is 66 MiB, and the allocator keeps some; the file's pages would make it twice that
    assert float(ended.stdout) < 1.7 * _MEGABYTES


def test_memory_of_no_file_is_left_alone() -> None:
    if native.ways():
        values = torch.arange(100_000)
        native.let_go(values)
        assert torch.equal(values, torch.arange(100_000))
        native.read(values, 2)
