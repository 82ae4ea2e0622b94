"""A copy of what a browser shows and keeps, put into another browser that is our own.

Copied: cookies, local storage, IndexedDB, the session storage of each tab, the addresses of the
open tabs with where they are scrolled to, and what stands in the fields of every document that can
be reached: text, ticks, choices, and what has the keyboard. Addresses are fetched again, so a page
may have changed meanwhile, and one that was the answer to a posted form is fetched as any other.
Fields are filled in without a word to the page; it hears of what gets the keyboard. What a page's
script holds in memory, what was drawn, chosen files, and closed shadow roots are not copied.

Values, those of password fields among them, go from one browser to the other through this process's
memory alone.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_frames import Document, documents
from handrail.actuators.browser_storage import Storage, read_storage
from handrail.actuators.browser_storing import write_storage
from handrail.actuators.browser_tabs import Tabs
from handrail.actuators.browser_words import without_user

_AGAIN = ("http://", "https://", "file://", "data:", "about:blank")
_SECONDS = 20.0

_FIELDS = """
  const all = root => [...root.querySelectorAll('*')].flatMap(
    node => node.shadowRoot ? [node, ...all(node.shadowRoot)] : [node]);
  const fields = all(document).filter(
    node => node.matches('input,textarea,select') || node.isContentEditable &&
      !(node.parentElement && node.parentElement.isContentEditable));
  const focused = () => {
    let node = document.activeElement;
    while (node && node.shadowRoot && node.shadowRoot.activeElement) {
      node = node.shadowRoot.activeElement;
    }
    return node;
  };
  const caret = node => {
    try { return [node.selectionStart, node.selectionEnd]; } catch { return null; }
  };
  const hold = (node, at) => {
    if (!node || node === document.body) return;
    node.focus({ preventScroll: true });
    try { node.setSelectionRange(...at); } catch { /* it has no caret of that kind */ }
  };
  const place = node => [node.localName, node.type || '', node.name || '', node.id];"""
_READ = f"""function () {{{_FIELDS}
  return {{
    scroll: [scrollX, scrollY],
    focus: all(document).indexOf(focused()),
    caret: caret(focused()),
    fields: fields.map(node => ({{
      place: place(node),
      value: node.type === 'file' ? null : 'value' in node ? node.value : node.innerHTML,
      checked: !!node.checked,
      chosen: node.localName === 'select' ? [...node.options].map(one => one.selected) : [],
      files: node.type === 'file' ? node.files.length : 0,
    }})),
  }};
}}"""
_FILL = f"""function (told) {{{_FIELDS}
  let missed = 0;
  told.fields.forEach((one, number) => {{
    const node = fields[number];
    if (one.files) missed += 1;
    if (one.files || one.value === null) return;
    if (!node || String(place(node)) !== String(one.place)) {{ missed += 1; return; }}
    if (node.localName === 'select') {{
      [...node.options].forEach((option, at) => {{ option.selected = !!one.chosen[at]; }});
    }} else if ('value' in node) {{
      node.value = one.value;
      node.checked = one.checked;
    }} else {{
      node.innerHTML = one.value;
    }}
  }});
  hold(all(document)[told.focus], told.caret);
  scrollTo(...told.scroll);
  return missed;
}}"""
_SESSION = "function (pairs) { for (const key in pairs) sessionStorage.setItem(key, pairs[key]) }"
_SIZE = "function () { return [innerWidth, innerHeight, devicePixelRatio] }"


@dataclass(frozen=True)
class OpenTab:
    """A tab: its address, and for each of its documents in order its address, fields and scroll."""

    url: str
    documents: tuple[tuple[str, dict[str, Any]], ...] = field(repr=False)
    sessions: Mapping[str, Mapping[str, str]] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Clone:
    """All that was read, the tab in front last; ``size`` in CSS pixels of that tab, and its scale.

    ``left_out`` says what could not be read.
    """

    storage: Storage = field(repr=False)
    tabs: tuple[OpenTab, ...]
    size: tuple[int, int] = (1280, 800)
    scale: float = 1.0
    left_out: tuple[str, ...] = ()


async def read_clone(context: BrowserContext, tabs: Tabs) -> Clone:
    """Read a context. Raises playwright's Error."""
    storage = await read_storage(context)
    found, left_out = [], []
    for page, sessions in zip(context.pages, storage.sessions, strict=False):
        if not page.url.startswith(_AGAIN):
            left_out.append(f"the tab at {without_user(page.url)[:100]}: it cannot be opened again")
            continue
        async with documents(page) as shown:
            told = [(one.url, await one.call(_READ)) for one in shown]
        found.append(OpenTab(page.url, tuple(told), sessions))
    async with documents(tabs.front) as shown:
        width, height, scale = await shown[0].call(_SIZE)
    return Clone(storage, tuple(found), (int(width), int(height)), float(scale), tuple(left_out))


async def put_clone(context: BrowserContext, tabs: Tabs, clone: Clone) -> tuple[str, ...]:
    """Make a fresh context like the one that was read; return what could not be made so.

    Raises playwright's Error, ActionRefused.
    """
    kept = {s: v for s, v in clone.storage.entries.items() if s.store != "session"}
    await write_storage(context, tabs, await read_storage(context), kept)
    left_out = list(clone.left_out)
    for number, tab in enumerate(clone.tabs):
        page = context.pages[0] if number == 0 else await context.new_page()
        await _put_session(page, tab.sessions)
        left_out += [text async for text in _opened(page, tab)]
    return tuple(left_out)


async def _put_session(page: Page, sessions: Mapping[str, Mapping[str, str]]) -> None:
    """Give a tab its session storage, on empty pages that nobody fetched."""
    if not sessions:
        return
    await page.route("**/*", _empty)
    try:
        for origin, pairs in sessions.items():
            await page.goto(origin)
            async with documents(page) as shown:
                await shown[0].call(_SESSION, pairs)
    finally:
        await page.unroute("**/*", _empty)


async def _empty(route: Route) -> None:
    await route.fulfill(body="<html></html>", content_type="text/html")


async def _opened(page: Page, tab: OpenTab) -> AsyncIterator[str]:
    """Open a tab's address and fill its fields in; yield what could not be done."""
    where = without_user(tab.url)[:100]
    try:
        await page.goto(tab.url, wait_until="load", timeout=_SECONDS * 1000)
        session = await page.context.new_cdp_session(page)
        await session.send("Page.resetNavigationHistory")
        await session.detach()
    except PlaywrightError:
        yield f"the tab at {where}: it did not open again"
        return
    async with documents(page) as shown:
        for document, told in _paired(shown, tab):
            missed = len(told["fields"]) if document is None else await document.call(_FILL, told)
            if missed:
                yield f"{missed} fields of the tab at {where}"


def _paired(
    shown: list[Document], tab: OpenTab
) -> Iterator[tuple[Document | None, dict[str, Any]]]:
    """Yield what was read of each document with the one that is now in its place, if it is it."""
    for number, (url, told) in enumerate(tab.documents):
        here = shown[number] if number < len(shown) else None
        same = here is not None and here.url.partition("#")[0] == url.partition("#")[0]
        yield (here if same else None), told
