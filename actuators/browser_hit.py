"""What lies under a point of a page or has its keyboard, as the browser's own engine tells it.

Through DevTools rather than the page's script: a page cannot redefine these answers, and closed
shadow roots and same-process frames of other origins are seen through. The page's own claims (ARIA
roles and names) still come from the page.
"""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_evidence import form_of, heard
from handrail.actuators.browser_objects import GROUP, apply, release, world
from handrail.actuators.browser_reading import State, state_of
from handrail.actuators.browser_words import without_user
from handrail.actuators.observation import FormMethod

# A selector, as an expression of the script: what acts on a click.
CONTROLS = """'a[href],area[href],button,input,select,textarea,summary,option,label,iframe,' +
    '[contenteditable]:not([contenteditable="false"]),[onclick],[tabindex],' +
    ['button', 'link', 'checkbox', 'radio', 'switch', 'tab', 'menuitem', 'menuitemcheckbox',
     'menuitemradio', 'option', 'textbox', 'searchbox', 'combobox', 'slider', 'spinbutton',
     'treeitem', 'gridcell'].map(role => `[role="${role}"]`).join(',')"""

# Climbs to what a click would act on; parents go through shadow roots to their hosts.
ACTS = f"""function () {{
  const wanted = {CONTROLS};
  const up = node => node.parentElement ||
    (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
  const first = this.nodeType === 1 ? this :
    (this.parentElement || this.documentElement || up(this));
  for (let node = first; node; node = up(node)) {{
    if (node.matches(wanted)) return (node.localName === 'label' && node.control) || node;
  }}
  return first;
}}"""

# What keys go to in a document or a shadow root, through open roots and frames of the same origin;
# a page as a whole has the keyboard where nothing on it has, unless all of it is one field.
_ACTIVE = """function () {
  for (let node = this.activeElement; node;) {
    const root = node.shadowRoot || node.contentDocument;
    if (root && root.activeElement) node = root.activeElement;
    else return node.matches('html, body') && !node.isContentEditable ? null : node;
  }
  return null;
}"""

_FACTS = """function () {
  const typed = ['text', 'search', 'url', 'tel', 'email', 'password', 'number', 'date', 'month',
                 'week', 'time', 'datetime-local'];
  const open = !this.disabled && !this.readOnly;
  const isField = this.localName === 'textarea' ||
    (this.localName === 'input' && typed.includes(this.type));
  const sends = (this.localName === 'button' && this.type === 'submit') ||
    (this.localName === 'input' && (this.type === 'submit' || this.type === 'image'));
  return {
    tag: this.localName,
    editable: this.isContentEditable || (isField && open),
    submits: sends && !!this.form,
    secret: (this.localName === 'input' && this.type === 'password') ||
      (getComputedStyle(this).webkitTextSecurity || 'none') !== 'none',
    href: typeof this.href === 'string' ? this.href :
      this.href ? new URL(this.href.baseVal, this.baseURI).href : '',  // a link inside an SVG
    page: this.ownerDocument.URL,
  };
}"""

ROLES = {
    "RootWebArea": "document",
    "StaticText": "text",
    "InlineTextBox": "text",
    "Iframe": "iframe",
    "image": "img",
    "LabelText": "label",
    "PopUpButton": "combobox",
    "ComboBoxMenuButton": "combobox",
    "ComboBoxSelect": "combobox",
    "TextField": "textbox",
    "MenuListOption": "option",
    "ToggleButton": "button",
    "DisclosureTriangle": "button",
    "Date": "textbox",
    "DateTime": "textbox",
    "InputTime": "textbox",
    "ColorWell": "button",
    "none": "generic",
}
CONTROL_ROLES = frozenset(
    ("button", "link", "checkbox", "radio", "switch", "tab", "menuitem", "menuitemcheckbox",
     "menuitemradio", "option", "textbox", "searchbox", "combobox", "slider", "spinbutton",
     "listbox")
)  # fmt: skip


_NO_STATE = State()


@dataclass(frozen=True)
class Hit:
    """An element in CSS pixels of the window: ``box`` is (left, top, right, bottom)."""

    role: str
    name: str
    box: tuple[float, float, float, float]
    editable: bool
    submits: bool
    href: str
    method: FormMethod = ""
    sends_to: str = ""
    scripted: bool = True
    secret: bool = False
    page: str = ""
    state: State = _NO_STATE


async def hit(session: CDPSession, x: float, y: float) -> Hit | None:
    """Return what a click at a place of the window would act on, or None if it cannot be told.

    A frame in another process (a site of its own) answers None.
    """
    try:
        found = await _hit(session, x, y)
    except PlaywrightError:
        found = None  # the page moved on, or nothing is there: the caller treats it as unknown
    await release(session)
    return found


async def _hit(session: CDPSession, x: float, y: float) -> Hit | None:
    view = (await session.send("Page.getLayoutMetrics"))["cssVisualViewport"]
    place = {"x": int(x + view["pageX"]), "y": int(y + view["pageY"])}
    found = await session.send("DOM.getNodeForLocation", place)
    here = await world(session, found["frameId"])
    node = await session.send(
        "DOM.resolveNode",
        {
            "backendNodeId": await origin(session, found["backendNodeId"]),
            "executionContextId": here,
            "objectGroup": GROUP,
        },
    )
    acts = await apply(session, node["object"]["objectId"], ACTS, by_value=False)
    if "objectId" not in acts:
        return None  # a document from which everything was removed
    return await _described(session, acts["objectId"], node["object"]["objectId"])


