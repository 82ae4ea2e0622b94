"""Fill a network with what a checkpoint stores.

Tensor names on disk equal parameter names, so loading is a direct map. Files are memory-mapped:
a tensor whose dtype already fits stays a view of its file.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from handrail.model.errors import WeightsError
from handrail.model.layout import EMBEDDING, HEAD, fit
from handrail.model.network import Network
from handrail.model.precision import Precision
from handrail.model.stored import StoredTensor, listed

_PLAIN = (torch.float32, torch.bfloat16, torch.float16)


def check(network: Network, stored: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
    """Fit a network to what is stored, and return each of its tensors as stored.

    Raises WeightsError naming tensors that are missing, not expected, or of another shape.
    """
    stored = fit(network, network.config, stored)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    tied = network.config.tie_word_embeddings
    if tied:
        del expected[HEAD]
    extra = {name for name in stored.keys() - expected.keys() if not _is_ignored(name, tied)}
    _check_names(expected, stored, extra)
    _check_plain(_plain(network), stored)
    return {name: stored[name] for name in expected}


def load_weights(
    network: Network,
    stored: Mapping[str, StoredTensor],
    device: torch.device,
    precision: Precision,
) -> None:
    """Fill a network built on the meta device. Raises WeightsError as `check` does."""
    wanted = check(network, stored)
    plain, state = _plain(network), dict[str, Tensor]()
    for name, tensor in wanted.items():
        state[name] = tensor.read().to(device)
        if name in plain:
            state[name] = state[name].to(precision.of(name))
    if network.config.tie_word_embeddings:
        _check_tied_head(stored, state[EMBEDDING])
        state[HEAD] = state[EMBEDDING]
    network.load_state_dict(state, assign=True, strict=True)


def _plain(network: Network) -> set[str]:
    """Return the names of what is not packed."""
    return {name for name, _ in network.named_parameters(remove_duplicate=False)}


def _is_ignored(name: str, tied: bool) -> bool:
    # Older checkpoints also store the rotary frequencies, which are computed here, and quantized
    # ones scales for activations, which are not quantized here.
    unused = (".rotary_emb.inv_freq", ".input_scale", ".k_scale", ".v_scale")
    return name.endswith(unused) or (tied and name == HEAD)


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
        f"{len(names)} {what}: {listed(names)}"
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


def _check_plain(names: Iterable[str], stored: Mapping[str, StoredTensor]) -> None:
    """Refuse packed numbers without the scales that would tell what they mean."""
    odd = [
        f"{n} is {stored[n].dtype}"
        for n in sorted(names)
        if n in stored and stored[n].dtype not in _PLAIN
    ]
    if odd:
        raise WeightsError(
            f"{len(odd)} tensors are stored as numbers without scales ({listed(odd)}): "
            "is it a quantization that is not supported?"
        )


def _check_tied_head(stored: Mapping[str, StoredTensor], embedding: Tensor) -> None:
    """Refuse a checkpoint that says its head is tied but stores a different one."""
    if HEAD not in stored:
        return
    head = stored[HEAD].read().to(embedding.device, embedding.dtype)
    if not torch.equal(head, embedding):
        raise WeightsError(
            f"{HEAD} differs from {EMBEDDING}, but config.json says tie_word_embeddings: "
            "set it to false if the stored head is meant"
        )
