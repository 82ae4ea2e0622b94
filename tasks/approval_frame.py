"""The screen that a question is about, with its target marked."""

from PIL import ImageDraw

from handrail.sandbox.approval import ApprovalRequest
from handrail.tasks.report.marks import Mark, marks
from handrail.tasks.run_frames import encoded

_COLOUR, _UNDER = (214, 40, 40), (255, 255, 255)
_RADIUS = 18


def marked_frame(request: ApprovalRequest) -> bytes | None:
    """Return the observed screen as WebP, marked, or None where the question came without one.

    It is the picture that a run keeps: what is masked there is masked here.
    """
    if request.observation is None:
        return None
    image = request.observation.image.convert("RGB")
    pen = ImageDraw.Draw(image)
    thick = max(2, round(2 * request.observation.geometry.scale))
    if request.element is not None:
        box = request.element.box
        edges = (box.left, box.top, max(box.left, box.right - 1), max(box.top, box.bottom - 1))
        pen.rectangle(edges, outline=_COLOUR, width=thick)
    for mark in marks(request.action, *image.size):
        # A light stroke below a dark one is seen on every ground.
        for colour, width in ((_UNDER, thick + 3), (_COLOUR, thick)):
            _draw(pen, mark, colour, width)
    return encoded(image)


def _draw(pen: ImageDraw.ImageDraw, mark: Mark, colour: tuple[int, int, int], width: int) -> None:
    x, y, r = mark.x, mark.y, _RADIUS
    if mark.shape == "arrow":
        pen.line((x, y, mark.to_x, mark.to_y), fill=colour, width=width)
        x, y, r = mark.to_x, mark.to_y, _RADIUS // 3
    if mark.shape == "cross":
        pen.line((x - r, y, x + r, y), fill=colour, width=width)
        pen.line((x, y - r, x, y + r), fill=colour, width=width)
    else:
        pen.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=width)
