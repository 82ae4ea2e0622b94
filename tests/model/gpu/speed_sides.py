"""The two sides that ``speed.py`` times: the core, and transformers. Times are in seconds."""

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from handrail.model.engine import Engine
from handrail.model.kernel_experts import KernelExperts
from handrail.model.kernel_layers import KernelLinear
from handrail.model.kv_cache import KVCache
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.sampling import GenerateOptions
from handrail.model.steps import Steps
from tests.model.checkpoints import draw_picture
from tests.model.llama.speed_child import GOAL, REPLY, click, ids, text

Times = dict[str, float]
Size = tuple[int, int]
BATCH = 8
SAID = "I clicked there."


def settled() -> None:
    """Wait until the device has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes until the device has done it."""
    settled()
    started = time.perf_counter()
    work()
    settled()
    return time.perf_counter() - started


def screen(size: Size, number: int) -> Image.Image:
    """Return a screenshot that was not shown before."""
    return draw_picture(*size, number)


class Ours:
    """The core on a checkpoint. `written`: tokens of a decode; `held`: what a batch's runs hold."""

    def __init__(self, folder: Path, device: str, written: int, held: int) -> None:
        self.engine = Engine.load(folder, device=device)
        self._written, self._held = written, held
        self._numbers = iter(range(10_000))
        network = self.engine.network
        self._steps = Steps(network, batch=BATCH, capacity=held + 2 * written)

    @property
    def read_per_token(self) -> int:
        """Return the bytes of weights that one decoded token reads."""
        network = self.engine.network
        layers = network.model.language_model.layers
        plain = sum(held.nbytes for held in (*layers.parameters(), *layers.buffers()))
        packed = sum(m.matrix.nbytes for m in layers.modules() if isinstance(m, KernelLinear))
        text = network.config.text
        stacks = [m for m in layers.modules() if isinstance(m, KernelExperts)]
        experts = sum(m.gate_up.nbytes + m.down.nbytes for m in stacks)
        chosen = experts * text.num_experts_per_tok // max(1, text.num_experts)
        return plain + packed + chosen + network.lm_head.weight.nbytes

    def round(self, sizes: Sequence[Size], lengths: Sequence[int]) -> Times:
        """Time every part once."""
        found: Times = {}
        for size in sizes:
            found[f"see {_named(size)}"] = self._see(size)
        for length in lengths:
            found[f"read {length}"] = self._read(length)
        found["write"] = self._write()
        found[f"write, batch of {BATCH}"] = self._write_batch()
        return found | self._steps_of(sizes[-1])

    def _see(self, size: Size) -> float:
        turn = [Message("user", [ImagePart(screen(size, next(self._numbers))), TextPart(GOAL)])]
        with torch.inference_mode():
            images = self.engine.prompts.build(turn, (), "").images
            return timed(lambda: self.engine.network.see(images))

    def _read(self, length: int) -> float:
        self.engine.reader.forget()
        return timed(lambda: self.engine.reader.read([text(length)]))

    def _write(self) -> float:
        self.engine.reader.forget()
        (decode,) = self.engine.reader.read([text(512)])
        decode.step(1)
        return timed(lambda: [decode.step(t) for t in ids(self._written)]) / self._written

    def _write_batch(self) -> float:
        """Time steps of several sequences together: a token of each, and its scores."""
        network, steps = self.engine.network, self._steps
        (decode,) = self.engine.reader.read([text(self._held)])
        assert isinstance(decode._cache, KVCache)
        for row in range(BATCH):
            steps.cache.fill(row, decode._cache.copied(0, self._held))

        def pass_of(number: int) -> None:
            place = torch.full((BATCH,), self._held + number)
            hidden = steps.run(torch.full((BATCH, 1), number + 5), place, place)
            network.scores(hidden[:, 0]).argmax(-1)

        with torch.inference_mode():
            pass_of(0)
            return timed(lambda: list(map(pass_of, range(self._written)))) / self._written

    def _steps_of(self, size: Size) -> Times:
        """Time a whole step: with nothing known, after a step before, and on the same screen."""
        self.engine.reader.forget()
        first, second = (screen(size, next(self._numbers)) for _ in "ab")
        turns = [Message("user", [ImagePart(first), TextPart(GOAL)])]
        found = {"step": self._step(turns)}
        found["step, screen unchanged"] = self._step(turns)
        told = Message("assistant", [TextPart(SAID)])
        after = [*turns, told, Message("user", [ImagePart(second), TextPart("Go on.")])]
        found["step, with reuse"] = self._step(after)
        return found

    def _step(self, turns: list[Message]) -> float:
        options = GenerateOptions(max_new_tokens=REPLY, temperature=0)
        replied: list[int] = []

        def work() -> None:
            said = self.engine.generate(turns, follow=click(), options=options)
            replied.append(len(said.token_ids))

        took = timed(work)
        self.tokens = replied[0]
        return took


class Theirs:
    """Transformers in bfloat16 on the same checkpoint."""

    def __init__(self, folder: Path, device: str, written: int) -> None:
        from transformers import Qwen3VLForConditionalGeneration

        load: Any = Qwen3VLForConditionalGeneration.from_pretrained
        self.model: Any = load(folder, dtype=torch.bfloat16).to(device).eval()
        self._device, self._written = device, written

    def round(self, sizes: Sequence[Size], lengths: Sequence[int], tokens: int) -> Times:
        """Time every part once; a step is: see, read what a screen costs, and write `tokens`."""
        found: Times = {}
        with torch.inference_mode(), warnings.catch_warnings():
            # newer versions have another name for the cache, which older ones do not know
            warnings.simplefilter("ignore", FutureWarning)
            for size in sizes:
                found[f"see {_named(size)}"] = timed(partial(self._see, size))
            for length in lengths:
                found[f"read {length}"] = timed(partial(self._read, length))
            held = self._read(512)
            self._write(held, 1)
            found["write"] = timed(lambda: self._write(held, self._written)) / self._written
            found["step"] = timed(lambda: self._step(sizes[-1], tokens))
        return found

    def _see(self, size: Size) -> None:
        rows, columns = (round(side / 32) * 2 for side in (size[1], size[0]))
        grid = torch.tensor([[1, rows, columns]], device=self._device)
        pixels = torch.rand(rows * columns, 3 * 2 * 16 * 16, device=self._device).bfloat16()
        self.model.model.visual(pixels, grid_thw=grid)

    def _read(self, length: int) -> Any:
        given = torch.tensor([ids(length)], device=self._device)
        return self.model(input_ids=given, logits_to_keep=1, use_cache=True).past_key_values

    def _write(self, held: Any, tokens: int) -> None:
        for token in ids(tokens):
            one = torch.tensor([[token]], device=self._device)
            said = self.model(input_ids=one, past_key_values=held, use_cache=True)
            int(said.logits[0, -1].argmax())

    def _step(self, size: Size, tokens: int) -> None:
        self._see(size)
        cells = round(size[0] / 32) * round(size[1] / 32)
        self._write(self._read(cells + 64), tokens)

    def told(self, prompt: Sequence[int], reply: Sequence[int]) -> torch.Tensor:
        """Return the logits before each token of a told reply."""
        given = torch.tensor([[*prompt, *reply]], device=self._device)
        with torch.inference_mode():
            logits: torch.Tensor = self.model(input_ids=given).logits[0]
        return logits[len(prompt) - 1 : -1].float()


def _named(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
