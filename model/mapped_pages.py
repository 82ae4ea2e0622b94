"""Give the pages of mapped weights back once they were used.

Weights that are views of a file occupy memory from the first time they are read. A large vision
tower is not needed between pictures: its pages can go, and the next picture finds them in the
page cache. Only what the system itself says is a mapped file is touched. Source: madvise(2).
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

from torch import Tensor, nn

_MAPS = Path("/proc/self/maps")
_DONTNEED = 4
WORTH = 2**28
"""Bytes of pages below which keeping them costs less than finding them again."""


class MappedPages:
    """The whole pages of a module's tensors that lie in mapped files."""

    def __init__(self, module: nn.Module) -> None:
        self._tensors = [t for t in module.state_dict(keep_vars=True).values() if _is_plain(t)]
        files = _mapped_files()
        whole = [_pages_of(tensor) for tensor in self._tensors]
        self._spans = [
            (start, end)
            for start, end in whole
            if end > start and any(low <= start and end <= high for low, high in files)
        ]

    @property
    def bytes(self) -> int:
        """Return how much there is to give back."""
        return sum(end - start for start, end in self._spans)

    def give_back(self) -> None:
        """Let the pages go, unless they are few or a tensor was written to since it was mapped."""
        # what was written lies in the pages alone, and would be lost with them
        if self.bytes < WORTH or any(tensor._version for tensor in self._tensors):
            return
        system = ctypes.CDLL(None)
        for start, end in self._spans:
            # refused advice changes nothing: there is nothing to do about it
            system.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)
        if hasattr(system, "malloc_trim"):  # what the work left in the heap; glibc alone has it
            system.malloc_trim(ctypes.c_size_t(0))


def _is_plain(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu" and not tensor.is_inference()


def _pages_of(tensor: Tensor) -> tuple[int, int]:
    """Return where a tensor's first whole page begins and its last one ends."""
    storage = tensor.untyped_storage()
    start = storage.data_ptr() + tensor.storage_offset() * tensor.itemsize
    end = start + tensor.nbytes
    return -(-start // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE


def _mapped_files() -> list[tuple[int, int]]:
    """Return where files are mapped, none where the system cannot say."""
    if sys.platform != "linux" or not _MAPS.is_file():
        return []
    spans = []
    for line in _MAPS.read_text().splitlines():
        span, _, _, _, inode = line.split()[:5]
        if inode != "0":
            low, high = span.split("-")
            spans.append((int(low, 16), int(high, 16)))
    return spans
