"""Tune a published Qwen3-VL by LoRA: small matrices beside the decoder's linear layers learn.

peft puts them there, into the network that runs; the base's weights stay as they are, and so does
the vision tower. What is learned is the reply to a prompt that is built as it is in a run.
Source: Hu and others, "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from handrail.model.adapter import PREFIX, WEIGHTS_FILE
from handrail.model.engine import Engine
from handrail.model.errors import TuningError, UnsupportedError
from handrail.model.learning import Optimizers
from handrail.model.messages import Message, ToolSchema
from handrail.model.network import Prompt

RANK, ALPHA = 16, 32
_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_NETWORK = ("gate_proj", "up_proj", "down_proj")
_END = "<|im_end|>"


class Turn(Protocol):
    """One turn to learn: what is said to the model, and the reply."""

    @property
    def where(self) -> str:
        """Return where it comes from, for people."""
        ...

    @property
    def reply(self) -> str:
        """Return what is to be said."""
        ...

    def messages(self) -> Sequence[Message]:
        """Return the conversation before the reply."""
        ...


@dataclass(frozen=True)
class Turns:
    """All turns to learn, how many a step takes, the tools that are told of, and the seed."""

    turns: Sequence[Turn]
    batch: int
    tools: Sequence[ToolSchema]
    seed: int


class LoraPupil:
    """A loaded checkpoint whose decoder learns by LoRA."""

    def __init__(self, engine: Engine, turns: Turns) -> None:
        """Put the small matrices in. Raises UnsupportedError for what cannot be tuned so."""
        self._engine, self._turns = engine, turns
        config = engine.config
        first = engine.network.get_submodule("model.language_model.layers.0.self_attn.q_proj")
        if config.quantization is not None or not isinstance(first, nn.Linear):
            raise UnsupportedError(
                "a quantized checkpoint cannot be tuned: tune the original, and quantize the "
                "result with `handrail model quantize`"
            )
        if engine.thinks:
            raise UnsupportedError(
                "a Thinking checkpoint cannot be tuned on actions without thoughts: take the "
                "Instruct one"
            )
        end = engine.tokenizer.control_id(_END)
        if end is None:
            raise UnsupportedError(f"the checkpoint's tokenizer has no {_END} to end a reply with")
        self._end = end
        torch.manual_seed(turns.seed)  # the matrices' first values
        dense = () if config.text.num_experts else _NETWORK
        self._config = LoraConfig(
            r=RANK,
            lora_alpha=ALPHA,
            # the decoder's alone: an adapted vision tower is no longer the base's
            target_modules=rf".*language_model\.layers\..*\.({'|'.join((*_ATTENTION, *dense))})",
        )
        inject_adapter_in_model(self._config, engine.network)
        self._learned: dict[str, nn.Parameter] = {
            name: weight for name, weight in engine.network.named_parameters() if "lora_" in name
        }
        for weight in self._learned.values():
            weight.data = weight.data.float()
            weight.requires_grad_()

    def weights(self) -> list[nn.Parameter]:
        """Return the small matrices."""
        return list(self._learned.values())

    def optimizers(self, rate: float) -> Optimizers:
        """Return AdamW for all of them."""
        return Optimizers((), self.weights(), rate)

    def loss(self, step: int) -> Tensor:
        """Return the mean cross-entropy of the replies of a step's turns."""
        count, batch = len(self._turns.turns), self._turns.batch
        parts = []
        for index in range(step * batch, (step + 1) * batch):
            order = list(range(count))
            random.Random(f"{self._turns.seed} {index // count}").shuffle(order)
            parts.append(self._loss_of(self._turns.turns[order[index % count]]))
        return torch.stack(parts).mean()

    def state(self) -> dict[str, Tensor]:
        """Return the small matrices by name."""
        return {name: weight.detach() for name, weight in self._learned.items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take them back."""
        with torch.no_grad():
            for name, weight in self._learned.items():
                weight.copy_(state[name])

    def write(self, folder: Path, base: Path) -> None:
        """Write the adapter's two files as PEFT does; ``base`` is the base model's folder."""
        found = get_peft_model_state_dict(
            self._engine.network, adapter_name="default", save_embedding_layers=False
        )
        tensors = {PREFIX + name: w.detach().cpu().contiguous() for name, w in found.items()}
        save_file(tensors, folder / WEIGHTS_FILE, metadata={"format": "pt"})
        self._config.base_model_name_or_path = str(base)
        self._config.inference_mode = True
        self._config.task_type = "CAUSAL_LM"
        self._config.save_pretrained(str(folder))

    def _loss_of(self, turn: Turn) -> Tensor:
        prompts, messages = self._engine.prompts, turn.messages()
        before = prompts.build(messages, self._turns.tools, "")
        whole = prompts.build(messages, self._turns.tools, turn.reply)
        said = [*whole.token_ids[_common(before, whole) :], self._end]
        if len(said) < 2:
            raise TuningError(f"{turn.where}: the reply says nothing: leave the row out")
        hidden = self._engine.network.follow(whole, last=len(said))
        scores = self._engine.network.lm_head(hidden).float()
        return functional.cross_entropy(scores, torch.tensor(said, device=scores.device))


def _common(a: Prompt, b: Prompt) -> int:
    """Return how many tokens two prompts have in common at their beginning."""
    pairs = zip(a.token_ids, b.token_ids, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x != y), len(a.token_ids))
