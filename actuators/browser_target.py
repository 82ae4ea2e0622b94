"""What a page says of the target of an action: two looks, two frames apart, just before the input.

The receiver of the input is the engine's own hit test. What is seen at the point is found by going
down through what lies there, past all that draws nothing: an invisible plate over a button takes
the input, and the button is what is seen. All of it is asked in an isolated world.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.actionability import Looks, Target
from handrail.actuators.browser_hit import ACTS, CONTROLS, active, origin
from handrail.actuators.browser_objects import GROUP, apply, release, world
from handrail.actuators.browser_sight import SIGHT
from handrail.actuators.browser_waiting import settle
from handrail.actuators.errors import ActionRefused
from handrail.actuators.observation import ScreenText

Spot = tuple[float, float]


class _Aim(NamedTuple):
    """Where input goes, and the node that it is meant for, or 0."""

    spot: Spot
    meant: int


# Looks at ``this``, which the input reaches, waits two frames, and hit-tests the same place again.
# A page in the background draws no frames, and an animation that is about to begin moves nothing
# yet. Where no frame comes in two seconds, nobody knows where things are: not still.
_LOOKS = f"""async function (painted, x, y, meant) {{
  const acts = {ACTS};
  const isControl = node => node.matches({CONTROLS});
  {SIGHT}
  const soon = milliseconds => new Promise(done => setTimeout(done, milliseconds, 'late'));
  const frame = () => document.visibilityState === 'hidden' ? soon(50) :
    Promise.race([new Promise(done => requestAnimationFrame(done)), soon(2000)]);
  const beginning = document.getAnimations().filter(one =>
    one.pending && one.effect && within(element(this), one.effect.target));
  await Promise.race([Promise.all(beginning.map(one => one.ready)), soon(500)]);
  const root = this.getRootNode();
  const first = look(this, painted);
  const passed = [await frame(), await frame()];
  const now = deepest(root, x, y);
  const second = now ? look(now, painted) : null;
  const still = first && second && first.node === second.node &&
    (!meant || first.taker === acts.call(meant)) &&
    (document.visibilityState === 'hidden' || !passed.includes('late'));
  return [first, second].map((seen, at) =>
    seen && {{...seen, node: undefined, taker: undefined, identity: still ? '' : String(at)}});
}}"""

# Whether what has the keyboard takes text: null where only it knows, or its frame does.
_TAKES = """function () {
  const own = ['textbox', 'searchbox', 'combobox', 'application'];
  const typed = ['text', 'search', 'url', 'tel', 'email', 'password', 'number', 'date', 'month',
                 'week', 'time', 'datetime-local'];
  const locked = this.readOnly || this.getAttribute('aria-readonly') === 'true';
  const field = this.localName === 'textarea' ||
    (this.localName === 'input' && typed.includes(this.type));
  let editable = false;
  if (locked) editable = false;
  else if (field || this.isContentEditable || this.localName === 'select' || this.editContext)
    editable = true;
  else if (['iframe', 'frame', 'embed', 'object', 'canvas'].includes(this.localName) ||
    own.includes(this.getAttribute('role'))) editable = null;
  const name = this.getAttribute('aria-label') || (this.labels && this.labels[0] &&
    this.labels[0].innerText) || this.name || this.localName;
  const enabled = !this.matches(':disabled') && this.getAttribute('aria-disabled') !== 'true';
  return {name: String(name).slice(0, 80), enabled, editable};
}"""


async def looks_at(session: CDPSession, spot: Spot | None, meant: int = 0) -> Looks:
    """Return the looks at the target at a place of the window, or at what has the keyboard.

    ``meant`` is the node that was decided on, 0 where none is known: another is not that, still.
    None stands for a look at which nothing could be told. Raises playwright's Error where the page
    moves on meanwhile.
    """
    return await (_keyed(session) if spot is None else _pointed(session, spot, meant))


async def looked(looking: asyncio.Future[Looks], asked: asyncio.Event, seconds: float) -> Looks:
    """Wait for the looks. Raises ActionRefused where they cannot be had."""
    try:
        await settle(looking, asked, seconds)
    except TimeoutError as error:
        raise ActionRefused("the page does not answer: wait until it does") from error
    except PlaywrightError as error:
        message = "moving: the page changed as its target was looked at: look again"
        raise ActionRefused(message, "moving") from error
    if not looking.done():
        looking.cancel()
        raise ActionRefused("a dialog opened since the last look: look again")
    return looking.result()


async def _pointed(session: CDPSession, spot: Spot, meant: int) -> Looks:
    x, y = spot
    view = (await session.send("Page.getLayoutMetrics"))["cssVisualViewport"]
    if not (0 <= x < view["clientWidth"] and 0 <= y < view["clientHeight"]):
        return (Target(shown=False),)
    place = {"x": int(x + view["pageX"]), "y": int(y + view["pageY"])}
    try:
        found = await session.send("DOM.getNodeForLocation", place)
    except PlaywrightError:
        return (None,)  # a document with nothing in it
    try:
        return await _looked(session, found, place, _Aim(spot, meant))
    finally:
        await release(session)


async def _looked(
    session: CDPSession, found: dict[str, Any], place: dict[str, Any], aim: _Aim
) -> Looks:
    frame = found["frameId"]
    seen = await session.send("DOM.getNodeForLocation", {**place, "ignorePointerEventsNone": True})
    if seen["frameId"] != frame:
        seen = found  # a frame that lets input through: what it shows cannot be told from here
    here = await world(session, frame)
    nodes = [await _object(session, here, one["backendNodeId"]) for one in (found, seen)]
    tree = await session.send("Page.getFrameTree")
    main = tree["frameTree"]["frame"]["id"]
    if aim.meant:  # raises where it is gone
        nodes.append(await _object(session, here, aim.meant))
    if main == frame:
        return await _twice(session, nodes, aim.spot)
    # The frame itself must be seen, too: an invisible one takes the clicks meant for what shows.
    owner = await session.send("DOM.getFrameOwner", {"frameId": frame})
    holder = await _object(session, await world(session, main), owner["backendNodeId"])
    outer = await _twice(session, [holder, holder], aim.spot)
    if outer[-1] is None or outer[-1].receives is False or outer[-1].visible is False:
        return outer
    asked = {"backendNodeId": owner["backendNodeId"]}
    quad = (await session.send("DOM.getBoxModel", asked))["model"]["content"]
    local = aim.spot[0] - min(quad[0::2]), aim.spot[1] - min(quad[1::2])
    return await _twice(session, nodes, local)


async def _twice(session: CDPSession, nodes: Sequence[str], spot: Spot) -> Looks:
    """Return two looks at a place of a frame: ``nodes`` are what receives, is seen and is meant."""
    place = ({"value": spot[0]}, {"value": spot[1]})
    arguments: list[dict[str, Any]] = [{"objectId": nodes[1]}, *place]
    arguments += [{"objectId": node} for node in nodes[2:]]
    told = await apply(session, nodes[0], _LOOKS, by_value=True, arguments=arguments)
    return tuple(None if one is None else _target(one) for one in told["value"])


async def _keyed(session: CDPSession) -> Looks:
    try:
        target = await active(session)
        if target is None:
            return (Target(editable=False),)
        told = (await apply(session, target, _TAKES, by_value=True))["value"]
    finally:
        await release(session)
    name = ScreenText(str(told["name"]))
    return (Target(name=name, enabled=told["enabled"], editable=told["editable"]),)


async def _object(session: CDPSession, here: int, node: int) -> str:
    asked = {
        "backendNodeId": await origin(session, node),
        "executionContextId": here,
        "objectGroup": GROUP,
    }
    return str((await session.send("DOM.resolveNode", asked))["object"]["objectId"])


def _target(told: dict[str, Any]) -> Target:
    left, top, right, bottom = (float(edge) for edge in told["box"])
    return Target(
        name=ScreenText(str(told["name"])),
        identity=str(told["identity"]),
        box=(left, top, right, bottom),
        shown=True,
        alone=bool(told["alone"]),
        visible=bool(told["visible"]),
        receives=bool(told["receives"]),
        cover=ScreenText(str(told["cover"])),
        enabled=bool(told["enabled"]),
    )
