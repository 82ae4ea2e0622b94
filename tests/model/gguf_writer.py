"""Write a checkpoint folder as llama.cpp's converter would: a text file and a vision file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import load_file
from torch import Tensor

from tests.model import gguf_k_blocks

Choose = Callable[[str, tuple[int, ...]], Kind]
"""Which format a tensor of the GGUF file gets, by its name and shape."""
_LAYER = (
    ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ("mlp.gate", "ffn_gate_inp"),
)  # fmt: skip
_VISION = (
    ("attn.qkv", "attn_qkv"), ("attn.proj", "attn_out"), ("norm1", "ln1"), ("norm2", "ln2"),
    ("mlp.linear_fc1", "ffn_up"), ("mlp.linear_fc2", "ffn_down"),
)  # fmt: skip


def plain(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose float32 for everything."""
    return Kind.F32


def write(folder: Path, out: Path, choose: Choose = plain) -> dict[str, Tensor]:
    """Write both files; return what the tensors now mean, by the names of the folder's."""
    config = json.loads((folder / "config.json").read_text())
    meant: dict[str, Tensor] = {}
    experts = "num_local_experts" in config["text_config"]
    text = gguf.GGUFWriter(out / "model-Q.gguf", "qwen3vlmoe" if experts else "qwen3vl")
    vision = gguf.GGUFWriter(out / "mmproj-model-f16.gguf", "clip")
    _text_keys(text, config)
    _vision_keys(vision, config["vision_config"])
    _tokens(text, folder)
    for name, value in _stored(folder):
        parts = _named(name, value, config["vision_config"]["deepstack_visual_indexes"])
        target = vision if ".visual." in name else text
        read = [_add(target, n, v, choose) for n, v in parts]
        meant[name] = _rejoined(name, read)
    for writer in (text, vision):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return meant


def _add(writer: Any, name: str, value: Tensor, choose: Choose) -> Tensor:
    array = value.float().numpy()
    kind = choose(name, array.shape) if array.ndim > 1 else Kind.F32
    if kind == Kind.F32:
        writer.add_tensor(name, array)
        return value.float()
    k_blocks = kind in (Kind.Q4_K, Kind.Q5_K, Kind.Q6_K)
    packed = gguf_k_blocks.pack(array, kind) if k_blocks else gguf.quants.quantize(array, kind)
    writer.add_tensor(name, packed, raw_dtype=kind)
    return torch.from_numpy(gguf.quants.dequantize(packed, kind))


def _named(name: str, value: Tensor, levels: list[int]) -> list[tuple[str, Tensor]]:
    stem, _, kind = name.removeprefix("model.").rpartition(".")
    if name == "lm_head.weight":
        return [("output.weight", value)]
    if stem.startswith("language_model."):
        return _text_names(stem.removeprefix("language_model."), kind, value)
    stem = stem.removeprefix("visual.")
    if stem == "patch_embed.proj" and kind == "weight":
        return [("v.patch_embd.weight", value[:, :, 0]), ("v.patch_embd.weight.1", value[:, :, 1])]
    whole = {"patch_embed.proj": "v.patch_embd", "pos_embed": "v.position_embd",
             "merger.norm": "v.post_ln", "merger.linear_fc1": "mm.0",
             "merger.linear_fc2": "mm.2"}  # fmt: skip
    if stem in whole:
        return [(f"{whole[stem]}.{kind}", value)]
    part, _, rest = stem.partition(".")
    number, _, rest = rest.partition(".")
    if part == "deepstack_merger_list":
        return [(f"v.deepstack.{levels[int(number)]}.{rest.replace('linear_', '')}.{kind}", value)]
    return [(f"v.blk.{number}.{dict(_VISION)[rest]}.{kind}", value)]


def _text_names(stem: str, kind: str, value: Tensor) -> list[tuple[str, Tensor]]:
    whole = {"embed_tokens": "token_embd", "norm": "output_norm"}
    if stem in whole:
        return [(f"{whole[stem]}.{kind}", value)]
    if kind in ("gate_up_proj", "down_proj"):
        number, experts = stem.split(".")[1], value.transpose(1, 2).contiguous()
        if kind == "down_proj":
            return [(f"blk.{number}.ffn_down_exps.weight", experts)]
        gate, up = (half.contiguous() for half in experts.chunk(2, dim=1))
        return [(f"blk.{number}.ffn_gate_exps.weight", gate),
                (f"blk.{number}.ffn_up_exps.weight", up)]  # fmt: skip
    number, _, rest = stem.removeprefix("layers.").partition(".")
    return [(f"blk.{number}.{dict(_LAYER)[rest]}.{kind}", value)]


