"""The comparisons that ``parity.py`` makes, each a number and its bound."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import copytree
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.loading import load_prompts
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.quantizer import quantize
from handrail.model.steps import Steps
from tests.model import gguf_writer
from tests.model.checkpoints import draw_picture, train_tokenizer, write_checkpoint
from tests.model.float8_checkpoint import write_float8
from tests.model.reference import Inputs, reference_inputs_of, relative_difference
from tests.model.shapes import reference_class
from tests.model.teacher_forced import Departure, begun, reference_told, to_tell, told

TEXT = "Press the button named Save, then wait 10 seconds."
_SIZES = ((256, 160), (131, 207))
_EXACT = 1e-4
_AS_ROUGH = 1.2
"""How much farther from float32 than transformers' own bfloat16 ours may be."""
_CAPACITY = 1024


@dataclass(frozen=True)
class Checked:
    """A measured number, and the bound that it must not pass."""

    name: str
    value: float
    limit: float
    note: str = ""

    @property
    def holds(self) -> bool:
        """Return whether the bound holds; a number that is none does not."""
        return self.value <= self.limit

    @property
    def line(self) -> str:
        """Return what is told while it is measured."""
        sign = "ok    " if self.holds else "FAILED"
        return (
            f"{sign} {self.name}: {self.value:.3g}, at most {self.limit:.3g} {self.note}".rstrip()
        )


class Bench:
    """Checkpoints written when first asked for, pictures, and a device."""

    def __init__(self, folder: Path, device: torch.device, tokens: int) -> None:
        self._folder, self.device, self.tokens = folder, device, tokens
        self._tokenizer = train_tokenizer()

    @cached_property
    def inputs(self) -> Inputs:
        """Return what makes transformers' inputs."""
        return reference_inputs_of(self._tokenizer)

    @cached_property
    def pictures(self) -> list[Image.Image]:
        """Return the pictures of every prompt."""
        return [draw_picture(*size, seed) for seed, size in enumerate(_SIZES)]

    def plain(self, shape: str) -> Path:
        """Return a layout's checkpoint in float32."""
        folder = self._folder / shape
        if not folder.exists():
            folder.mkdir()
            write_checkpoint(shape, folder, self._tokenizer)
        return folder

    def written(self, shape: str, form: str) -> Path:
        """Return a packed copy of a layout's checkpoint."""
        target = self._folder / f"{shape} {form}"
        if form.endswith("bits"):
            quantize(self.plain(shape), target, 4 if form == "4 bits" else 8)
        elif form.startswith("FP8"):
            copytree(self.plain(shape), target)
            write_float8(target, "separate" in form, dense=True)
        else:
            target.mkdir()
            kinds = {"Q4_0": gguf_writer.fours, "Q8_0": gguf_writer.eights}
            gguf_writer.write(self.plain(shape), target, kinds[form])
            return target / "model-Q.gguf"
        return target

    def engine(self, folder: Path, dtype: Any, on_cpu: bool = False) -> Engine:
        """Load a checkpoint."""
        return Engine.load(folder, device="cpu" if on_cpu else str(self.device), dtype=dtype)

    def reference(self, shape: str, dtype: torch.dtype) -> Any:
        """Return transformers' model on the device."""
        model = reference_class(shape).from_pretrained(self.plain(shape), dtype=dtype)
        return model.to(self.device).eval()

    def asked(self) -> dict[str, Any]:
        """Return transformers' inputs of the one prompt, on the device."""
        made = self.inputs(TEXT, self.pictures)
        return {name: value.to(self.device) for name, value in made.items()}

    def begun(self, engine: Engine) -> Decode:
        """Read the one prompt."""
        return begun(engine, TEXT, self.pictures)

    def exact(self, folder: Path, reply: list[int]) -> Tensor:
        """Return the logits of a told reply in float32 on the CPU."""
        return told(self.begun(self.engine(folder, "float32", on_cpu=True)), reply)

    def likely(self, folder: Path) -> list[int]:
        """Return a reply that the checkpoint is likely to write."""
        engine = self.engine(folder, "float32", on_cpu=True)
        return to_tell(engine, self.begun(engine), self.tokens)


