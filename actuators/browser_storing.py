"""Put entries of a browser's storage back, and nothing else of it.

Each entry is put back by itself, so that a second call after an interruption comes to the same end;
the records of one database that keeps its form go in one transaction.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_frames import Document, documents, origin_of
from handrail.actuators.browser_storage import Slot, Storage, canonical
from handrail.actuators.browser_tabs import Tabs
from handrail.actuators.errors import ActionRefused

Changes = Mapping[Slot, str | None]
"""What each entry is to become; None: it is to be gone."""


async def write_storage(
    context: BrowserContext, tabs: Tabs, now: Storage, changes: Changes
) -> None:
    """Make entries what they are to become; ``now`` is what was just read.

    Raises ActionRefused before anything is written where it cannot be, and playwright's Error.
    """
    jobs = {
        (origin, tab): job
        for (origin, tab) in _places(changes)
        if (job := _job(origin, tab, now, changes))
    }
    for _, tab in jobs:
        if tab is not None and tab >= len(context.pages):
            raise ActionRefused(f"tab {tab + 1} has closed, and its session storage with it")
    await _put_cookies(context, changes)
    for (origin, tab), job in jobs.items():
        if tab is not None:
            await _in_tab(context.pages[tab], origin, job)
        else:
            async with _somewhere(context, tabs, origin) as document:
                await document.call(_code(), job)


async def visit(context: BrowserContext, tabs: Tabs, origins: Collection[str]) -> None:
    """Let the context know these origins, as if it had been there: it tells of no others.

    What is no origin of the web, such as a cookie's domain, is left out. Raises playwright's Error.
    """
    for origin in sorted(origins):
        if origin and origin_of(origin) == origin:
            async with _somewhere(context, tabs, origin):
                pass


def _places(changes: Changes) -> list[tuple[str, int | None]]:
    """Return every origin that has work, once for all tabs and once for each tab it is about."""
    found = {
        (slot.origin, int(json.loads(slot.key)[0]) if slot.store == "session" else None)
        for slot in changes
        if slot.store != "cookies"
    }
    return sorted(found, key=lambda place: (place[0], -1 if place[1] is None else place[1]))


def _job(origin: str, tab: int | None, now: Storage, changes: Changes) -> dict[str, Any]:
    mine = {slot: value for slot, value in changes.items() if slot.origin == origin}
    if tab is not None:
        keys = {slot: json.loads(slot.key) for slot in mine if slot.store == "session"}
        pairs = [[key[1], mine[slot]] for slot, key in keys.items() if key[0] == tab]
        return {"areas": {"session": pairs}}
    local = [[slot.key, value] for slot, value in mine.items() if slot.store == "local"]
    bases = {json.loads(slot.key)[0] for slot in mine if slot.store == "indexed_db"}
    return {
        "areas": {"local": local},
        "bases": [_base(origin, name, now, changes) for name in sorted(bases)],
    }


def _base(origin: str, name: str, now: Storage, changes: Changes) -> dict[str, Any]:
    """Return the work on one database: its records, or all of it where its form changes."""
    form = Slot("indexed_db", origin, canonical([name]))
    anew = form in changes and changes[form] != now.entries.get(form)
    after: dict[Slot, str | None] = {**now.entries, **changes} if anew else {**changes}
    told = after.get(form) if anew else now.entries.get(form)
    if told is None:
        return {"name": name, "anew": "gone"}
    records: dict[str, dict[str, Any]] = {}
    for slot, value in after.items():
        key = json.loads(slot.key) if slot.store == "indexed_db" and slot.origin == origin else []
        if len(key) != 3 or key[0] != name:
            continue
        work = records.setdefault(key[1], {"store": key[1], "deletes": [], "puts": []})
        if value is not None:
            work["puts"].append(json.loads(value))
        elif slot in now.entries and not anew:
            work["deletes"].append(json.loads(now.entries[slot]))
    return {
        "name": name,
        "anew": "made" if anew else "",
        **json.loads(told),
        "records": list(records.values()),
    }


async def _put_cookies(context: BrowserContext, changes: Changes) -> None:
    for slot, value in changes.items():
        if slot.store != "cookies":
            continue
        if value is None:
            name, path, _ = json.loads(slot.key)
            await context.clear_cookies(name=name, domain=slot.origin, path=path)
        else:
            await context.add_cookies([json.loads(value)])


async def _in_tab(page: Page, origin: str, job: dict[str, Any]) -> None:
    async with documents(page) as shown:
        for document in shown:
            if document.origin == origin:
                await document.call(_code(), job)
                return
    raise ActionRefused(f"no tab shows {origin} any more: its session storage is out of reach")


@asynccontextmanager
async def _somewhere(context: BrowserContext, tabs: Tabs, origin: str) -> AsyncIterator[Document]:
    """Lend a document of an origin: an open one, or an empty one in a tab that nobody sees."""
    for page in context.pages:
        async with documents(page) as shown:
            for document in shown:
                if document.origin == origin:
                    yield document
                    return
    async with tabs.unseen() as page:
        await page.route("**/*", _empty)
        await page.goto(origin)
        async with documents(page) as shown:
            if not shown or shown[0].origin != origin:
                raise PlaywrightError(f"no page of {origin} can be opened")
            yield shown[0]


async def _empty(route: Route) -> None:
    await route.fulfill(body="<html></html>", content_type="text/html")


@cache
def _code() -> str:
    return Path(__file__).with_name("browser_storage.js").read_text(encoding="utf-8")