def _rejoined(name: str, read: list[Tensor]) -> Tensor:
    if name.endswith("patch_embed.proj.weight"):
        return torch.stack(read, dim=2)
    if ".experts." in name:
        return torch.cat(read, dim=1).transpose(1, 2).contiguous()
    return read[0]


def _text_keys(writer: Any, config: dict[str, Any]) -> None:
    text = config["text_config"]
    rope = text.get("rope_parameters") or {**text["rope_scaling"], "rope_theta": text["rope_theta"]}
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_key_length(text["head_dim"])
    writer.add_value_length(text["head_dim"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_rope_dimension_sections([*rope["mrope_section"], 0])
    writer.add_num_deepstack_layers(len(config["vision_config"]["deepstack_visual_indexes"]))
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if "num_local_experts" in text:
        writer.add_expert_count(text["num_local_experts"])
        writer.add_expert_used_count(text["num_experts_per_tok"])
        writer.add_expert_feed_forward_length(text["moe_intermediate_size"])


def _vision_keys(writer: Any, vision: dict[str, Any]) -> None:
    writer.add_clip_projector_type("qwen3vl_merger")
    writer.add_clip_has_vision_encoder(True)
    writer.add_vision_use_gelu(True)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_image_size(int(vision["num_position_embeddings"] ** 0.5) * 16)
    writer.add_vision_patch_size(16)
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_block_count(vision["depth"])
    writer.add_vision_head_count(vision["num_heads"])
    writer.add_vision_projection_dim(vision["out_hidden_size"])
    writer.add_vision_spatial_merge_size(2)
    flags = [i in vision["deepstack_visual_indexes"] for i in range(vision["depth"])]
    writer.add_vision_is_deepstack_layers(flags)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)


def _tokens(writer: Any, folder: Path) -> None:
    data = json.loads((folder / "tokenizer.json").read_text())
    size = json.loads((folder / "config.json").read_text())["text_config"]["vocab_size"]
    tokens, kinds = [f"[PAD{i}]" for i in range(size)], [5] * size
    for token, number in data["model"]["vocab"].items():
        tokens[number], kinds[number] = token, 1
    for added in data["added_tokens"]:
        tokens[added["id"]], kinds[added["id"]] = added["content"], 3 if added["special"] else 4
    merges = data["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_chat_template(_template(folder))


def _stored(folder: Path) -> Iterator[tuple[str, Tensor]]:
    for file in sorted(folder.glob("*.safetensors")):
        yield from load_file(file).items()


def _template(folder: Path) -> str:
    plain = folder / "chat_template.jinja"
    if plain.exists():
        return plain.read_text()
    template: str = json.loads((folder / "chat_template.json").read_text())["chat_template"]
    return template


def halves(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose float16 for matrices, but for places, which llama.cpp interpolates in float32."""
    return Kind.F16 if len(shape) > 1 and "position_embd" not in name else Kind.F32


def eights(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose Q8_0 for the decoder's matrices where their rows are whole blocks, else F16."""
    text = not name.startswith(("v.", "mm.")) and "gate_inp" not in name
    return Kind.Q8_0 if text and shape[-1] % 32 == 0 else Kind.F16


def fours(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose Q4_0 for the layers and Q8_0 for the embedding."""
    kind = eights(name, shape)
    return Kind.Q4_0 if kind == Kind.Q8_0 and name.startswith("blk.") else kind


def mixed(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose as the common "Q4_K_M" does: Q6_K where it matters most; keys get Q5_K here."""
    if eights(name, shape) != Kind.Q8_0 or shape[-1] % 256:
        return eights(name, shape)
    if any(part in name for part in ("token_embd", "output.w", "attn_v", "ffn_down")):
        return Kind.Q6_K
    return Kind.Q5_K if "attn_k" in name else Kind.Q4_K


def brains(name: str, shape: tuple[int, ...]) -> Kind:
    """Choose bfloat16 for the decoder's matrices."""
    return Kind.BF16 if name.startswith("blk.") else halves(name, shape)
