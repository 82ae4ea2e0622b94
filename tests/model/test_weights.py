"""Weights load from published layouts; damage and misfits are named in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from handrail.model.engine import Engine
from handrail.model.errors import WeightsError
from handrail.model.messages import Message, TextPart

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
HEAD, EMBEDDING = "lm_head.weight", "model.language_model.embed_tokens.weight"
HELLO = [Message("user", [TextPart("hello")])]
Checkpoint = Callable[[str], Path]


@pytest.fixture
def folder(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    return Path(copytree(checkpoint("untied"), tmp_path / "copy"))


def rewrite(folder: Path, change: Callable[[dict[str, Tensor]], None]) -> None:
    tensors = load_file(folder / SINGLE)
    change(tensors)
    save_file(tensors, folder / SINGLE)


def shard(folder: Path, shards: int) -> list[str]:
    """Cut the single file into shards with an index, as large checkpoints are published."""
    tensors = load_file(folder / SINGLE)
    (folder / SINGLE).unlink()
    names = [f"model-{i + 1:05}-of-{shards:05}.safetensors" for i in range(shards)]
    where = {name: names[i % shards] for i, name in enumerate(sorted(tensors))}
    for file in names:
        save_file({n: t for n, t in tensors.items() if where[n] == file}, folder / file)
    index = {"metadata": {"total_size": 1}, "weight_map": where}
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")
    return names


def refused(folder: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        Engine.load(folder)
    assert "\n" not in str(caught.value), "one line"
    return str(caught.value)


def test_the_names_are_the_published_ones(checkpoint: Checkpoint) -> None:
    network = Engine.load(checkpoint("untied")).network
    names = set(network.state_dict())
    for name in [
        "model.visual.patch_embed.proj.weight", "model.visual.pos_embed.weight",
        "model.visual.blocks.0.attn.qkv.bias", "model.visual.blocks.2.mlp.linear_fc2.weight",
        "model.visual.merger.norm.weight", "model.visual.deepstack_merger_list.1.linear_fc1.bias",
        "model.language_model.layers.0.self_attn.q_norm.weight",
        "model.language_model.layers.2.mlp.gate_proj.weight",
        "model.language_model.layers.1.post_attention_layernorm.weight",
        "model.language_model.norm.weight", EMBEDDING, HEAD,
    ]:  # fmt: skip
        assert name in names
    assert names == set(load_file(checkpoint("untied") / SINGLE))


def test_shards_load_like_one_file(folder: Path, checkpoint: Checkpoint) -> None:
    shard(folder, 3)
    ours, single = (Engine.load(f, dtype="float32") for f in (folder, checkpoint("untied")))
    # products may differ in the last bit where files lie differently in memory
    assert torch.allclose(ours.begin(HELLO).logits, single.begin(HELLO).logits, atol=1e-4)
    for name, value in single.network.state_dict().items():
        assert torch.equal(ours.network.state_dict()[name], value)


def test_a_tied_head_is_the_embedding(checkpoint: Checkpoint) -> None:
    assert HEAD not in load_file(checkpoint("tied") / SINGLE)
    network = Engine.load(checkpoint("tied")).network
    assert network.lm_head.weight is network.model.language_model.embed_tokens.weight


def test_a_stored_copy_of_a_tied_head_is_accepted(checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoint("tied"), tmp_path / "copy"))
    rewrite(folder, lambda tensors: tensors.update({HEAD: tensors[EMBEDDING].clone()}))
    assert torch.equal(
        Engine.load(folder).begin(HELLO).logits, Engine.load(checkpoint("tied")).begin(HELLO).logits
    )
    rewrite(folder, lambda tensors: tensors.update({HEAD: tensors[EMBEDDING] + 1}))
    assert "tie_word_embeddings" in refused(folder)


def test_old_rotary_buffers_are_ignored(folder: Path) -> None:
    name = "model.language_model.rotary_emb.inv_freq"
    rewrite(folder, lambda tensors: tensors.update({name: torch.ones(4)}))
    assert Engine.load(folder).config.text.num_key_value_heads == 1


def test_missing_extra_and_misshaped_tensors_are_named(folder: Path) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        tensors["model.visual.added.weight"] = tensors.pop("model.visual.merger.norm.bias")
        tensors[HEAD] = tensors[HEAD][:5].clone()

    rewrite(folder, change)
    text = refused(folder)
    assert "1 missing: model.visual.merger.norm.bias" in text
    assert "1 not expected: model.visual.added.weight" in text
    assert f"{HEAD} is [5, 64] instead of [640, 64]" in text


def test_many_names_are_cut_short(folder: Path) -> None:
    def drop_vision(tensors: dict[str, Tensor]) -> None:
        for name in [name for name in tensors if "visual" in name]:
            del tensors[name]

    rewrite(folder, drop_vision)
    assert "more" in refused(folder)
    assert len(refused(folder)) < 600


@pytest.mark.parametrize("kept", [0.0, 1e-4, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_named(folder: Path, kept: float) -> None:
    whole = (folder / SINGLE).read_bytes()
    (folder / SINGLE).write_bytes(whole[: int(len(whole) * kept)])
    text = refused(folder)
    assert SINGLE in text
    assert "truncated or damaged" in text


def test_a_file_that_is_something_else_is_named(folder: Path) -> None:
    (folder / SINGLE).write_text("version https://git-lfs.github.com/spec/v1\n" * 3)
    assert "truncated or damaged" in refused(folder)


def test_a_truncated_shard_is_named(folder: Path) -> None:
    names = shard(folder, 2)
    with (folder / names[1]).open("r+b") as file:
        file.truncate(10_000)
    assert names[1] in refused(folder)


def test_missing_files_are_named(folder: Path) -> None:
    names = shard(folder, 2)
    (folder / names[0]).unlink()
    assert names[0] in refused(folder)
    (folder / INDEX).unlink()
    assert SINGLE in refused(folder)


@pytest.mark.parametrize("content", ["{}", '{"weight_map": []}', '{"weight_map": {"a": "../b"}}'])
def test_a_bad_index_is_named(folder: Path, content: str) -> None:
    (folder / SINGLE).unlink()
    (folder / INDEX).write_text(content, encoding="utf-8")
    assert INDEX in refused(folder)


def test_quantized_tensors_are_refused_by_name(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors.update({HEAD: tensors[HEAD].to(torch.int8)}))
    text = refused(folder)
    assert HEAD in text
    assert "I8" in text


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_files_load_as_either_dtype(folder: Path, dtype: torch.dtype) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        tensors.update({name: value.to(dtype) for name, value in tensors.items()})

    rewrite(folder, change)
    assert Engine.load(folder, dtype="auto").dtype == torch.float32
    engine = Engine.load(folder, dtype="bfloat16")
    assert engine.dtype == engine.vision_dtype == torch.bfloat16
    engine = Engine.load(folder, dtype="float32")
    assert engine.dtype == engine.vision_dtype == torch.float32
