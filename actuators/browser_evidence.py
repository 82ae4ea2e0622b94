"""What a page's own structure says of an effect: the form that is sent, the scripts that listen.

Asked in an isolated world, where a page's script has redefined nothing. What a form's fields are
called shadows the form's own properties there too, so these are read through their prototypes.
"""

import asyncio
from dataclasses import dataclass

from playwright.async_api import CDPSession

from handrail.actuators.browser_objects import GROUP, apply, members
from handrail.actuators.observation import FormMethod

# What input on an element can set off: an event that a script hears may do anything.
_HEARD = frozenset(
    f"{prefix}{name}"
    for prefix, names in {
        "": "click dblclick auxclick contextmenu submit formdata input beforeinput change select"
        " beforetoggle toggle command",
        "mouse": "down up",
        "pointer": "down up rawupdate cancel",
        "touch": "start end cancel",
        "key": "down up press",
        "focus": " in out",
        "selection": "change",
    }.items()
    for name in names.split(" ")
) | {"blur", "selectstart", "DOMActivate", "gotpointercapture", "lostpointercapture"}
_METHODS: dict[str, FormMethod] = {"get": "get", "post": "post", "dialog": "dialog"}

# Buttons that send; ``form.elements`` leaves pictures out, and a page's names shadow its methods.
_HEAD = """function () {
  const sends = node => (node.localName === 'button' && node.type === 'submit') ||
    (node.localName === 'input' && (node.type === 'submit' || node.type === 'image'));
  const senders = () => [...this.getRootNode().querySelectorAll('button, input')]
    .filter(node => node.form === this.form && sends(node));
"""

_FORM = (
    _HEAD
    + """
  const typed = ['text', 'search', 'url', 'tel', 'email', 'password', 'number', 'date', 'month',
                 'week', 'time', 'datetime-local'];
  const of = (form, name) =>
    Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, name).get.call(form);
  const field = this.localName === 'input' && typed.includes(this.type);
  const form = sends(this) || field ? this.form : null;
  if (!form) return {method: '', address: ''};
  const sender = sends(this) ? this : senders()[0];
  const says = name => sender && sender.hasAttribute(name);
  return {
    method: says('formmethod') ? sender.formMethod : of(form, 'method'),
    address: says('formaction') ? sender.formAction : of(form, 'action'),
  };
}"""
)

# Everything that an event at this element passes, and what passes one of its form.
_PATH = (
    _HEAD
    + """
  const path = new Set();
  const climb = node => {
    for (; node; node = node.assignedSlot || node.parentNode || node.host) path.add(node);
  };
  climb(this);
  if (this.form) {
    climb(this.form);
    senders().forEach(climb);
  }
  return [...path];
}"""
)

# In a sloppy function called on nothing, ``this`` is the window, whatever a page redefines.
_WINDOW = "function () { return (function () { return this; })(); }"
_DOCUMENT = 9


@dataclass(frozen=True)
class Form:
    """The form that an element sends: ``address`` is absolute."""

    method: FormMethod
    address: str


async def form_of(session: CDPSession, target: str) -> Form:
    """Return the form that pressing an element, or Enter in it, sends; empty where none is."""
    told = (await apply(session, target, _FORM, by_value=True))["value"]
    return Form(_METHODS.get(str(told["method"]), ""), str(told["address"]))


async def heard(session: CDPSession, target: str) -> bool:
    """Tell whether any script may hear of input to a node of the page."""
    path = await apply(session, target, _PATH, by_value=False)
    nodes = await members(session, path["objectId"])
    return any(await asyncio.gather(*(_listens(session, node) for node in nodes)))


async def _listens(session: CDPSession, target: str) -> bool:
    """Tell whether a node listens, or hides a tree whose inside cannot be looked into."""
    node = (await session.send("DOM.describeNode", {"objectId": target}))["node"]
    if any(root.get("shadowRootType") == "closed" for root in node.get("shadowRoots", [])):
        return True
    # Only in the page's own world are its listeners told: the object of the same node there.
    asked = {"backendNodeId": node["backendNodeId"], "objectGroup": GROUP}
    found = (await session.send("DOM.resolveNode", asked))["object"]["objectId"]
    if await _has_listener(session, found):
        return True
    if node["nodeType"] != _DOCUMENT:
        return False
    window = await apply(session, found, _WINDOW, by_value=False)
    heard_there = await _has_listener(session, window["objectId"])
    return heard_there or await _hears_navigation(session, window["objectId"])


async def _hears_navigation(session: CDPSession, window: str) -> bool:
    """Tell whether a script may hear of navigation, which it can turn into something else.

    Only the page's own world tells what listens. There the browser's own accessor comes with its
    value; one that the page put in its place comes without, and then there is no telling.
    """
    asked = {"objectId": window, "ownProperties": True, "accessorPropertiesOnly": True}
    found = (await session.send("Runtime.getProperties", asked))["result"]
    told = [one.get("value", {}) for one in found if one["name"] == "navigation"]
    if len(told) != 1 or "objectId" not in told[0]:
        return True
    asked = {"objectId": told[0]["objectId"]}
    return bool((await session.send("DOMDebugger.getEventListeners", asked))["listeners"])


async def _has_listener(session: CDPSession, target: str) -> bool:
    told = await session.send("DOMDebugger.getEventListeners", {"objectId": target})
    return any(listener["type"] in _HEARD for listener in told["listeners"])
