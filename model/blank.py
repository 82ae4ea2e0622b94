"""Networks without weights: shapes alone, in no memory, for checkpoints to fill.

Modules fill their weights with chance when they are made. On torch's meta device there is nothing
to fill, and yet the first attempt imports torch's compiler: a second, and 100 MB.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_FILLING = frozenset({nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_})


class _Unfilled(TorchFunctionMode):
    """Leaves tensors that are to be filled with chance as they are."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do everything else."""
        return None if func in _FILLING else func(*args, **(kwargs or {}))


@contextmanager
def blank() -> Iterator[None]:
    """Make what is made within on the meta device, unfilled."""
    with torch.device("meta"), _Unfilled():
        yield
