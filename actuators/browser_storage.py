"""What a browser's context keeps of the pages that were visited, entry by entry, and back.

Four stores: cookies, local storage, the session storage of open tabs, and IndexedDB. Playwright
reads all but the third, in a world of its own. Databases' values that JSON with its extensions
cannot hold (files, blobs, cryptographic keys) are told as empty objects, and so cannot be put back;
the number that a store with automatic keys would give next, and the storage of origins that were
not visited since the context was opened, are not told at all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from playwright.async_api import BrowserContext, StorageState

from handrail.actuators.browser_frames import documents

Store = Literal["cookies", "local", "session", "indexed_db"]


@dataclass(frozen=True, order=True)
class Slot:
    """The place of one entry.

    ``origin``: of a cookie its domain. ``key`` is plain for local storage and JSON elsewhere: of a
    cookie [name, path, partition], of session storage [number of the tab, key], of a database
    [name] (what it is made of) or [name, store, key] (a record).
    """

    store: Store
    origin: str
    key: str


@dataclass(frozen=True)
class Storage:
    """Everything that was kept at one moment: each entry's value, as text or as JSON.

    ``state`` is the same as playwright takes it, without session storage; ``sessions`` holds that,
    for each open tab in order, by origin. None of it may be written down as it is.
    """

    entries: Mapping[Slot, str] = field(repr=False)
    state: StorageState = field(repr=False)
    sessions: tuple[Mapping[str, Mapping[str, str]], ...] = field(repr=False, default=())


async def read_storage(context: BrowserContext) -> Storage:
    """Read what the context keeps. Raises playwright's Error."""
    state = await context.storage_state(indexed_db=True)
    sessions = tuple([await _session(page) for page in context.pages])
    entries = dict(_cookies(cast("dict[str, Any]", state)))
    for origin in state.get("origins", []):
        entries |= _of_origin(cast("dict[str, Any]", origin))
    for tab, kept in enumerate(sessions):
        for place, pairs in kept.items():
            for key, value in pairs.items():
                entries[Slot("session", place, canonical([tab, key]))] = value
    return Storage(entries, state, sessions)


async def _session(page: Any) -> dict[str, dict[str, str]]:
    """Return the session storage of a tab, by origin."""
    found: dict[str, dict[str, str]] = {}
    async with documents(page) as shown:
        for document in shown:
            if document.origin and document.origin not in found:
                found[document.origin] = await document.call(_SESSION)
    return {origin: pairs for origin, pairs in found.items() if pairs}


# A sandboxed frame has an address and yet no storage.
_SESSION = """function () {
  try { return { ...sessionStorage }; } catch { return {}; }
}"""


def _cookies(state: Mapping[str, Any]) -> dict[Slot, str]:
    found = {}
    for cookie in state.get("cookies", []):
        key = [cookie["name"], cookie["path"], cookie.get("partitionKey", "")]
        found[Slot("cookies", cookie["domain"], canonical(key))] = canonical(cookie)
    return found


def _of_origin(told: Mapping[str, Any]) -> dict[Slot, str]:
    origin = str(told["origin"])
    found = {
        Slot("local", origin, str(one["name"])): str(one["value"])
        for one in told.get("localStorage", [])
    }
    for base in told.get("indexedDB", []):
        stores = [{k: v for k, v in one.items() if k != "records"} for one in base["stores"]]
        made = {"version": base["version"], "stores": stores}
        found[Slot("indexed_db", origin, canonical([base["name"]]))] = canonical(made)
        for store in base["stores"]:
            for record in store["records"]:
                key = canonical([base["name"], store["name"], _key(record, store)])
                found[Slot("indexed_db", origin, key)] = canonical(record)
    return found


def _key(record: Mapping[str, Any], store: Mapping[str, Any]) -> object:
    """Return a record's key; where its value holds the key in a way of its own, the whole value."""
    if "key" in record:
        return record["key"]
    if "keyEncoded" in record:
        return {"encoded": record["keyEncoded"]}
    at = store.get("keyPathArray") or [store.get("keyPath", "")]
    try:
        return [_inside(record["value"], path) for path in at]
    except (KeyError, TypeError):
        return {"record": record}


def _inside(value: Any, path: str) -> object:
    for name in path.split("."):
        value = value[name]
    return value


def canonical(value: object) -> str:
    """Return a value as JSON, always in the same form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
