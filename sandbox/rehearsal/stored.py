"""What a rehearsal changed of what a browser keeps: entries by name, values by digest alone.

Promises
- Each entry that was made, changed or taken away between two moments is told once, in order.
- No value is told: two digests are equal where the values are, and they are salted with a random
  text that is thrown away, so that no value can be guessed from one.

Does not promise
- That the entry's name says nothing: names are the page's own.
- To see entries of pages that were not visited.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from handrail.actuators.browser_storage import Slot
from handrail.sandbox.rehearsal.consequences import StorageConsequence
from handrail.sandbox.snapshot.keeper import Change

_NAME = 300


def storage_consequences(
    before: Mapping[Slot, str], after: Mapping[Slot, str]
) -> tuple[StorageConsequence, ...]:
    """Return what differs between two moments."""
    salt = secrets.token_bytes(32)
    return tuple(
        StorageConsequence(
            change=_change(before, after, slot),
            store=slot.store,
            origin=slot.origin,
            key=slot.key[:_NAME],
            before=_digest(salt, before.get(slot)),
            after=_digest(salt, after.get(slot)),
        )
        for slot in sorted({*before, *after})
        if before.get(slot) != after.get(slot)
    )


def _change(before: Mapping[Slot, str], after: Mapping[Slot, str], slot: Slot) -> Change:
    if slot not in before:
        return "created"
    return "changed" if slot in after else "deleted"


def _digest(salt: bytes, value: str | None) -> str:
    if value is None:
        return ""
    return hmac.new(salt, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