async def focus(session: CDPSession) -> Hit | None:
    """Return what has the page's keyboard, or None where nothing has or it cannot be told."""
    try:
        target = await active(session)
        found = await _described(session, target, target) if target else None
    except PlaywrightError:
        found = None
    await release(session)
    return found


async def focused_node(session: CDPSession) -> int:
    """Return the DevTools number of the node that has the page's keyboard.

    Raises playwright's Error where none has.
    """
    target = await active(session)
    if not target:
        raise PlaywrightError("nothing has the keyboard")
    node = (await session.send("DOM.describeNode", {"objectId": target}))["node"]
    await release(session)
    return int(node["backendNodeId"])


async def active(session: CDPSession) -> str | None:
    """Return the object that has the page's keyboard, or None where nothing has."""
    answer = await _evaluated(session, f"({_ACTIVE}).call(document)", by_value=False)
    target: str | None = answer.get("objectId")
    while target and (inner := await _active_inside(session, target)):
        target = inner
    return target


async def _active_inside(session: CDPSession, host: str) -> str | None:
    """Return what has the keyboard in a closed shadow root of an element, or None."""
    node = (await session.send("DOM.describeNode", {"objectId": host}))["node"]
    for root in node.get("shadowRoots", []):
        if root.get("shadowRootType") == "closed":
            tree = await session.send("Page.getFrameTree")
            asked = {
                "backendNodeId": root["backendNodeId"],
                "executionContextId": await world(session, tree["frameTree"]["frame"]["id"]),
                "objectGroup": GROUP,
            }
            found = (await session.send("DOM.resolveNode", asked))["object"]["objectId"]
            inner = await apply(session, found, _ACTIVE, by_value=False)
            return inner.get("objectId")
    return None


async def _described(session: CDPSession, target: str, origin: str) -> Hit | None:
    """Return what there is to say of an element, or None for a frame, which has its own inside.

    ``origin`` is the node in it that input arrives at first.
    """
    facts = (await apply(session, target, _FACTS, by_value=True))["value"]
    if facts["tag"] in ("iframe", "frame", "embed", "object"):
        return None
    quad = (await session.send("DOM.getBoxModel", {"objectId": target}))["model"]["border"]
    tree = await session.send(
        "Accessibility.getPartialAXTree", {"objectId": target, "fetchRelatives": False}
    )
    role, name = _role_and_name(tree["nodes"], facts["tag"])
    form = await form_of(session, target)
    # Only here can it lower what a click is taken for, and it takes a call for each ancestor.
    asked = form.method == "get" or not (
        facts["editable"] or facts["href"] or role in CONTROL_ROLES
    )
    return Hit(
        role=role,
        name=name,
        box=(min(quad[0::2]), min(quad[1::2]), max(quad[0::2]), max(quad[1::2])),
        editable=bool(facts["editable"]),
        submits=bool(facts["submits"]),
        href=without_user(str(facts["href"])),
        method=form.method,
        sends_to=without_user(form.address),
        scripted=not asked or await heard(session, origin) or await heard(session, target),
        secret=bool(facts["secret"]),
        page=without_user(str(facts["page"]).partition("#")[0]),
        state=await state_of(session, target, bool(facts["secret"])),
    )


async def origin(session: CDPSession, node: int) -> int:
    """Return the element that a ::before, ::after or ::marker belongs to, or the node itself."""
    seen = await session.send("DOM.describeNode", {"backendNodeId": node})
    if "pseudoType" not in seen["node"]:
        return node
    asked = {"backendNodeId": node, "fetchRelatives": True}
    tree = await session.send("Accessibility.getPartialAXTree", asked)
    above = (int(one["backendDOMNodeId"]) for one in tree["nodes"] if "backendDOMNodeId" in one)
    return next((one for one in above if one != node), node)


async def device_scale(session: CDPSession) -> float:
    """Return how many device pixels a CSS pixel of the page has, asked beside the page's script."""
    answer = await _evaluated(session, "devicePixelRatio", by_value=True)
    return float(answer["value"])


async def _evaluated(session: CDPSession, code: str, *, by_value: bool) -> dict[str, Any]:
    tree = await session.send("Page.getFrameTree")
    here = await world(session, tree["frameTree"]["frame"]["id"])
    asked = {
        "expression": code, "contextId": here, "returnByValue": by_value, "objectGroup": GROUP,
    }  # fmt: skip
    result: dict[str, Any] = (await session.send("Runtime.evaluate", asked))["result"]
    return result


def _role_and_name(nodes: list[dict[str, Any]], tag: str) -> tuple[str, str]:
    for node in nodes:
        if not node.get("ignored"):
            role = str(node.get("role", {}).get("value", "")) or tag
            return ROLES.get(role, role), str(node.get("name", {}).get("value", ""))
    return "generic", ""