def float32(bench: Bench, shape: str) -> Iterator[Checked]:
    """Compare float32's logits and its greedy tokens with transformers' on the device."""
    engine, inputs = bench.engine(bench.plain(shape), "float32"), bench.asked()
    model = bench.reference(shape, torch.float32)
    reply = bench.likely(bench.plain(shape))
    wanted = reference_told(model, inputs, reply)
    ours = told(bench.begun(engine), reply)
    apart = relative_difference(ours, wanted)
    yield Checked(f"float32, {shape}: largest difference of a logit", apart, _EXACT)
    others = int((ours.argmax(-1) != wanted.argmax(-1)).sum())
    yield Checked(f"float32, {shape}: other best tokens", others, 0, f"of {len(reply)}")


def rounded(bench: Bench, shape: str) -> Checked:
    """Compare bfloat16's error to float32 with that of transformers' bfloat16."""
    reply = bench.likely(bench.plain(shape))
    exact = bench.exact(bench.plain(shape), reply).to(bench.device)
    theirs = reference_told(bench.reference(shape, torch.bfloat16), bench.asked(), reply)
    rough = Departure(theirs, exact).error
    engine = bench.engine(bench.plain(shape), "bfloat16")
    ours = Departure(told(bench.begun(engine), reply), exact).error
    note = f"ours {ours:.3g}, transformers' {rough:.3g}"
    return Checked(f"bfloat16, {shape}: error over transformers'", ours / rough, _AS_ROUGH, note)


def packed(bench: Bench, shape: str, form: str) -> Checked:
    """Compare a packed form in bfloat16 on the device with its float32 and bfloat16 on the CPU."""
    folder = bench.written(shape, form)
    reply = bench.likely(folder)
    exact = bench.exact(folder, reply)
    twin = told(bench.begun(bench.engine(folder, "bfloat16", on_cpu=True)), reply)
    rough = Departure(twin.float(), exact).error
    engine = bench.engine(folder, "bfloat16")
    ours = Departure(told(bench.begun(engine), reply).float().cpu(), exact).error
    note = f"ours {ours:.3g}, the CPU's {rough:.3g}"
    name = f"packed, {shape} in {form}: error over the CPU's"
    return Checked(name, ours / rough, _AS_ROUGH, note)


def captured(bench: Bench, shape: str) -> Iterator[Checked]:
    """Compare passes that are replayed from graphs with the same passes run as they are."""
    engine = bench.engine(bench.plain(shape), "bfloat16")
    reply = bench.likely(bench.plain(shape))
    network = engine.network
    rows: list[Tensor] = []
    for graphs in (False, True):
        network.steps = Steps(network, capacity=_CAPACITY, graphs=graphs)
        rows.append(_in_widths(bench.begun(engine), reply))
    apart = Departure(rows[1], rows[0]).error
    yield Checked(f"captured, {shape}: error to the same passes uncaptured", apart, 1e-3)
    failed = {} if network.steps is None else network.steps.failed
    widths = () if network.steps is None else network.steps.captured
    missing = 0 if widths or bench.device.type == "cpu" else 1
    note = f"captured: {widths}" + f"; failed: {failed}" * bool(failed)
    yield Checked(f"captured, {shape}: failed captures", len(failed) + missing, 0, note)


def _in_widths(decode: Decode, reply: list[int]) -> Tensor:
    """Tell a reply in pieces of several widths; return the logits after each piece."""
    rows: list[Tensor] = []
    at = 0
    for width in (1, 2, 3, 1, 6, 1) * len(reply):
        piece = reply[at : at + width]
        if len(piece) < width:
            return torch.stack(rows)
        decode.extend(piece)
        rows.append(decode.logits.float().clone())
        at += width
    return torch.stack(rows)


def pixels(bench: Bench) -> Checked:
    """Count pictures whose pixels, as the device prepares them, are not Pillow's."""
    folder = CheckpointFolder(bench.plain("2B"))
    config = load_config(folder)
    sizes = ((1920, 1080), (1000, 700), (333, 801), (301, 145), (64, 900))
    parts = [ImagePart(draw_picture(*size, seed)) for seed, size in enumerate(sizes)]
    turn = [Message("user", [*parts, TextPart(TEXT)])]
    pillow, device = (
        load_prompts(folder, config, 0, where).build(turn, (), "") for where in (None, bench.device)
    )
    off = sum(a.digest != b.digest for a, b in zip(pillow.images, device.images, strict=True))
    return Checked("pixels: pictures unlike Pillow's", off, 0, f"of {len(sizes)}")
