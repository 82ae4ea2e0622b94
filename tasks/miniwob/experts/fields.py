"""Experts for fields: texts, logins, tables, numbers."""

import re

from handrail.actuators.actions import Click
from handrail.agent.proposal import Proposal
from handrail.model.pocket.vocabulary import SCROLLED
from handrail.tasks.miniwob.experts.moves import (
    aimed,
    click,
    fill,
    ordinal,
    ordinals,
    press,
    scroll,
    wait,
)
from handrail.tasks.miniwob.experts.scene import Scene

_NUMBER = re.compile(r"-?\d+")


def enter_text(scene: Scene) -> Proposal:
    """Type what is quoted, and submit."""
    return _entered(scene, scene.quoted()[0])


def enter_text_in_case(scene: Scene) -> Proposal:
    """Type what is quoted in upper or lower case, and submit."""
    text = scene.quoted()[0]
    return _entered(scene, text.upper() if "upper case" in scene.goal else text.lower())


def focus_text(scene: Scene) -> Proposal:
    """Click the text field of an ordinal number."""
    (number,) = ordinals(scene.goal)
    return click(scene, scene.all("#area input")[number - 1], f"{ordinal(number)} input textbox")


def log_in(scene: Scene) -> Proposal:
    """Type a name and a secret, past a question that may come in between."""
    if scene.all("#popup"):
        return click(scene, scene.one("#popup-cancel"), "Cancel")
    user, secret = scene.quoted()
    return (
        fill(scene, scene.one("#username"), user, "Username")
        or fill(scene, scene.one("#password"), secret, "Password")
        or click(scene, scene.one("#subbtn"), "login")
    )


def form_sequence(scene: Scene) -> Proposal:
    """Choose the radio button and fill the text field of two ordinal numbers."""
    chosen, filled = ordinals(scene.goal)
    radio = scene.all("#area input[type=radio]")[chosen - 1]
    if not radio.checked:
        return click(scene, radio, f"{ordinal(chosen)} radio button")
    field = scene.all("#area input[type=text]")[filled - 1]
    move = fill(scene, field, scene.quoted()[0], f"{ordinal(filled)} textbox")
    return move or click(scene, scene.one("#subbtn"))


def read_table(scene: Scene) -> Proposal:
    """Copy two values of a table into the fields of their labels."""
    cells = [cell.text for cell in scene.all("#tab td")]
    table = dict(zip(cells[0::2], cells[1::2], strict=True))
    for label, field in (("#ll1", "#tt1"), ("#ll2", "#tt2")):
        name = scene.one(label).text.removesuffix(":")
        if move := fill(scene, scene.one(field), table[name], name):
            return move
    return click(scene, scene.one("#subbtn"))


def generate_number(scene: Scene) -> Proposal:
    """Draw numbers until one is as wanted, and submit it."""
    shown = scene.one("#display-number").text
    good = shown.isdecimal() and _fits(scene.goal, int(shown))
    if good:
        return click(scene, scene.one("#submit"))
    # The same click on the same number would look like no progress: each goes a little beside.
    button = scene.one("#generate")
    x, y = button.spot
    beside = Click(point=scene.point(x - 8 + len(scene.done) % 17, y))
    return aimed(scene, button, beside, ("click", button.text))


def use_spinner(scene: Scene) -> Proposal:
    """Step a spinner to a number, and submit."""
    wanted = int(_NUMBER.findall(scene.goal)[0])
    value = int(scene.one("#spinner").value)
    if value == wanted:
        return click(scene, scene.one("#subbtn"))
    field = scene.one("#spinner")
    return (
        press("up" if value < wanted else "down")
        if field.focused
        else click(scene, field, "spinner")
    )


def sign_agreement(scene: Scene) -> Proposal:
    """Read to the end, sign, and press what is named; cancelling needs no reading."""
    if "Click the cancel" in scene.goal:
        return click(scene, scene.one("#cancel"))
    name, button = scene.quoted()
    if not scene.one("#agree").enabled:
        return scroll(scene, scene.one("#text-area"), SCROLLED / scene.stage.scale, "textarea")
    return fill(scene, scene.one("#name"), name, "name") or click(
        scene, scene.named("button", button)
    )


def use_autocomplete(scene: Scene) -> Proposal:
    """Type how an item begins, choose with the keyboard one that ends as wanted, and submit."""
    begins, *ends = scene.quoted()
    items = scene.stage.read("() => ui_utils.COUNTRIES")
    assert isinstance(items, list)
    end = ends[0] if ends else ""
    item = next(i for i in items if i.startswith(begins) and i.endswith(end))
    field, submit = scene.one("#tags"), scene.one("#subbtn")
    offered = [node for node in scene.all(".ui-menu-item") if node.whole[3] > node.whole[1]]
    if field.value == item:
        return press("enter") if offered else click(scene, submit, "Submit")
    # While the list is open its keys change what the field shows, and nothing has to be typed.
    if field.value == begins or any(i == field.value for i in items):
        return press("down") if offered else wait()
    move = fill(scene, field, begins, "item")
    assert move is not None
    return move


def _fits(goal: str, number: int) -> bool:
    if "odd" in goal or "even" in goal:
        return number % 2 == ("odd" in goal)
    bound = int(_NUMBER.findall(goal)[0])
    return number < bound if "less" in goal else number > bound


def _entered(scene: Scene, text: str) -> Proposal:
    names = ("text field", "text input", "textbox")
    return fill(scene, scene.one("#tt"), text, *names) or click(scene, scene.one("#subbtn"))
