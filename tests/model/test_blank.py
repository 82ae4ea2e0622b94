"""A network without weights has its shapes, and costs no import of torch's compiler."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from torch import nn

from handrail.model.blank import blank

LOADING = """
import sys
from pathlib import Path
from handrail.model.engine import Engine
Engine.load(Path(sys.argv[1]))
print("torch._dynamo" in sys.modules)
"""


def test_what_is_made_blank_has_shapes_alone() -> None:
    with blank():
        made = nn.Sequential(nn.Linear(3, 2), nn.Embedding(5, 4))
    assert [p.device.type for p in made.parameters()] == ["meta"] * 3
    assert [tuple(p.shape) for p in made.parameters()] == [(2, 3), (2,), (5, 4)]


def test_a_checkpoint_is_loaded_without_the_compiler(checkpoint: Callable[[str], Path]) -> None:
    command = [sys.executable, "-c", LOADING, str(checkpoint("tied"))]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
