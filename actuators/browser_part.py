"""A browser's storage as named texts that can be read and written back.

An entry is named by its store, its origin and its key: ``local https://shop.test cart``. The values
may be secrets. A tab's session storage is no part of it: it comes and goes with what a tab shows.
The limits of ``browser_storage.py`` are this one's too.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import get_args

from handrail.actuators.browser import Browser
from handrail.actuators.browser_storage import Slot, Storage, Store
from handrail.actuators.errors import ObservationFailed

_STORES: tuple[Store, ...] = get_args(Store)


@dataclass
class StoragePart:
    """Every lasting entry of a browser's storage, and its cookies.

    ``anew``: the browser was started again since, with the same profile: cookies without an end
    ended with the first one, and can no longer be written.
    """

    browser: Browser
    anew: bool = False
    _last: Storage | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Return what it is called."""
        return "storage"

    @property
    def kind(self) -> str:
        """Return what an entry of it is."""
        return "entry"

    def read(self, wanted: Collection[str]) -> dict[str, str]:
        """Return every entry; the origins of those ``wanted`` are looked at also if not visited.

        While a dialog is open its page stands still, and the last look still holds.

        Raises ObservationFailed, EnvironmentMissing.
        """
        try:
            self._last = self.browser.storage({_slot(name).origin for name in wanted})
        except ObservationFailed:
            if self._last is None or not self.browser.asking:
                raise
        told = self._last.entries.items()
        return {_name(slot): value for slot, value in told if slot.store != "session"}

    def write(self, entries: Mapping[str, str | None]) -> None:
        """Make these entries so; they have just been read.

        Raises ActionRefused, ActionInDoubt, EnvironmentMissing.
        """
        assert self._last is not None
        changes = {_slot(name): value for name, value in entries.items()}
        self.browser.put_storage(self._last, changes)

    def writable(self, entry: str, value: str | None) -> bool:
        """Tell whether an entry can be made so."""
        if value is None or _slot(entry).store != "cookies" or not self.anew:
            return True
        return bool(json.loads(value)["expires"] >= 0)


def _name(slot: Slot) -> str:
    return f"{slot.store} {slot.origin} {slot.key}"


def _slot(name: str) -> Slot:
    store, origin, key = name.split(" ", 2)
    assert store in _STORES, name
    return Slot(store, origin, key)
