"""Published configurations are read; wrong ones are refused by the name of the field."""

import copy
from typing import Any

import pytest

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config, parse_config
from handrail.model.errors import CheckpointError, ConfigError

# The layout that the published 2B checkpoint has (sizes as in its config.json).
PUBLISHED: dict[str, Any] = {
    "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
    "image_token_id": 151655, "video_token_id": 151656, "vision_start_token_id": 151652,
    "vision_end_token_id": 151653, "tie_word_embeddings": True, "transformers_version": "4.57.0",
    "text_config": {
        "model_type": "qwen3_vl_text", "attention_bias": False, "bos_token_id": 151643,
        "dtype": "bfloat16", "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu",
        "hidden_size": 2048, "intermediate_size": 6144, "max_position_embeddings": 262144,
        "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06, "rope_theta": 5000000, "vocab_size": 151936,
        "rope_scaling": {"mrope_interleaved": True, "mrope_section": [24, 20, 20],
                         "rope_type": "default"},
    },
    "vision_config": {
        "model_type": "qwen3_vl", "deepstack_visual_indexes": [5, 11, 17], "depth": 24,
        "hidden_act": "gelu_pytorch_tanh", "hidden_size": 1024, "in_channels": 3,
        "intermediate_size": 4096, "num_heads": 16, "num_position_embeddings": 2304,
        "out_hidden_size": 2048, "patch_size": 16, "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    },
}  # fmt: skip
Change = tuple[str, str, Any]


def changed(*changes: Change) -> dict[str, Any]:
    data = copy.deepcopy(PUBLISHED)
    for part, key, value in changes:
        target = data[part] if part else data
        target.pop(key, None) if value is None else target.update({key: value})
    return data


def test_a_published_configuration_is_read() -> None:
    config = parse_config(PUBLISHED, "config.json")
    assert config.text.rope_theta == 5e6
    assert config.text.mrope_section == (24, 20, 20)
    assert config.vision.deepstack_visual_indexes == (5, 11, 17)
    assert config.vision.head_dim == 64
    assert config.tie_word_embeddings
    assert config.eos_token_ids == (151645,)


def test_the_newer_spelling_of_positions_is_read() -> None:
    rope = {"rope_type": "default", "rope_theta": 7e5, "mrope_section": [20, 22, 22]}
    data = changed(
        ("text_config", "rope_scaling", None),
        ("text_config", "rope_theta", None),
        ("text_config", "rope_parameters", rope),
        ("vision_config", "rope_parameters", {"rope_type": "axial", "rope_theta": 5000.0}),
    )
    config = parse_config(data, "config.json")
    assert (config.text.rope_theta, config.text.mrope_section) == (7e5, (20, 22, 22))
    assert config.vision.rope_theta == 5000.0


def test_class_defaults_stand_in_as_in_the_reference() -> None:
    bare = changed(
        ("text_config", "rope_scaling", None),
        ("text_config", "rope_theta", None),
        ("", "tie_word_embeddings", None),
    )
    config = parse_config(bare, "config.json")
    assert config.text.rope_theta == 5e5
    assert not config.tie_word_embeddings


def test_tying_may_be_said_in_the_text_part() -> None:
    data = changed(("", "tie_word_embeddings", None), ("text_config", "tie_word_embeddings", True))
    assert parse_config(data, "config.json").tie_word_embeddings


def test_experts_are_read_under_both_names() -> None:
    experts = {"num_experts_per_tok": 8, "moe_intermediate_size": 768, "mlp_only_layers": None}
    for name in ("num_experts", "num_local_experts"):
        changes: list[Change] = [("text_config", k, v) for k, v in {**experts, name: 128}.items()]
        text = parse_config(changed(("", "model_type", "qwen3_vl_moe"), *changes), "c").text
        assert (text.num_experts, text.num_experts_per_tok) == (128, 8)
        assert text.moe_intermediate_size == 768
        assert all(text.has_experts(layer) for layer in range(28))
    changes += [("text_config", "decoder_sparse_step", 2), ("text_config", "mlp_only_layers", [3])]
    text = parse_config(changed(("", "model_type", "qwen3_vl_moe"), *changes), "c").text
    assert [layer for layer in range(8) if text.has_experts(layer)] == [1, 5, 7]


def test_yarn_stretches_the_longest_text() -> None:
    rope = {"rope_type": "yarn", "factor": 3.0, "mrope_section": [24, 20, 20]}
    text = parse_config(changed(("text_config", "rope_scaling", rope)), "c").text
    assert text.longest == 3 * 262144
    assert text.yarn is not None
    assert text.yarn.scale == pytest.approx(0.1 * 1.0986123 + 1)
    told = {**rope, "original_max_position_embeddings": 1000, "attention_factor": 1.5}
    text = parse_config(changed(("text_config", "rope_scaling", told)), "c").text
    assert (text.longest, text.yarn and text.yarn.scale) == (262144, 1.5)
    both = {**rope, "mscale": 0.5, "mscale_all_dim": 1.0}
    yarn = parse_config(changed(("text_config", "rope_scaling", both)), "c").text.yarn
    assert yarn is not None
    assert yarn.scale == pytest.approx((0.05 * 1.0986123 + 1) / (0.1 * 1.0986123 + 1))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("", "model_type", "qwen2_5_vl"), "model_type.*qwen3_vl"),
        (("", "model_type", "qwen3_vl_moe"), "qwen3_vl_moe does not go with .*num_experts = 0"),
        (("text_config", "num_experts", 8), "qwen3_vl does not go with .*num_experts = 8"),
        (("", "quantization_config", {"quant_method": "nf4"}), "quantization_config.*quant_method"),
        (("", "vision_config", None), "vision_config"),
        (("", "text_config", []), "text_config"),
        (("text_config", "hidden_size", None), "text_config.hidden_size"),
        (("text_config", "num_hidden_layers", -1), "text_config.num_hidden_layers"),
        (("text_config", "num_attention_heads", 12), "multiple of num_key_value_heads"),
        (("text_config", "attention_bias", True), "attention_bias"),
        (("text_config", "hidden_act", "relu"), "hidden_act"),
        (("text_config", "rope_scaling", {"rope_type": "longrope"}), "longrope.*'yarn'"),
        (("text_config", "rope_scaling", {"rope_type": "yarn"}), "text_config.yarn.factor"),
        (("text_config", "rope_scaling", {"rope_type": "yarn", "factor": 0.5}), "factor"),
        (("text_config", "rope_scaling", {"mrope_interleaved": False}), "interleave"),
        (("text_config", "rope_scaling", {"mrope_section": [16, 24, 25]}), "mrope_section"),
        (("vision_config", "num_position_embeddings", 2300), "square"),
        (("vision_config", "num_heads", 7), "multiple of 4"),
        (("vision_config", "deepstack_visual_indexes", [5, 24]), "below depth"),
        (("vision_config", "deepstack_visual_indexes", [5, 5]), "twice"),
        (("vision_config", "out_hidden_size", 4096), "out_hidden_size"),
        (("vision_config", "in_channels", 4), "in_channels"),
    ],
)
def test_what_cannot_be_used_is_named(change: Change, named: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s)here/config.json.*{named}") as caught:
        parse_config(changed(change), "here/config.json")
    assert "\n" not in str(caught.value), "one line"


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", "\ufeff{"])
def test_a_file_that_is_not_an_object_is_named(content: str, tmp_path: Any) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.json"):
        load_config(CheckpointFolder(tmp_path))


def test_a_file_that_is_not_text_is_named(tmp_path: Any) -> None:
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_config(CheckpointFolder(tmp_path))


def test_missing_files_and_folders_are_named(tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match=r"no config\.json"):
        load_config(CheckpointFolder(tmp_path))
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        CheckpointFolder(tmp_path / "absent")
