"""A model in GGUF: a text file and a vision file (mmproj), shown as a published checkpoint.

The small text files of a checkpoint folder are made from the metadata, so that everything else
reads a GGUF model as it reads any other. Keys: gguf's constants for qwen3vl, qwen3vlmoe and clip.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from handrail.model.adapter import open_folder
from handrail.model.checkpoint import CheckpointFolder, JsonObject
from handrail.model.errors import CheckpointError, ConfigError
from handrail.model.gguf_file import GgufFile
from handrail.model.gguf_names import SECOND_FRAME, text_name, vision_name
from handrail.model.gguf_tokenizer import tokenizer_json, tokens_of
from handrail.model.stored import StoredTensor

_TYPES = {"qwen3vl": "qwen3_vl", "qwen3vlmoe": "qwen3_vl_moe"}
_PROJECTOR = "qwen3vl_merger"
_VIDEO_PIXELS: JsonObject = {"longest_edge": 25_165_824, "shortest_edge": 4096}
_PIXELS: JsonObject = {"longest_edge": 16_777_216, "shortest_edge": 65_536}
"""The published preprocessor's budget, which the files do not hold."""


class GgufCheckpoint(CheckpointFolder):
    """Reads a GGUF model; `path` is its text file."""

    def __init__(self, text: GgufFile, vision: GgufFile) -> None:
        self.path = text.path
        self._text, self._vision = text, vision
        architecture = text.need("general.architecture")
        if architecture not in _TYPES:
            raise ConfigError(
                f"{text.path} holds a {architecture} model; supported are {', '.join(_TYPES)}"
            )
        self._architecture = str(architecture)
        projector = vision.need("clip.projector_type")
        if projector != _PROJECTOR:
            raise ConfigError(f"{vision.path} is for {projector}, not for {_PROJECTOR}")
        self._files: dict[str, Callable[[], JsonObject | None]] = {
            "config.json": self._config,
            "tokenizer.json": lambda: tokenizer_json(self._text),
            "tokenizer_config.json": self._tokenizer_config,
            "preprocessor_config.json": self._processor_config,
            "video_preprocessor_config.json": lambda: {"size": _VIDEO_PIXELS},
        }

    def text(self, name: str) -> str | None:
        """Return one of the files that a checkpoint folder would hold, None where there is none."""
        made = self.json(name)
        return None if made is None else json.dumps(made)

    def json(self, name: str) -> JsonObject | None:
        """Return one of the JSON files that a folder would hold, None where there is none."""
        make = self._files.get(name)
        return None if make is None else make()

    def tensors(self) -> dict[str, StoredTensor]:
        """Return all stored tensors by the names of the network's parameters."""
        found: dict[str, StoredTensor] = {}
        for name, tensor in self._text.stored().items():
            if (known := text_name(name)) is not None:
                found[known] = tensor
        seen = self._vision.stored()
        for name, tensor in seen.items():
            if (known := vision_name(name, self._levels())) is None:
                continue
            found[known] = tensor
            if f"{name}.1" == SECOND_FRAME and SECOND_FRAME in seen:
                shape = (*tensor.shape[:2], 2, *tensor.shape[2:])
                found[known] = replace(tensor, shape=shape, second=SECOND_FRAME)
        return found

    def _levels(self) -> tuple[int, ...]:
        flags = self._vision.items("clip.vision.is_deepstack_layers")
        return tuple(block for block, flag in enumerate(flags) if flag)

    def _config(self) -> JsonObject:
        ids = tokens_of(self._text)
        return {
            "model_type": _TYPES[self._architecture],
            "image_token_id": ids.get("<|image_pad|>"),
            "video_token_id": ids.get("<|video_pad|>"),
            "tie_word_embeddings": "output.weight" not in self._text.stored(),
            "text_config": {**self._sizes(), **self._experts()},
            "vision_config": self._vision_config(),
        }

    def _sizes(self) -> JsonObject:
        text, name = self._text, f"{self._architecture}."
        heads = text.integer(f"{name}attention.head_count")
        width = text.integer(f"{name}embedding_length")
        rope: JsonObject = {"mrope_section": text.items(f"{name}rope.dimension_sections")[:3]}
        if text.get(f"{name}rope.scaling.type") == "yarn":
            original = text.get(f"{name}rope.scaling.original_context_length")
            rope["rope_type"], rope["factor"] = "yarn", text.get(f"{name}rope.scaling.factor")
            rope["original_max_position_embeddings"] = original
        return {
            "vocab_size": len(text.items("tokenizer.ggml.tokens")),
            "hidden_size": width,
            "intermediate_size": text.get(f"{name}feed_forward_length") or 1,
            "num_hidden_layers": text.integer(f"{name}block_count"),
            "num_attention_heads": heads,
            "num_key_value_heads": text.get(f"{name}attention.head_count_kv") or heads,
            "head_dim": text.get(f"{name}attention.key_length") or width // heads,
            "max_position_embeddings": text.integer(f"{name}context_length"),
            "rms_norm_eps": text.need(f"{name}attention.layer_norm_rms_epsilon"),
            "rope_theta": text.need(f"{name}rope.freq_base"),
            "rope_scaling": rope,
            "eos_token_id": text.get("tokenizer.ggml.eos_token_id"),
        }

    def _experts(self) -> JsonObject:
        name = f"{self._architecture}."
        if self._architecture != "qwen3vlmoe":
            return {}
        return {
            "num_experts": self._text.integer(f"{name}expert_count"),
            "num_experts_per_tok": self._text.integer(f"{name}expert_used_count"),
            "moe_intermediate_size": self._text.integer(f"{name}expert_feed_forward_length"),
        }

    def _vision_config(self) -> JsonObject:
        vision, name = self._vision, "clip.vision."
        patch = vision.integer(f"{name}patch_size")
        side = vision.integer(f"{name}image_size") // patch
        return {
            "depth": vision.integer(f"{name}block_count"),
            "hidden_size": vision.integer(f"{name}embedding_length"),
            "intermediate_size": vision.integer(f"{name}feed_forward_length"),
            "num_heads": vision.integer(f"{name}attention.head_count"),
            "out_hidden_size": vision.integer(f"{name}projection_dim"),
            "num_position_embeddings": side * side,
            "patch_size": patch,
            "spatial_merge_size": vision.get(f"{name}spatial_merge_size") or 2,
            "deepstack_visual_indexes": list(self._levels()),
        }

    def _tokenizer_config(self) -> JsonObject:
        tokens, end = self._text.items("tokenizer.ggml.tokens"), "tokenizer.ggml.eos_token_id"
        number = self._text.integer(end)
        if not 0 <= number < len(tokens):
            raise ConfigError(f"{self.path}: {end} is {number} of {len(tokens)} tokens")
        template = self._text.get("tokenizer.chat_template")
        return {"chat_template": template, "eos_token": tokens[number]}

    def _processor_config(self) -> JsonObject:
        return {
            "size": _PIXELS,
            "patch_size": self._vision.integer("clip.vision.patch_size"),
            "image_mean": self._vision.items("clip.vision.image_mean"),
            "image_std": self._vision.items("clip.vision.image_std"),
        }


def open_checkpoint(path: Path) -> CheckpointFolder:
    """Return a checkpoint folder, or the GGUF model or the adapter that a file or a folder is.

    Raises CheckpointError where there is neither.
    """
    if path.suffix == ".gguf" and path.is_file():
        return _gguf(path)
    folder = open_folder(path)
    found = sorted(folder.path.glob("*.gguf"))
    if not found or (folder.path / "config.json").exists():
        return folder
    texts = [file for file in found if not _is_vision(file)]
    if len(texts) != 1:
        raise CheckpointError(
            f"{path} holds {len(texts)} GGUF models ({', '.join(f.name for f in texts)}): "
            "name the file that is meant"
        )
    return _gguf(texts[0])


def _gguf(text: Path) -> GgufCheckpoint:
    beside = [file for file in sorted(text.parent.glob("*.gguf")) if _is_vision(file)]
    if len(beside) != 1:
        raise CheckpointError(
            f"beside {text} lie {len(beside)} vision files (mmproj*.gguf), and one is needed: "
            "download the one of this model"
        )
    return GgufCheckpoint(GgufFile(text), GgufFile(beside[0]))


def _is_vision(file: Path) -> bool:
    return "mmproj" in file.name.lower()
