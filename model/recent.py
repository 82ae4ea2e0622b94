"""Values by name within a budget of bytes: what was used longest ago goes first."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Keeps what was used last; the bytes of all of it never exceed the budget."""

    def __init__(self, budget: int) -> None:
        if budget < 0:
            raise ValueError(f"a budget of {budget} bytes holds nothing: 0 is the least")
        self.budget = budget
        self.held = 0
        self._kept: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()

    def __contains__(self, name: bytes) -> bool:
        return name in self._kept

    def __getitem__(self, name: bytes) -> Value:
        return self._kept[name][0]

    def __len__(self) -> int:
        return len(self._kept)

    def touch(self, names: Iterable[bytes]) -> None:
        """Count these as used now, the last of them as the latest; unknown names are left out."""
        for name in names:
            if name in self._kept:
                self._kept.move_to_end(name)

    def keep(
        self, name: bytes, value: Value, size: int, spared: Collection[bytes] = frozenset()
    ) -> bool:
        """Keep a value of so many bytes as the latest, and say whether there was room for it.

        Others make room, those used longest ago first, but none of the spared, and none for what
        is larger than the budget.
        """
        if name in self._kept:
            self.held -= self._kept.pop(name)[1]
        if size > self.budget:
            return False
        while self.held + size > self.budget:
            oldest = next(iter(self._kept), None)
            if oldest is None or oldest in spared:
                return False
            self.held -= self._kept.pop(oldest)[1]
        self._kept[name] = (value, size)
        self.held += size
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.held = 0
