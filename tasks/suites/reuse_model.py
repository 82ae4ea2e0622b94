"""A model of random weights and any size, that reads and writes with the pocket model's tokens."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.engine import Engine


@dataclass(frozen=True)
class Size:
    """How large a decoder and a vision tower are."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vision_depth: int
    vision_hidden: int
    vision_heads: int
    vision_intermediate: int
    vocabulary: int


SIZES = {
    "tiny": Size(3, 64, 4, 2, 32, 128, 4, 64, 4, 128, 2400),
    "small": Size(8, 512, 8, 4, 64, 1536, 8, 384, 6, 1536, 4096),
    "2b": Size(28, 2048, 16, 8, 128, 6144, 24, 1024, 16, 4096, 151_936),
}


def random_engine(folder: Path, size: Size, seed: int) -> "Engine":
    """Return an engine of a size with drawn weights; tokens and template are a folder's.

    Raises CheckpointError.
    """
    import torch

    from handrail.model.checkpoint import CheckpointFolder
    from handrail.model.config import parse_config
    from handrail.model.engine import Engine
    from handrail.model.loading import Loaded, load_prompts
    from handrail.model.network import Network
    from handrail.model.sampling import GenerateOptions

    files = CheckpointFolder(folder)
    config = parse_config(_config(files.json("config.json") or {}, size), "the random model")
    network = Network(config)
    generator = torch.Generator().manual_seed(seed)
    for name, value in network.named_parameters():
        # wide and sharp enough that what is said depends on all that was read
        if value.dim() > 1:
            wide = 1.6 / value[0].numel() ** 0.5
            wide = 0.1 if "embed_tokens" in name else 1.0 if "pos_embed" in name else wide
            value.data.normal_(0.0, wide, generator=generator)
        elif name.endswith("q_norm.weight"):
            value.data.fill_(2.5)
    network.requires_grad_(False)
    ends = frozenset(config.eos_token_ids)
    return Engine(Loaded(network, load_prompts(files, config), ends, GenerateOptions()))


def _config(pocket: dict[str, object], size: Size) -> dict[str, object]:
    text, vision = pocket["text_config"], pocket["vision_config"]
    assert isinstance(text, dict)
    assert isinstance(vision, dict)
    turned = size.head_dim // 2
    side = turned * 5 // 16
    sections = [turned - 2 * side, side, side]
    levels = [size.vision_depth * part // 4 - 1 for part in (1, 2, 3)]
    decoder = {
        **text,
        "vocab_size": size.vocabulary,
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "head_dim": size.head_dim,
        "max_position_embeddings": 32768,
        "rope_scaling": {**text["rope_scaling"], "mrope_section": sections},
    }
    tower = {
        **vision,
        "depth": size.vision_depth,
        "hidden_size": size.vision_hidden,
        "num_heads": size.vision_heads,
        "intermediate_size": size.vision_intermediate,
        "out_hidden_size": size.hidden,
        "deepstack_visual_indexes": levels,
    }
    return {**pocket, "text_config": decoder, "vision_config": tower}
