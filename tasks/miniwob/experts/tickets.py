"""Experts for journeys: the cheapest or shortest of several, and a form that is to find them."""

import re

from handrail.actuators.actions import Press
from handrail.agent.proposal import Proposal
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.experts.moves import after, click, click_in, fill, press, wait
from handrail.tasks.miniwob.experts.scene import Node, Scene

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def buy_ticket(scene: Scene) -> Proposal:
    """Buy the ticket that costs or lasts least or most."""
    return click(scene, _best(scene, ".time-duration", ".buy-ticket"))


def book_flight(scene: Scene) -> Proposal:
    """Choose both places from the lists that open, then the day, search, and book the best."""
    if scene.one("#results").met:
        return click_in(scene, _best(scene, ".time-duration", ".flight-price"), scene.one("#area"))
    day = after(f"{scene.goal}\n", " on ", ".\n")
    return (
        _chosen(scene, "#flight-from", after(scene.goal, "from: ", " to: "))
        or _chosen(scene, "#flight-to", after(scene.goal, " to: ", f" on {day}"))
        or _dated(scene, day)
        or click(scene, scene.one("#search"))
    )


def _chosen(scene: Scene, selector: str, place: str) -> Proposal | None:
    """Type a place, and choose it from the list with the keyboard; None once that is done."""
    field, known = scene.one(selector), scene.stage.read("() => DOMESTIC_FLIGHTS")
    assert isinstance(known, list)
    wanted = next(name for name in known if place in name)
    offered = any(item.met for item in scene.all(".ui-menu-item"))
    if field.value == wanted:
        by_keys = scene.done[-1:] == (Press(keys=("down",)),)
        return press("enter" if by_keys else "down") if offered else None
    # While the list is open its keys change what the field shows, and nothing has to be typed.
    if field.value == place or field.value in known:
        return press("down") if offered else wait()
    return fill(scene, field, place, selector.rpartition("-")[2])


def _dated(scene: Scene, day: str) -> Proposal | None:
    """Turn the calendar to the month, and click the day; None once it is chosen."""
    field = scene.one("#datepicker")
    if field.value == day:
        return None
    titles = [node for node in scene.all(".ui-datepicker-month") if node.met]
    if not titles:
        return click(scene, field, "Departure Date")
    month, number, _ = (int(part) for part in day.split("/"))
    turn = month - 1 - _MONTHS.index(titles[0].text)
    if turn:
        way = "next" if turn > 0 else "prev"
        return click(scene, scene.one(f".ui-datepicker-{way}"), "Next" if turn > 0 else "Back")
    return click(scene, scene.named("#ui-datepicker-div td a", str(number)))


def _best(scene: Scene, durations: str, prices: str) -> Node:
    """Return the button of the journey that is wanted. Raises EpisodeLost."""
    buttons = scene.all(prices)
    minutes = [_minutes(node.text) for node in scene.all(durations)]
    costs = [int(node.text.rpartition("$")[2]) for node in buttons]
    for word, values, choose in (
        ("shortest", minutes, min),
        ("longest", minutes, max),
        ("cheapest", costs, min),
        ("most expensive", costs, max),
    ):
        if buttons and word in scene.goal:
            return buttons[values.index(choose(values))]
    raise EpisodeLost(f"{scene.goal!r:.80} does not say which journey is wanted")


def _minutes(text: str) -> int:
    hours, minutes = (int(number) for number in re.findall(r"\d+", text))
    return 60 * hours + minutes
