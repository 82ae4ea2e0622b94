"""Find where secrets may show on a page, so that its picture can be masked there.

The browser's own snapshot of the page is searched on our side: no page is handed a secret to look
for. It goes through shadow roots, closed ones too, and frames. Two places are masked: what a secret
was typed into, for as long as it is there, and whatever holds the text of one.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.actions import Action, Press
from handrail.actuators.browser_element import element_of
from handrail.actuators.browser_hit import Hit, focused_node
from handrail.actuators.censor import Censor
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Element
from handrail.actuators.secret import Clipboard, cleaned

_SHOWN_ATTRIBUTES = frozenset(("placeholder", "alt", "label"))
_MARGIN = 2  # CSS pixels around a text, for what a font draws beyond its box
_MOST = 500


@dataclass(frozen=True)
class _Typed:
    """What a secret was typed into: a node of the page that was loaded then."""

    load: str
    node: int


class PageVeil:
    """Remembers what secrets were typed into, and tells which places of a page to mask."""

    def __init__(self, censor: Censor) -> None:
        self._censor = censor
        self._typed: set[_Typed] = set()
        self._clipboard = Clipboard()

    async def remember(self, session: CDPSession, node: int) -> None:
        """Note that a secret is about to be typed into this node. Raises playwright's Error."""
        self._typed.add(_Typed(await _load(session), node))

    def told(self, found: Hit, scale: float) -> Element:
        """Return what is said of what was met: no text of what a secret was typed into."""
        element = element_of(found, scale)
        if any(found.state.handle == str(one.node) for one in self._typed):
            element = replace(element, value=None)
        return cleaned(element, self._censor)

    async def follow(self, session: CDPSession, action: Action) -> None:
        """Note where keys are about to paste what they copied from a place that is masked."""
        if not self._typed or not isinstance(action, Press):
            return
        try:
            here = _Typed(await _load(session), await focused_node(session))
        except PlaywrightError:
            return  # nothing has the keyboard
        if self._clipboard.pastes(action, here in self._typed):
            self._typed.add(here)

    async def places(self, page: Page, session: CDPSession) -> list[Box]:
        """Return the places to mask now, in CSS pixels of the window.

        Raises playwright's Error where the page cannot be searched: then it must not be shown.
        """
        if not self._censor:
            return []
        load = await _load(session)
        nodes = {one.node for one in self._typed if one.load == load}
        nodes |= await self._found(session)
        quads = [quad for node in sorted(nodes)[:_MOST] for quad in await _quads(session, node)]
        if len(nodes) > _MOST:
            raise PlaywrightError("the page shows a secret in more places than can be masked")
        return [*map(_around, quads), *await self._frames(page)]

    async def _frames(self, page: Page) -> list[Box]:
        """Return the frames of other processes that hold a secret, each as a whole."""
        found: list[Box] = []
        for frame in page.frames[1:]:
            try:
                session = await page.context.new_cdp_session(frame)
            except PlaywrightError:
                continue  # it is searched with the page that holds it
            try:
                if await self._found(session):
                    place = await (await frame.frame_element()).bounding_box()
                    if place is not None:
                        left, top = place["x"], place["y"]
                        right, bottom = left + place["width"], top + place["height"]
                        found.append(_around((left, top, right, bottom)))
            finally:
                await session.detach()
        return found

    async def _found(self, session: CDPSession) -> set[int]:
        """Return the nodes of a page that hold a secret's text."""
        shot = await session.send("DOMSnapshot.captureSnapshot", {"computedStyles": []})
        strings: list[str] = shot["strings"]
        nodes: set[int] = set()
        for document in shot["documents"]:
            ids: list[int] = document["nodes"]["backendNodeId"]
            nodes |= {ids[at] for at in self._holding(document["nodes"], strings)}
            nodes |= {ids[at] for at in self._spelling(document["layout"], strings)}
        return nodes

    def _holding(self, nodes: dict[str, Any], strings: list[str]) -> Iterator[int]:
        """Yield the fields, options and attributes that hold a secret, by number."""
        for kind in ("inputValue", "textValue"):
            rare = nodes.get(kind, {"index": [], "value": []})
            for at, value in zip(rare["index"], rare["value"], strict=True):
                if value >= 0 and self._censor.finds(strings[value]):
                    yield at
        for at, attributes in enumerate(nodes["attributes"]):
            for name, value in zip(attributes[::2], attributes[1::2], strict=True):
                if strings[name] in _SHOWN_ATTRIBUTES and self._censor.finds(strings[value]):
                    yield at
        for at, text in enumerate(nodes["nodeValue"]):
            if text >= 0 and self._censor.finds(strings[text]):
                yield from _list_of(at, nodes, strings)

    def _spelling(self, layout: dict[str, Any], strings: list[str]) -> Iterator[int]:
        """Yield the texts that together spell a secret, also where several share it, by number."""
        written, begins, owners = "", [], []
        for at, text in zip(layout["nodeIndex"], layout["text"], strict=True):
            if text >= 0:
                begins.append(len(written))
                owners.append(at)
                written += strings[text]
        ends = [*begins[1:], len(written)]
        for first, last in self._censor.spans(written):
            for begin, end, owner in zip(begins, ends, owners, strict=True):
                if begin < last and end > first:
                    yield owner


def _list_of(at: int, nodes: dict[str, Any], strings: list[str]) -> Iterator[int]:
    """Yield the list whose option holds a text: what is chosen shows in the list itself."""
    above: int = nodes["parentIndex"][at]
    while above >= 0 and strings[nodes["nodeName"][above]] in {"OPTION", "OPTGROUP"}:
        above = nodes["parentIndex"][above]
        if above >= 0 and strings[nodes["nodeName"][above]] == "SELECT":
            yield above


async def _load(session: CDPSession) -> str:
    """Return which load of the page this is: a number of a node means nothing in another."""
    tree = await session.send("Page.getFrameTree")
    return str(tree["frameTree"]["frame"]["loaderId"])


async def _quads(session: CDPSession, node: int) -> list[tuple[float, float, float, float]]:
    """Return the rectangles of a node in the window; none where it is not drawn, or is gone."""
    try:
        quads = (await session.send("DOM.getContentQuads", {"backendNodeId": node}))["quads"]
    except PlaywrightError:
        return []
    return [(min(q[0::2]), min(q[1::2]), max(q[0::2]), max(q[1::2])) for q in quads]


def _around(edges: Iterable[float]) -> Box:
    left, top, right, bottom = edges
    return Box(
        left=math.floor(left) - _MARGIN,
        top=math.floor(top) - _MARGIN,
        right=math.ceil(right) + _MARGIN,
        bottom=math.ceil(bottom) + _MARGIN,
    )


def scaled(box: Box, scale: float) -> Box:
    """Return a box of CSS pixels in pixels of the picture."""
    return Box(
        left=math.floor(box.left * scale),
        top=math.floor(box.top * scale),
        right=math.ceil(box.right * scale),
        bottom=math.ceil(box.bottom * scale),
    )
