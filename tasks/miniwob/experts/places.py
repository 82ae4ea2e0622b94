"""Experts for where exactly something is: numbers to click in order, centres, texts, drags."""

from handrail.actuators.actions import Click, Drag
from handrail.agent.proposal import Proposal
from handrail.tasks.miniwob.experts.moves import aimed, click, drag
from handrail.tasks.miniwob.experts.scene import Node, Scene

_REACH = 30.0


def ascending_numbers(scene: Scene) -> Proposal:
    """Click the first number, then where the others were, in order."""
    numbers = scene.all("svg text")
    if numbers:
        return click(scene, scene.named("svg text", "1"))
    return click(scene, scene.one("svg rect"), "(where the next number was)")


def circle_center(scene: Scene) -> Proposal:
    """Click the middle of the circle, and submit."""
    if scene.all("#blue-circle"):
        return click(scene, scene.one("#subbtn"))
    circle = scene.one(".black-circle")
    x, y = _middle(circle)  # the page counts from a corner that is 2 pixels off
    middle = Click(point=scene.point(x - 1, y - 1))
    return aimed(scene, circle, middle, ("click", "center of the circle"))


def highlight_text(scene: Scene) -> Proposal:
    """Select the paragraph, and submit."""
    chosen = scene.stage.read("() => window.getSelection().toString()")
    if chosen:
        return click(scene, scene.one("#subbtn"))
    text = scene.one("#randomText")
    at = Click(point=scene.point(text.box[0] + 6, text.box[1] + 6), count=3)
    return aimed(scene, text, at, ("triple-click", "paragraph"))


def draw_line(scene: Scene) -> Proposal:
    """Draw a line through the dot, level or upright, and submit."""
    if any(isinstance(action, Drag) for action in scene.done):
        return click(scene, scene.named("#controls button", "Submit"))
    x, y = _middle(scene.one("#circ"))
    across, down = (_REACH, 0.0) if "horizontal" in scene.goal else (0.0, _REACH)
    return drag(scene, (x - across, y - down), (x + across, y + down))


def resize_textarea(scene: Scene) -> Proposal:
    """Drag the corner of the text area so that one side grows or shrinks, and submit."""
    if any(isinstance(action, Drag) for action in scene.done):
        return click(scene, scene.one("#submit"))
    x, y = _middle(scene.one(".ui-resizable-se"))
    by = 12.0 if "larger" in scene.goal else -12.0
    end = (x + by, y) if "width" in scene.goal else (x, y + by)
    return drag(scene, (x, y), end)


def sort_numbers(scene: Scene) -> Proposal:
    """Drag the first number that stands too low up to its place, until all are in order."""
    rows = scene.all("#sortable li")
    values = [int(row.text) for row in rows]
    wanted = sorted(values)
    if values == wanted:
        return click(scene, scene.one("#subbtn"))
    place = next(i for i, value in enumerate(values) if value != wanted[i])
    start = _middle(rows[values.index(wanted[place])])
    return drag(scene, start, (start[0], rows[place].box[1] + 2))


def _middle(node: Node) -> tuple[float, float]:
    left, top, right, bottom = node.whole
    return (left + right) / 2, (top + bottom) / 2
