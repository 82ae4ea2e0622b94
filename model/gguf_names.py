"""Which tensor of a GGUF model, or of its vision file, is which parameter.

Names: gguf's tables of the architectures qwen3vl and qwen3vlmoe, and of the projector
qwen3vl_merger.
"""

import re

_TEXT = {
    "token_embd": "embed_tokens",
    "output_norm": "norm",
}
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_gate_inp": "mlp.gate",
    "ffn_gate_exps": "mlp.experts.gate_proj",
    "ffn_up_exps": "mlp.experts.up_proj",
    "ffn_down_exps": "mlp.experts.down_proj",
}
_VISION = {
    "v.position_embd": "pos_embed",
    "v.patch_embd": "patch_embed.proj",
    "v.post_ln": "merger.norm",
    "mm.0": "merger.linear_fc1",
    "mm.2": "merger.linear_fc2",
}
_BLOCK = {
    "ln1": "norm1",
    "ln2": "norm2",
    "attn_qkv": "attn.qkv",
    "attn_out": "attn.proj",
    "ffn_up": "mlp.linear_fc1",
    "ffn_down": "mlp.linear_fc2",
}
_DEEPSTACK = {"norm": "norm", "fc1": "linear_fc1", "fc2": "linear_fc2"}
SECOND_FRAME = "v.patch_embd.weight.1"
"""The patch embedding's half for the second of two frames, which published checkpoints join."""


def text_name(name: str) -> str | None:
    """Return the parameter that a tensor of the text file is, None for one that is not needed."""
    stem, _, kind = name.rpartition(".")
    if name == "output.weight":
        return "lm_head.weight"
    if stem in _TEXT:
        return f"model.language_model.{_TEXT[stem]}.{kind}"
    if (found := re.fullmatch(r"blk\.(\d+)\.(\w+)", stem)) and found[2] in _LAYER:
        joint = "_" if found[2].endswith("_exps") else "."
        return f"model.language_model.layers.{found[1]}.{_LAYER[found[2]]}{joint}{kind}"
    return None if name.startswith("rope_freqs") else name


def vision_name(name: str, levels: tuple[int, ...]) -> str | None:
    """Return the parameter that a tensor of the vision file is; ``levels``: DeepStack's blocks."""
    stem, _, kind = name.rpartition(".")
    if name == SECOND_FRAME:
        return None
    if stem in _VISION:
        return f"model.visual.{_VISION[stem]}.{kind}"
    if (found := re.fullmatch(r"v\.blk\.(\d+)\.(\w+)", stem)) and found[2] in _BLOCK:
        return f"model.visual.blocks.{found[1]}.{_BLOCK[found[2]]}.{kind}"
    found = re.fullmatch(r"v\.deepstack\.(\d+)\.(\w+)", stem)
    if found and found[2] in _DEEPSTACK and int(found[1]) in levels:
        level = levels.index(int(found[1]))
        return f"model.visual.deepstack_merger_list.{level}.{_DEEPSTACK[found[2]]}.{kind}"
    return name
