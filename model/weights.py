"""Reading safetensors checkpoints, in one file or in shards listed by an index.

Tensor names on disk equal parameter names, so loading is a direct map. Files are memory-mapped:
a tensor whose dtype already fits stays a view of its file.
Format: https://github.com/huggingface/safetensors
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.errors import WeightsError
from handrail.model.precision import Precision

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
HEAD, EMBEDDING = "lm_head.weight", "model.language_model.embed_tokens.weight"
_DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
_NAMED_IN_ERRORS = 4


@dataclass(frozen=True)
class StoredTensor:
    """Where one tensor lies, and its shape and dtype."""

    file: Path
    shape: tuple[int, ...]
    dtype: torch.dtype


def find_files(folder: CheckpointFolder) -> list[Path]:
    """Return the weight files of a checkpoint, all of which exist.

    Raises WeightsError naming what is absent.
    """
    single = folder.path / SINGLE_FILE
    if single.is_file():
        return [single]
    index = folder.json(INDEX_FILE)
    if index is None:
        raise WeightsError(
            f"{folder.path} holds neither {SINGLE_FILE} nor {INDEX_FILE}: "
            "download the weight files as well"
        )
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise WeightsError(f"{folder.path / INDEX_FILE} has no weight_map: copy it again")
    names = sorted({str(name) for name in weight_map.values()})
    if any(Path(name).name != name for name in names):
        raise WeightsError(f"{folder.path / INDEX_FILE} names files outside its folder")
    absent = [name for name in names if not (folder.path / name).is_file()]
    if absent:
        raise WeightsError(
            f"{folder.path} lacks {_listed(absent)} of its {len(names)} weight files: "
            "download them again"
        )
    return [folder.path / name for name in names]


def read_headers(files: Sequence[Path]) -> dict[str, StoredTensor]:
    """Read the names, shapes and dtypes of all tensors.

    Raises WeightsError for a truncated or damaged file, or a dtype that is not a plain float.
    """
    stored: dict[str, StoredTensor] = {}
    for file in files:
        try:
            with safe_open(file, framework="pt") as reader:
                for name in reader.keys():  # noqa: SIM118 - the reader is not a mapping
                    part = reader.get_slice(name)
                    dtype = _DTYPES.get(part.get_dtype())
                    if dtype is None:
                        raise WeightsError(
                            f"{file}: {name} is stored as {part.get_dtype()}; only F32, BF16 and "
                            "F16 are supported (quantized checkpoints are not, yet)"
                        )
                    stored[name] = StoredTensor(file, tuple(part.get_shape()), dtype)
        except (SafetensorError, OSError) as error:
            raise WeightsError(
                f"{file} is truncated or damaged ({error}): download it again"
            ) from error
    return stored


def load_weights(
    network: nn.Module,
    stored: Mapping[str, StoredTensor],
    device: torch.device,
    precision: Precision,
) -> None:
    """Fill a network built on the meta device.

    Raises WeightsError naming tensors that are missing, not expected, or of another shape.
    """
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    tied = _is_tied(network)
    if tied:
        del expected[HEAD]
    extra = {name for name in stored.keys() - expected.keys() if not _is_ignored(name, tied)}
    _check_names(expected, stored, extra)
    state = _read_tensors({name: stored[name] for name in expected}, device, precision)
    if tied:
        _check_tied_head(stored, state[EMBEDDING], precision)
        state[HEAD] = state[EMBEDDING]
    network.load_state_dict(state, assign=True, strict=True)


def _is_tied(network: nn.Module) -> bool:
    return network.get_parameter(HEAD) is network.get_parameter(EMBEDDING)


def _is_ignored(name: str, tied: bool) -> bool:
    # Older checkpoints also store the rotary frequencies, which are computed here.
    return name.endswith("rotary_emb.inv_freq") or (tied and name == HEAD)


def _check_names(
    expected: Mapping[str, tuple[int, ...]],
    stored: Mapping[str, StoredTensor],
    extra: Iterable[str],
) -> None:
    missing = sorted(expected.keys() - stored.keys())
    misshaped = [
        f"{name} is {list(stored[name].shape)} instead of {list(shape)}"
        for name, shape in sorted(expected.items())
        if name in stored and stored[name].shape != shape
    ]
    problems = [
        f"{len(names)} {what}: {_listed(names)}"
        for what, names in (
            ("missing", missing),
            ("not expected", sorted(extra)),
            ("of another shape", misshaped),
        )
        if names
    ]
    if problems:
        raise WeightsError(
            f"the tensors do not fit config.json ({'; '.join(problems)}): "
            "are config and weights of the same model?"
        )


def _read_tensors(
    wanted: Mapping[str, StoredTensor], device: torch.device, precision: Precision
) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for file in sorted({tensor.file for tensor in wanted.values()}):
        with safe_open(file, framework="pt") as reader:
            for name, tensor in wanted.items():
                if tensor.file == file:
                    tensors[name] = reader.get_tensor(name).to(device, precision.of(name))
    return tensors


def _check_tied_head(
    stored: Mapping[str, StoredTensor], embedding: Tensor, precision: Precision
) -> None:
    """Refuse a checkpoint that says its head is tied but stores a different one."""
    if HEAD not in stored:
        return
    head = _read_tensors({HEAD: stored[HEAD]}, embedding.device, precision)[HEAD]
    if not torch.equal(head, embedding):
        raise WeightsError(
            f"{HEAD} differs from {EMBEDDING}, but config.json says tie_word_embeddings: "
            "set it to false if the stored head is meant"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED_IN_ERRORS])
    more = len(names) - _NAMED_IN_ERRORS
    return f"{shown} and {more} more" if more > 0 else shown
