"""The engine: a loaded checkpoint that reads prompts and writes replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event

import torch
from torch import Tensor, nn

from handrail.model import loading, memory
from handrail.model.batch_run import Asked
from handrail.model.config import ModelConfig
from handrail.model.decode import Decode, step_together
from handrail.model.errors import Cancelled
from handrail.model.gaze import Head
from handrail.model.generation import Generation, Reply
from handrail.model.grammar import Constraint, Dialect, GrammarCompiler, Schema, ToolGrammar
from handrail.model.loading import Loaded
from handrail.model.messages import Message, TextPart, ToolSchema, VideoPart
from handrail.model.precision import DtypeName
from handrail.model.reader import Reader, ReuseBudget
from handrail.model.sampling import GenerateOptions


class Engine:
    """Reads prompts and writes replies with one checkpoint; use from one thread at a time."""

    def __init__(self, loaded: Loaded) -> None:
        network = self.network = loaded.network
        self.prompts = loaded.prompts
        self.tokenizer = loaded.prompts.tokenizer
        self.stop_ids = loaded.stop_ids
        self.defaults = loaded.defaults
        self.reuse(ReuseBudget.default(network, memory.room(network.device).free))
        self._compiler: GrammarCompiler | None = None
        self._between: Callable[[], None] | None = None
        for layer in (*network.model.language_model.layers, *network.model.visual.blocks):
            layer.register_forward_pre_hook(self._before_a_layer)

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
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(loading.load(path, device, dtype, least_image_tokens))

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
        return self.prompts.processor.grid(width, height).tokens

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
        watched: Head | None = None,
    ) -> list[Decode]:
        """Read several conversations; those of one length and image size share one pass.

        `watched`: a head of which is told how it weighs the tokens, at the end of each.
        """
        prompts = [self.prompts.build(m, tools, prefix) for m in conversations]
        return self.reader.read(prompts, watched)

    def step_batch(self, decodes: Sequence[Decode], token_ids: Sequence[int]) -> list[Tensor]:
        """Append a token to each of several replies in one pass; see `decode.step_together`."""
        return step_together(decodes, token_ids)

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
        asked = self.ask(messages, tools, options, follow)
        return self.answer(asked, self.reader.read([asked.prompt])[0])

    def ask(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Asked:
        """Make a reply ready to be begun; see `reply`, which raises the same."""
        given, prompt = options or GenerateOptions(), self.prompts.build(messages, tools, "")
        if isinstance(follow, ToolGrammar) and follow.thinking is None and self.thinks:
            follow = replace(follow, thinking=given.max_new_tokens // 2)
        return Asked(prompt, given, None if follow is None else self.constraint(follow))

    def answer(self, asked: Asked, decode: Decode) -> Reply:
        """Return the reply to a prompt that was read."""
        return Reply(decode, self.tokenizer, self.stop_ids, asked.options, asked.constraint)

    def generate(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Generation:
        """Write a whole reply; see `reply`."""
        return self.reply(messages, tools, options, follow).whole()

    def skip_ground(self, skip: bool = True) -> None:
        """Leave out what pictures show of plain ground (see ``ground``), or show it again.

        Replies may differ from those to the whole picture, unless the checkpoint was trained so.
        """
        self.prompts.processor.skips_ground = skip

    def reuse(self, budget: ReuseBudget) -> None:
        """Hold so much of what is read for prompts that begin alike, and forget what is held."""
        self.reader = Reader(self.network, budget)

    def apart(self) -> Engine:
        """Return this engine with caches of its own, in which nothing is held yet."""
        other = copy(self)
        other.reuse(self.reader.budget)
        return other

    @contextmanager
    def cancelled_by(self, cancel: Event) -> Iterator[None]:
        """Stop at the next layer, raising Cancelled, once another thread sets the event."""

        def stop() -> None:
            if cancel.is_set():
                raise Cancelled("the reply was cancelled")

        with self.interrupted_by(stop):
            yield

    @contextmanager
    def interrupted_by(self, between: Callable[[], None] | None) -> Iterator[None]:
        """Call this before each layer, None for nothing; what it raises stops what is computed."""
        before, self._between = self._between, between
        try:
            yield
        finally:
            self._between = before

    def _before_a_layer(self, module: nn.Module, given: object) -> None:
        if self._between is not None:
            self._between()

    def constraint(self, follow: ToolGrammar | Schema) -> Constraint:
        """Return what holds one reply to a form. Raises GrammarError."""
        if self._compiler is None:  # takes a second for a large vocabulary
            size = self.config.text.vocab_size
            self._compiler = GrammarCompiler(self.tokenizer, self.stop_ids, size)
        if isinstance(follow, ToolGrammar):
            return self._compiler.tool_call(follow)
        return self._compiler.json(follow)
