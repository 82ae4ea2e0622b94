"""The engine: a loaded checkpoint that reads prompts and writes replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event

import torch
from torch import nn

from handrail.model import memory
from handrail.model.chat_template import load_chat_template, token_text
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import ModelConfig, load_config, token_ids
from handrail.model.decode import Decode
from handrail.model.errors import Cancelled, DeviceError
from handrail.model.generation import Generation, Reply
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.grammar import Constraint, Dialect, GrammarCompiler, Schema, ToolGrammar
from handrail.model.kernel_layers import settle
from handrail.model.messages import Message, TextPart, ToolSchema, VideoPart
from handrail.model.network import Network
from handrail.model.precision import (
    DtypeName,
    Precision,
    choose_precision,
    cpu_multiplies_bfloat16,
)
from handrail.model.processor import ImageProcessor, load_processor_config
from handrail.model.prompt import PromptBuilder
from handrail.model.reader import Reader, ReuseBudget
from handrail.model.sampling import GenerateOptions
from handrail.model.stored import StoredTensor
from handrail.model.tokenizer import Tokenizer, load_tokenizer
from handrail.model.video import VideoProcessor, load_video_config
from handrail.model.weights import load_weights

_LONGEST_REPLY = 2048


class Engine:
    """Reads prompts and writes replies with one checkpoint; use from one thread at a time."""

    def __init__(
        self,
        network: Network,
        prompts: PromptBuilder,
        processor: ImageProcessor,
        tokenizer: Tokenizer,
        stop_ids: frozenset[int],
    ) -> None:
        self.network = network
        self.prompts = prompts
        self._processor = processor
        self.tokenizer = tokenizer
        self.stop_ids = stop_ids
        self.reuse(ReuseBudget.default(network, memory.room(network.device).free))
        self.defaults = GenerateOptions()
        self._compiler: GrammarCompiler | None = None
        self._cancel: Event | None = None
        for layer in (*network.model.language_model.layers, *network.model.visual.blocks):
            layer.register_forward_pre_hook(self._stop_if_cancelled)

    @classmethod
    def load(
        cls,
        path: Path,
        device: str = "cpu",
        dtype: DtypeName = "auto",
        threads: int | None = None,
        least_image_tokens: int = 0,
    ) -> Engine:
        """Load a checkpoint folder in the published Qwen3-VL layout.

        `dtype` "auto" is bfloat16, but float32 for the decoder of small models on a CPU.
        `threads` sets torch's thread count for the whole process. Smaller pictures are enlarged to
        `least_image_tokens`. Raises CheckpointError, DeviceError or MemoryTooSmall.
        """
        where = _device(device)
        folder = open_checkpoint(path)
        config = load_config(folder)
        tokenizer = load_tokenizer(folder)
        sizes = load_processor_config(folder)
        processor = ImageProcessor(sizes, config.vision, least_image_tokens)
        videos = VideoProcessor(load_video_config(folder), config.vision, processor)
        template = load_chat_template(folder)
        prompts = PromptBuilder(config, processor, tokenizer, template, videos)
        stored = folder.tensors()
        if threads is not None:
            torch.set_num_threads(threads)
        with torch.device("meta"):
            network = Network(config)
        precision = _precision(dtype, stored, where)
        needed = memory.need(stored, config, precision, where.type == "cpu")
        memory.check(needed, memory.room(where))
        load_weights(network, stored, where, precision)
        if config.tie_word_embeddings:
            network.tie()  # loading gave head and embedding a parameter each
        if dtype != "float32":  # asked for by name, it means that nothing is rounded
            settle(network, config.quantization)
        network.requires_grad_(False)
        engine = cls(network, prompts, processor, tokenizer, _stop_ids(folder, config, tokenizer))
        engine.defaults = _defaults(folder)
        return engine

    @property
    def config(self) -> ModelConfig:
        """Return the checkpoint's configuration."""
        return self.network.config

    @property
    def dialect(self) -> Dialect:
        """Return how the checkpoint's chat template shows tool calls."""
        return "xml" if self.prompts.template.calls_are_xml else "json"

    @cached_property
    def thinks(self) -> bool:
        """Return whether a turn begins with a thought, as Thinking checkpoints' templates do."""
        asked = [Message("user", [TextPart("?")])]
        return self.prompts.template.render(asked, (), self.tokenizer).rstrip().endswith("<think>")

    @property
    def dtype(self) -> torch.dtype:
        """Return the dtype in which the decoder computes."""
        return self.network.dtype

    @property
    def vision_dtype(self) -> torch.dtype:
        """Return the dtype of the vision tower's weights."""
        return self.network.vision_dtype

    @property
    def device(self) -> torch.device:
        """Return where the weights are."""
        return self.network.device

    def visual_tokens(self, width: int, height: int) -> int:
        """Return how many tokens an image of this size costs."""
        return self._processor.grid(width, height).tokens

    def video(self, file: Path, fps: float | None = None) -> VideoPart:
        """Read a video as the model is shown it: `fps` frames a second, the published number else.

        Raises ImageError where it is no video, UnsupportedError without the library for it.
        """
        return self.prompts.videos.read(file, fps)

    def begin(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = (), prefix: str = ""
    ) -> Decode:
        """Read a conversation up to the assistant's turn, of which `prefix` is already said.

        Raises PromptError where the messages cannot become a prompt.
        """
        return self.begin_batch([messages], tools, prefix)[0]

    def begin_batch(
        self,
        conversations: Sequence[Sequence[Message]],
        tools: Sequence[ToolSchema] = (),
        prefix: str = "",
    ) -> list[Decode]:
        """Read several conversations; those of one length and image size share one pass."""
        return self.reader.read([self.prompts.build(m, tools, prefix) for m in conversations])

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Reply:
        """Read a conversation and return the reply, which is written while it is iterated.

        `follow`: the reply has exactly one tool call, or is JSON of a schema. Raises PromptError
        where the messages cannot become a prompt, GrammarError where nothing can follow a schema.
        """
        decode, given = self.begin(messages, tools), options or GenerateOptions()
        if isinstance(follow, ToolGrammar) and follow.thinking is None and self.thinks:
            follow = replace(follow, thinking=given.max_new_tokens // 2)
        constraint = None if follow is None else self.constraint(follow)
        return Reply(decode, self.tokenizer, self.stop_ids, given, constraint)

    def generate(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Generation:
        """Write a whole reply; see `reply`."""
        return self.reply(messages, tools, options, follow).whole()

    def reuse(self, budget: ReuseBudget) -> None:
        """Hold so much of what is read for prompts that begin alike, and forget what is held."""
        self.reader = Reader(self.network, budget)

    @contextmanager
    def cancelled_by(self, cancel: Event) -> Iterator[None]:
        """Stop at the next layer, raising Cancelled, once another thread sets the event."""
        self._cancel = cancel
        try:
            yield
        finally:
            self._cancel = None

    def _stop_if_cancelled(self, module: nn.Module, given: object) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("the reply was cancelled")

    def constraint(self, follow: ToolGrammar | Schema) -> Constraint:
        """Return what holds one reply to a form. Raises GrammarError."""
        if self._compiler is None:  # takes a second for a large vocabulary
            size = self.config.text.vocab_size
            self._compiler = GrammarCompiler(self.tokenizer, self.stop_ids, size)
        if isinstance(follow, ToolGrammar):
            return self._compiler.tool_call(follow)
        return self._compiler.json(follow)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"{name!r} is not a device: use cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"{name} is not there: torch sees {torch.cuda.device_count()} GPUs")
    return device


def _precision(name: DtypeName, stored: dict[str, StoredTensor], device: torch.device) -> Precision:
    parameters = sum(torch.Size(tensor.shape).numel() for tensor in stored.values())
    return choose_precision(name, parameters, device.type == "cpu", cpu_multiplies_bfloat16())


def _defaults(folder: CheckpointFolder) -> GenerateOptions:
    """Return the sampling that the checkpoint's generation_config.json recommends."""
    told = folder.json("generation_config.json") or {}
    if not told.get("do_sample"):
        return GenerateOptions(max_new_tokens=_LONGEST_REPLY)
    names = ("temperature", "top_p", "top_k", "repetition_penalty")
    given = {n: told[n] for n in names if isinstance(told.get(n), int | float)}
    return GenerateOptions(max_new_tokens=_LONGEST_REPLY, **given)  # type: ignore[arg-type]


def _stop_ids(
    folder: CheckpointFolder, config: ModelConfig, tokenizer: Tokenizer
) -> frozenset[int]:
    """Collect the ids that end a reply from all the places where checkpoints state them."""
    generation = folder.json("generation_config.json") or {}
    ids = {*config.eos_token_ids, *token_ids(generation.get("eos_token_id"))}
    spelled = token_text((folder.json("tokenizer_config.json") or {}).get("eos_token"))
    if spelled is not None and (known := tokenizer.control_id(spelled)) is not None:
        ids.add(known)
    return frozenset(ids)
