"""What stands on a page, beside its script: the state of an element, and all of its text and parts.

Asked in an isolated world and of the accessibility tree, where a page's script has redefined
nothing; roles, names and ``aria-checked`` are still the page's own claims.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession

from handrail.actuators.browser_objects import GROUP, apply
from handrail.actuators.observation import ScreenText
from handrail.actuators.reading import Part, Reading

_WORLD = "handrail"
_LONGEST = 100_000

_STATE = f"""function () {{
  const plain = ['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'file', 'hidden',
                 'password'];
  const text = this.localName === 'select' ?
    [...this.selectedOptions].map(option => option.label).join('\\n') :
    this.isContentEditable ? this.innerText :
    this.localName === 'textarea' || (this.localName === 'input' && !plain.includes(this.type)) ?
      this.value : null;
  const says = name => Element.prototype.getAttribute.call(this, name);
  const told = says('aria-checked') || says('aria-pressed');
  return {{
    value: text !== null && text.length <= {_LONGEST} ? text : null,
    checked: this.localName === 'input' && ['checkbox', 'radio'].includes(this.type) ?
      this.checked : told === 'true' ? true : told === 'false' ? false : null,
  }};
}}"""
_TEXT = "document.body ? document.body.innerText : ''"


@dataclass(frozen=True)
class State:
    """Which of all nodes an element is, the text in it, and whether it is ticked."""

    handle: str = ""
    value: ScreenText | None = None
    checked: bool | None = None


async def state_of(session: CDPSession, target: str, secret: bool) -> State:
    """Return the state of an element: no text of a secret one, and none beyond 100,000 characters.

    A node keeps its number as long as it lasts; no other node of its process ever gets it.
    """
    node = (await session.send("DOM.describeNode", {"objectId": target}))["node"]
    number = str(node["backendNodeId"])
    if secret:
        return State(number)
    told = (await apply(session, target, _STATE, by_value=True))["value"]
    value = None if told["value"] is None else ScreenText(str(told["value"]))
    return State(number, value, told["checked"])


async def read_page(session: CDPSession, roles: dict[str, str]) -> Reading:
    """Read a page and its frames, but for those of other sites, which have a process of their own.

    ``roles`` are the ARIA names of the engine's own. Raises playwright's Error.
    """
    tree = (await session.send("Page.getFrameTree"))["frameTree"]
    texts, parts = [], []
    for frame in _frames(tree):
        texts.append(await _text(session, frame))
        nodes = (await session.send("Accessibility.getFullAXTree", {"frameId": frame}))["nodes"]
        parts += [_part(node, roles) for node in nodes if not node.get("ignored")]
    await session.send("Runtime.releaseObjectGroup", {"objectGroup": GROUP})
    return Reading(ScreenText("\n".join(texts)), tuple(parts))


def _frames(tree: dict[str, Any]) -> Iterator[str]:
    yield str(tree["frame"]["id"])
    for child in tree.get("childFrames", []):
        yield from _frames(child)


async def _text(session: CDPSession, frame: str) -> str:
    asked = {"frameId": frame, "worldName": _WORLD}
    world = (await session.send("Page.createIsolatedWorld", asked))["executionContextId"]
    wanted = {"expression": _TEXT, "contextId": world, "returnByValue": True, "objectGroup": GROUP}
    return str((await session.send("Runtime.evaluate", wanted))["result"].get("value", ""))


def _part(node: dict[str, Any], roles: dict[str, str]) -> Part:
    role = str(node.get("role", {}).get("value", ""))
    states = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    ticked = states.get("checked", states.get("pressed"))
    value = node.get("value", {}).get("value")
    return Part(
        role=roles.get(role, role),
        name=ScreenText(str(node.get("name", {}).get("value", ""))),
        value=None if value is None else ScreenText(str(value)),
        checked=None if ticked is None else ticked in (True, "true"),
    )
