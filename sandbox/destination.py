"""Where an action leads: a link and a form must be permitted there, too.

Promises
- An action that follows a link or sends a form by http is also judged as if it happened at that
  address. So rules with a host, an origin or a path hold for where it leads, and a page cannot
  borrow its own permission to send something elsewhere.

Does not promise
- To know where a script or a redirection leads.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urljoin

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.observation import Element, Surface
from handrail.sandbox.keys import presses
from handrail.sandbox.landing import landings

_BREAKS = re.compile(r"[\r\n]")


def reached(
    action: Action, elements: Sequence[Element | None], surface: Surface
) -> tuple[Surface, ...]:
    """Return every surface on which an action must be permitted: where it lands and leads to."""
    landed = landings(action, elements, surface)
    return (*landed, *destinations(action, elements, surface))


def destinations(
    action: Action, elements: Sequence[Element | None], surface: Surface
) -> tuple[Surface, ...]:
    """Return the surfaces to which an action may lead, beside those on which it lands."""
    addresses = (a for element in elements if element is not None for a in _led(action, element))
    found = (_absolute(surface.url, address) for address in addresses)
    return tuple(replace(surface, url=url) for url in dict.fromkeys(found) if url != surface.url)


class Named(NamedTuple):
    """What an action is known to send; ``form``: its fields are written into the request."""

    method: str
    url: str
    form: bool


def named(action: Action, element: Element | None, surface: Surface) -> tuple[Named, ...]:
    """Return what an action is known to send."""
    if element is None:
        return ()
    return tuple(
        Named(
            "GET" if address == element.href else element.method.upper(),
            _absolute(surface.url, address),
            form=address != element.href,
        )
        for address in _led(action, element)
    )


def _led(action: Action, element: Element) -> tuple[str, ...]:
    """Return the addresses that this element leads to when the action is done on it."""
    sends = element.sends_to if element.submits else ""
    if isinstance(action, Click):
        found = (element.href, sends)
    elif isinstance(action, Press) and presses(action.keys) == "enter":
        found = (element.href, element.sends_to)
    elif isinstance(action, Press) and presses(action.keys) == "space" and not element.editable:
        found = (element.href, sends)
    elif isinstance(action, Type) and _BREAKS.search(action.text):
        found = (element.href, element.sends_to)
    elif isinstance(action, Type) and " " in action.text and not element.editable:
        found = (element.href, sends)
    else:
        found = ("", "")
    return tuple(address for address in found if address)


def _absolute(page: str, address: str) -> str:
    try:
        url = urljoin(page, address)
    except ValueError:
        return address  # such an address is no host's: no rule with a host will allow it
    return url if url.lower().startswith(("http:", "https:")) else page
