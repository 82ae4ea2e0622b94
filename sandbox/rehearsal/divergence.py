"""Does it go as it was rehearsed? What is compared before an action, and before a request.

The rule. Before an action: the page's address (without its fragment, and without the values of
volatile parameters), the screen's size, role and name of what the action is aimed at, and the
picture: around the action's points, or of the screen as a whole for an action on the focus, by the
rule of ``recheck.py``. Before a request is sent: its method, its address and what it is for; the
sort of its body, and its fields in order with their values, or else all of its bytes. A volatile
field must be there and may have any value; so must one that is hidden, for what stood in it is not
known.

Promises
- A difference is told in words, with what was rehearsed and what came instead.
- A request equals at most one rehearsed request, and each rehearsed request at most one: the second
  of two equal ones needs a second in the rehearsal.

Does not promise
- To see a difference elsewhere on the screen: the request tells what is about to be done.
- That a server makes of an equal request what it would have made of it then.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from PIL import Image

from handrail.actuators.actions import Wait, points
from handrail.actuators.base import sanitise
from handrail.actuators.observation import Element, Observation
from handrail.actuators.secret_names import HIDDEN
from handrail.sandbox.recheck import changed_pixels, region_holds, screen_holds
from handrail.sandbox.rehearsal.consequences import RequestConsequence
from handrail.sandbox.rehearsal.plan import PlannedRequest, PlannedStep

_CUT = 120


def screen_divergence(
    step: PlannedStep,
    rehearsed: Image.Image,
    now: Observation,
    element: Element | None,
    volatile: Sequence[str] = (),
) -> str:
    """Return how the screen differs from the rehearsed one where it matters, or an empty string."""
    if isinstance(step.action, Wait):
        return ""
    if _address(step.url, volatile) != _address(now.surface.url, volatile):
        return f"{_quoted(now.surface.url)} is shown, not {_quoted(step.url)}"
    if rehearsed.size != now.image.size:
        return f"the screen is {now.image.size}, not {rehearsed.size}"
    role = None if element is None else element.role
    label = None if element is None else element.name.raw
    if (role, label) != (step.role, step.label):
        return f"{_element(role, label)} is there, not {_element(step.role, step.label)}"
    changed = changed_pixels(rehearsed, now.image)
    places = points(step.action)
    for point in places:
        if not region_holds(changed, point, now.geometry.scale):
            return f"the screen looks otherwise around ({point.x}, {point.y})"
    if not places and not screen_holds(changed):
        return "the screen as a whole looks otherwise"
    return ""


def matching(
    request: RequestConsequence,
    planned: Sequence[PlannedRequest],
    spent: Sequence[int],
    volatile: Sequence[str] = (),
) -> tuple[int | None, str]:
    """Return the number (from 0) of the rehearsed request that this one equals, or why none is."""
    said = f"{request.method} {_quoted(request.url)}"
    why = f"{said} was not rehearsed"
    for number, one in enumerate(planned):
        difference = request_difference(one.request, request, volatile)
        if not difference and number not in spent:
            return number, ""
        near = (one.request.method, _place(one.request.url)) == (
            request.method, _place(request.url),
        )  # fmt: skip
        if near:
            why = f"{said}: {difference or 'it was sent already, and once was rehearsed'}"
    return None, why


def request_difference(
    rehearsed: RequestConsequence, now: RequestConsequence, volatile: Sequence[str] = ()
) -> str:
    """Return in words how a request differs from a rehearsed one, or an empty string."""
    for name in ("method", "source", "content_type"):
        before, after = getattr(rehearsed, name), getattr(now, name)
        if before != after:
            return f"its {name.replace('_', ' ')} is {_quoted(after)}, not {_quoted(before)}"
    if _address(rehearsed.url, volatile) != _address(now.url, volatile):
        return f"its address is {_quoted(now.url)}, not {_quoted(rehearsed.url)}"
    if not now.whole:
        return "not all of its body is known"
    if rehearsed.fields or now.fields:
        return _fields(rehearsed, now, volatile)
    if rehearsed.body_digest != now.body_digest or rehearsed.body != now.body:
        return "its body is another"
    return ""


def _fields(rehearsed: RequestConsequence, now: RequestConsequence, volatile: Sequence[str]) -> str:
    names = [field.name for field in rehearsed.fields]
    if names != [field.name for field in now.fields]:
        given = ", ".join(field.name for field in now.fields)
        return f"its fields are {_quoted(given)}, not {_quoted(', '.join(names))}"
    for before, after in zip(rehearsed.fields, now.fields, strict=True):
        if before.name in volatile or HIDDEN == before.value == after.value:
            continue
        if (before.value, before.file) != (after.value, after.file):
            was, became = before.file or before.value, after.file or after.value
            return f"its field {_quoted(before.name)} is {_quoted(became)}, not {_quoted(was)}"
    return ""


def _address(url: str, volatile: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """Return an address without its fragment, and its parameters without volatile values."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return _place(url), [(name, "" if name in volatile else value) for name, value in pairs]


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _element(role: str | None, label: str | None) -> str:
    return "nothing that can be told" if role is None else f"{role} {_quoted(label or '')}"


def _quoted(text: str) -> str:
    return f'"{sanitise(text, _CUT)}"'
