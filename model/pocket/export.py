"""Write trained weights as a checkpoint folder in the layout of any published Qwen3-VL.

``python -m handrail.model.pocket.export STATE FOLDER`` drops the auxiliary heads and writes config,
weights (bfloat16), tokenizer, chat template, processor settings, and ``handrail.json``, which tells
Handrail about tiles.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file

from handrail.model.layout import HEAD
from handrail.model.pocket import buttons, closing, lessons, network, states
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.network import TrainingNetwork
from handrail.model.pocket.shape import Shape, config_json
from handrail.model.stored import SINGLE_FILE

_OVERLAP = (192, 64)
# Line ends that count are written as expressions: transformers and Handrail trim those beside tags.
CHAT_TEMPLATE = r"""{%- macro render(content) -%}
{%- if content is string -%}{{ content }}
{%- else -%}
{%- for part in content -%}
{%- if part.type == 'image' or 'image' in part -%}<|vision_start|><|image_pad|><|vision_end|>
{%- elif 'text' in part -%}{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- if tools -%}{{ '<|im_start|>system\n<|computer_use|><|im_end|>\n' }}{%- endif -%}
{%- for message in messages -%}
{%- set role = 'user' if message.role == 'tool' else message.role -%}
{{ '<|im_start|>' + role + '\n' }}{{ render(message.content) }}{{ '<|im_end|>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}
"""


def form() -> dict[str, object]:
    """Return the content of handrail.json."""
    point = (v.x_text(0) + v.y_text(0)).replace("[0", "[{x}").replace(", 0]", ", {y}]")
    return {
        "tile": {
            "width": lessons.TILE[0],
            "height": lessons.TILE[1],
            "overlap_x": _OVERLAP[0],
            "overlap_y": _OVERLAP[1],
        },
        "think": v.THINK_CLICK,
        "call": v.CALL_CLICK,
        "absent": v.ABSENT,
        "ask": v.INSTRUCTION + "click {phrase}" + v.NONE,
        "type": v.CALL_TYPE,
        "end_type": v.END_TYPE,
        "point": point,
        "asking": {
            "read": v.ASKS["read"],
            "there": v.ASKS["see whether there is"],
            "states": [text for asked, text in v.ASKS.items() if asked.endswith(":")],
            "answer": v.CALL_ANSWER,
            "yes": v.YES,
            "no": v.NO,
        },
        "others": [{"think": v.THINKS[w], "call": v.CALLS[w]} for w in v.CALLS if w != "click"],
        "closing": closing.PHRASE,
        "skips_ground": True,
        "names": list(buttons.NAMES),
    }


def export(net: TrainingNetwork, folder: Path, shape: Shape) -> None:
    """Write a checkpoint folder; what is there already is replaced file by file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(net, folder / SINGLE_FILE)
    v.tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, "utf-8")
    eos = [v.token("<|im_end|>"), v.token("<|endoftext|>")]
    files: dict[str, dict[str, object]] = {
        "config.json": config_json(shape),
        "generation_config.json": {"do_sample": False, "eos_token_id": eos},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "model_max_length": 8192,
        },
        "preprocessor_config.json": {
            "image_processor_type": "Qwen2VLImageProcessorFast",
            "processor_class": "Qwen3VLProcessor",
            "patch_size": 16,
            "temporal_patch_size": 2,
            "merge_size": 2,
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
            "size": {"shortest_edge": 1024, "longest_edge": 2097152},
        },
        "handrail.json": form(),
    }
    for name, content in files.items():
        (folder / name).write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8"
        )


def write_weights(net: TrainingNetwork, file: Path) -> None:
    """Write the weights as they ship, in bfloat16 and without the auxiliary heads."""
    state = {
        k: t.detach().to(torch.bfloat16).contiguous().cpu()
        for k, t in net.model.state_dict().items()
        if k != HEAD
    }
    save_file(state, file, metadata={"format": "pt"})


def main(arguments: Iterable[str] | None = None) -> int:
    """Export from the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="handrail.model.pocket.export")
    parser.add_argument("state", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--heads", type=Path, help="also keep the auxiliary heads in this file")
    args = parser.parse_args(None if arguments is None else list(arguments))
    net = TrainingNetwork(network.build(Shape(), 0))
    states.load(net, args.state)
    export(net, args.folder, Shape())
    if args.heads:
        states.save_heads(net, args.heads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
