"""Load a checkpoint: everything an engine is made of, from one folder or GGUF file."""

from dataclasses import dataclass
from pathlib import Path

import torch

from handrail.model import memory
from handrail.model.blank import blank
from handrail.model.chat_template import load_chat_template, token_text
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import ModelConfig, load_config, token_ids
from handrail.model.errors import DeviceError
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.kernel_layers import settle
from handrail.model.kernels.gpu import ready
from handrail.model.network import Network
from handrail.model.precision import (
    DtypeName,
    Precision,
    choose_precision,
    cpu_multiplies_bfloat16,
)
from handrail.model.processor import ImageProcessor, load_processor_config
from handrail.model.prompt import PromptBuilder
from handrail.model.sampling import GenerateOptions
from handrail.model.steps import CAPACITY, Steps
from handrail.model.stored import StoredTensor
from handrail.model.tokenizer import Tokenizer, load_tokenizer
from handrail.model.video import VideoProcessor, load_video_config
from handrail.model.weights import load_weights

_LONGEST_REPLY = 2048


@dataclass(frozen=True)
class Loaded:
    """A checkpoint in memory: its network, what makes prompts of it, and how its replies end."""

    network: Network
    prompts: PromptBuilder
    stop_ids: frozenset[int]
    defaults: GenerateOptions


def load(path: Path, device: str, dtype: DtypeName, least_image_tokens: int) -> Loaded:
    """Load a checkpoint in the published Qwen3-VL layout; see ``Engine.load``.

    Raises CheckpointError, DeviceError or MemoryTooSmall.
    """
    where = _device(device)
    folder = open_checkpoint(path)
    config = load_config(folder)
    cuda = where if where.type == "cuda" else None
    prompts = load_prompts(folder, config, least_image_tokens, cuda)
    network = _network(folder, config, dtype, where)
    stop_ids = _stop_ids(folder, config, prompts.tokenizer)
    return Loaded(network, prompts, stop_ids, _defaults(folder))


def load_prompts(
    folder: CheckpointFolder,
    config: ModelConfig,
    least_image_tokens: int = 0,
    device: torch.device | None = None,
) -> PromptBuilder:
    """Load what makes prompts: tokens, template, pictures and videos. Raises CheckpointError.

    `device`: where pictures are resized and cut, None for Pillow.
    """
    tokenizer = load_tokenizer(folder)
    processor = ImageProcessor(
        load_processor_config(folder), config.vision, least_image_tokens, device
    )
    videos = VideoProcessor(load_video_config(folder), config.vision, processor)
    return PromptBuilder(config, processor, tokenizer, load_chat_template(folder), videos)


def _network(
    folder: CheckpointFolder, config: ModelConfig, dtype: DtypeName, where: torch.device
) -> Network:
    """Make the network of a checkpoint, if there is memory for it."""
    stored = folder.tensors()
    with blank():
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
    if network.dtype == torch.bfloat16 and where.type == "cuda" and ready.usable(where):
        network.steps = Steps(network, capacity=_seat_tokens(config, where))
    return network


def _seat_tokens(config: ModelConfig, where: torch.device) -> int:
    """Return how many tokens captured passes may hold: a quarter of what is free at most."""
    return min(CAPACITY, memory.room(where).free // 4 // memory.cache_bytes(config.text, 1))


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
