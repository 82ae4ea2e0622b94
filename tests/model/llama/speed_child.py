"""One side of the comparison of speed, in a process of its own; prints one JSON object.

    python -m tests.model.llama.speed_child handrail MODEL THREADS LENGTHS WRITTEN
    python -m tests.model.llama.speed_child transformers FOLDER THREADS LENGTHS WRITTEN
    python -m tests.model.llama.speed_child bandwidth THREADS

The names of the parts are probe.cpp's: `see`, `read N`, `write` (a token), `step`; `peak` is in
bytes. Ours also tells the tokens and the passes of a step's reply.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from handrail.model.engine import Engine
from handrail.model.grammar import ToolGrammar
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.network import Prompt
from handrail.model.reader import ReuseBudget
from handrail.model.rope import text_positions
from handrail.model.sampling import GenerateOptions

SIDES = (1024, 768)
GOAL = "press save in the list below"
POINTING = ("left_click", "right_click", "middle_click", "double_click", "mouse_move")
REPLY = 128
_STATUS = Path("/proc/self/status")


def picture() -> Image.Image:
    """Return the screenshot that every side is shown: noise, the same each time."""
    pixels = np.random.default_rng(7).integers(0, 256, (SIDES[1], SIDES[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def turn(shown: Image.Image) -> list[Message]:
    """Return the conversation of a step."""
    return [Message("user", [ImagePart(shown), TextPart(GOAL)])]


def click() -> ToolGrammar:
    """Return the grammar of a call that points: the action and the coordinates are open."""
    number = {"type": "integer", "minimum": 0, "maximum": 1000}
    pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
    arguments = {
        "type": "object",
        "properties": {"action": {"enum": list(POINTING)}, "coordinate": pair},
        "required": ["action", "coordinate"],
        "additionalProperties": False,
    }
    return ToolGrammar({"computer_use": arguments}, text=0)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak() -> int:
    """Return the most memory that this process held, in bytes."""
    line = next(row for row in _STATUS.read_text().splitlines() if row.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def ids(count: int) -> list[int]:
    """Return tokens that do not repeat; which they are makes no difference to the work."""
    return [(number * 7919 + 13) % 1000 for number in range(count)]


def ours(model: Path, threads: int, lengths: list[int], written: int) -> dict[str, float]:
    """Time Handrail on a checkpoint."""
    engine = Engine.load(model, threads=threads)
    engine.reuse(ReuseBudget(0, 0))
    found: dict[str, float] = {}
    engine.reader.read([text(2)])[0].step(1)  # whatever is done only once is done now
    for length in lengths:
        started = time.perf_counter()
        (decode,) = engine.reader.read([text(length)])
        found[f"read {length}"] = time.perf_counter() - started
    found["write"] = timed(lambda: [decode.step(token) for token in ids(written)]) / written
    shown, options = turn(picture()), GenerateOptions(max_new_tokens=REPLY)
    started = time.perf_counter()
    said = engine.reply(shown, follow=click(), options=options).whole()
    found["step"] = time.perf_counter() - started
    with torch.inference_mode():
        images = engine.prompts.build(shown, (), "").images
        found["see"] = timed(lambda: engine.network.see(images))
    return found | {"tokens": len(said.token_ids), "passes": said.passes, "peak": peak()}


def text(length: int) -> Prompt:
    """Return a prompt of so many tokens of text."""
    return Prompt(ids(length), [], (), text_positions(0, length), length)


def theirs(folder: Path, threads: int, lengths: list[int], written: int) -> dict[str, float]:
    """Time transformers on a checkpoint in bfloat16."""
    from transformers import Qwen3VLForConditionalGeneration

    torch.set_num_threads(threads)
    model: Any = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.bfloat16)
    grid = torch.tensor([[1, SIDES[1] // 16, SIDES[0] // 16]])
    pixels = torch.rand(int(grid.prod()), 3 * 2 * 16 * 16).bfloat16()
    found: dict[str, float] = {}
    with torch.inference_mode():
        model(input_ids=torch.tensor([ids(2)]))
        for length in lengths:
            given = torch.tensor([ids(length)])
            started = time.perf_counter()
            read = model(input_ids=given, logits_to_keep=1, use_cache=True)
            found[f"read {length}"] = time.perf_counter() - started
        started = time.perf_counter()
        for token in ids(written):
            one = torch.tensor([[token]])
            read = model(input_ids=one, past_key_values=read.past_key_values, use_cache=True)
        found["write"] = (time.perf_counter() - started) / written
        found["see"] = timed(lambda: model.model.visual(pixels, grid_thw=grid))
    return found | {"peak": peak()}


def bandwidth(threads: int) -> dict[str, float]:
    """Return how many bytes a second are read from memory: the sum of a gigabyte of numbers."""
    torch.set_num_threads(threads)
    numbers = torch.ones(2**27, dtype=torch.float64)
    return {"bandwidth": numbers.nbytes / min(timed(numbers.sum) for _ in range(8))}


def main(argv: list[str]) -> int:
    """Time one side and print what was found."""
    if argv[0] == "bandwidth":
        found = bandwidth(int(argv[1]))
    else:
        side = {"handrail": ours, "transformers": theirs}[argv[0]]
        lengths = [int(length) for length in argv[3].split(",")]
        found = side(Path(argv[1]), int(argv[2]), lengths, int(argv[4]))
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
