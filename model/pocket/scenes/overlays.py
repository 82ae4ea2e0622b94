"""Draw what lies in the way: consent banners, pop-ups, toasts, sheets, message boxes.

Each hides what it covers, and marks the controls that take it away again without agreeing to more
than is needed: where one can refuse, what accepts is not marked.
"""

from handrail.model.pocket.canvas import Colour, Element, text_width
from handrail.model.pocket.pen import prose
from handrail.model.pocket.scenes import buttons, inputs
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD
from handrail.model.pocket.scenes.mixed import column
from handrail.model.pocket.scenes.windows import title_bar

Answers = tuple[tuple[str, bool], ...]
"""What buttons say, and whether a click on them closes what they stand on."""

_CONSENT: tuple[Answers, ...] = (
    (("Accept all", False), ("Reject all", True)),
    (("Accept", False), ("Decline", True)),
    (("Allow all cookies", False), ("Only necessary", True)),
    (("Accept all cookies", False), ("Necessary only", True), ("Settings", False)),
    (("I agree", False), ("Manage options", False), ("I disagree", True)),
    (("Allow all", False), ("Deny", True), ("Customise", False)),
    (("Agree", True), ("Settings", False)),
    (("OK", True), ("Learn more", False)),
    (("Accept", True), ("Privacy policy", False)),
    (("Got it", True),),
    (("I understand", True),),
)
_OFFERS: tuple[Answers, ...] = (
    (("Subscribe", False), ("No thanks", True)),
    (("Sign up", False), ("Not now", True)),
    (("Allow", False), ("Block", True)),
    (("Turn on", False), ("Maybe later", True)),
    (("Continue", False), ("Skip", True)),
    (("Install", False), ("Not now", True)),
    (("Update now", False), ("Remind me later", True)),
    (("Rate us", False), ("Later", True)),
    (("Stay signed in", False), ("Dismiss", True)),
    (("Got it", True),),
    (("Close", True),),
    (("OK", True),),
    (("Start tour", False), ("Skip tour", True)),
    (("Add to cart", False), ("Continue shopping", True)),
)
_QUESTIONS: tuple[Answers, ...] = (
    (("OK", True),),
    (("Close", True),),
    (("OK", False), ("Cancel", True)),
    (("Yes", False), ("No", True)),
    (("Save", False), ("Don't save", True), ("Cancel", True)),
    (("Delete", False), ("Cancel", True)),
    (("Retry", False), ("Ignore", True)),
    (("Apply", False), ("OK", False), ("Cancel", True)),
    (("Replace", False), ("Keep both", False), ("Cancel", True)),
    (("Discard", False), ("Keep editing", True)),
    (("Restart now", False), ("Later", True)),
    (("Help", False), ("Close", True)),
)
_CROSSES = (
    "close icon", "close dialog", "close the pop-up", "close button", "x", "Close", "Dismiss",
    "the close icon", "dismiss button", "close message",
)  # fmt: skip


def over_page(brush: Brush) -> None:
    """Draw one thing that lies in the way of a page."""
    draw = brush.rng.random()
    if draw < 0.42:
        consent(brush)
    elif draw < 0.85:
        pop_up(brush)
    else:
        toast(brush)


def consent(brush: Brush) -> None:
    """Draw a cookie banner along the bottom or the top, or as a card in a corner."""
    rng, theme = brush.rng, brush.theme
    wide, tall = brush.width, brush.px(rng.uniform(60, 150))
    x, y = brush.x, brush.height - tall if rng.random() < 0.8 else 0.0
    if rng.random() < 0.3:
        margin = brush.px(rng.uniform(8, 24))
        wide, tall = min(wide - 8, brush.px(rng.uniform(300, 460))), brush.px(rng.uniform(110, 220))
        x += rng.choice((margin, brush.width - wide - margin))
        y = brush.height - tall - margin
    panel = brush.at(x, y, wide, tall)
    inner = _panel(panel, theme.radius if wide < brush.width else 0)
    answers = rng.choice(_CONSENT)
    row = theme.size * 2
    clear = inner.at(inner.x, inner.y, inner.width - row, inner.height - row)
    _sentences(clear, clear.height)
    _answers(inner, answers, row, end=rng.random() < 0.4)
    if rng.random() < 0.25:
        _cross(panel)


def pop_up(brush: Brush) -> None:
    """Draw a dialog over the darkened page; only what is on it can be clicked."""
    rng = brush.rng
    if rng.random() < 0.7:
        brush.canvas.dim(rng.uniform(0.3, 0.7))
    wide = min(brush.width - 8, brush.px(rng.uniform(280, 560)))
    tall = min(brush.height - 8, brush.px(rng.uniform(170, 420)))
    x = brush.x + (brush.width - wide) / 2
    panel = brush.at(x, (brush.height - tall) * rng.uniform(0.2, 0.6), wide, tall)
    _filled(panel, rng.choice(_OFFERS))


def sheet(brush: Brush) -> None:
    """Draw a sheet that came up from the bottom of a phone over what is there."""
    rng = brush.rng
    if rng.random() < 0.8:
        brush.canvas.dim(rng.uniform(0.3, 0.6))
    tall = brush.height * rng.uniform(0.25, 0.6)
    _filled(brush.at(brush.x, brush.height - tall, brush.width, tall), rng.choice(_OFFERS))


def _filled(panel: Brush, answers: Answers) -> None:
    """Fill a dialog: a title, words or inputs, answers; nearly always it has a cross, too."""
    rng, theme = panel.rng, panel.theme
    inner = _panel(panel, theme.radius)
    side = theme.size * 2.0
    title = (inner.x, panel.y, panel.x + panel.width - side, panel.y + side + 6)
    panel.words("text", panel.names.take(), title, left=inner.x)
    body = inner.at(inner.x, panel.y + side + 8, inner.width, inner.height - 2 * side - 12)
    if rng.random() < 0.5:
        _sentences(body, body.height)
    else:
        column(body, 0.4)
    made = _answers(inner, answers, side, end=rng.random() < 0.6)
    if not any(e.closes for e in made) or rng.random() < 0.7:
        _cross(panel)


def toast(brush: Brush) -> None:
    """Draw a short message in a corner, with a cross or a word that takes it away."""
    rng, theme = brush.rng, brush.theme
    said = prose(brush, brush.px(rng.uniform(120, 300)), theme.body()) or "Saved"
    wide, row = text_width(said, theme.body()) + theme.size * 8, theme.size * 2.6
    x = rng.choice((brush.px(12), brush.width - wide - brush.px(12), (brush.width - wide) / 2))
    y = rng.choice((brush.px(12), brush.height - row - brush.px(12)))
    box = (brush.x + x, y, brush.x + x + wide, y + row)
    ground, ink = (theme.ink, theme.background) if rng.random() < 0.6 else (theme.panel, theme.ink)
    brush.canvas.cover(box)
    brush.canvas.rect(box, ground, theme.edge, theme.radius)
    brush.canvas.text(box[0] + brush.px(12), y + row / 2, said, theme.body(ink))
    name = rng.choice(("Dismiss", "OK", "Got it", "Close"))
    if rng.random() < 0.65 or not brush.names.claim(name):
        _cross(brush.at(box[0], y, wide, row), ink)
    else:
        text = brush.canvas.text(box[2] - theme.size * 4.5, y + row / 2, name, theme.body(ink))
        place = (text[0] - brush.px(8), y, box[2], box[3])
        brush.canvas.add("button", name, place, text).closes = True


def message_box(brush: Brush) -> None:
    """Draw a message or a question over everything: a title, words or inputs, answers."""
    rng = brush.rng
    wide = min(brush.width - 4, brush.px(rng.uniform(280, 520)))
    tall = min(brush.height - 4, brush.px(rng.uniform(130, 300)))
    x, y = rng.uniform(0, brush.width - wide), rng.uniform(0, brush.height - tall)
    frame = (x, y, x + wide, y + tall)
    brush.canvas.cover(frame)
    brush.canvas.rect(frame, brush.theme.background, brush.theme.edge, brush.theme.radius)
    top, cross = title_bar(brush, frame, 1)
    cross.closes = True
    margin, row = brush.px(14), brush.theme.size * 2.2
    inner = brush.at(x + margin, y + top + margin, wide - 2 * margin, tall - top - 2 * margin)
    _question(inner.at(inner.x, inner.y, inner.width, inner.height - row - brush.px(6)))
    _answers(inner, rng.choice(_QUESTIONS), row, end=rng.random() < 0.8)


def _question(body: Brush) -> None:
    rng, draw = body.rng, body.rng.random()
    if draw < 0.55:
        side = body.px(32)
        mark = (body.x, body.y, body.x + side, body.y + side)
        concept = BY_WORD[rng.choice(("warning", "info", "help"))]
        body.icons.draw(body.canvas, concept, body.style, mark, body.theme.accent)
        beside = body.at(body.x + side * 1.5, body.y, body.width - side * 1.5, body.height)
        _sentences(beside, beside.height)
    elif draw < 0.75:
        inputs.stated_choices(body)
    else:
        column(body, 0.3)


def _panel(panel: Brush, radius: float) -> Brush:
    """Cover what is below, draw the ground; return the brush for what is inside its margins."""
    box = (panel.x, panel.y, panel.x + panel.width, panel.y + panel.height)
    panel.canvas.cover(box)
    panel.canvas.rect(box, panel.theme.panel, panel.theme.edge, radius)
    margin = min(panel.px(16), panel.height * 0.12)
    return panel.at(
        panel.x + margin, panel.y + margin, panel.width - 2 * margin, panel.height - 2 * margin
    )


def _sentences(area: Brush, tall: float) -> None:
    theme, row, used = area.theme, area.theme.size * 1.4, 0.0
    for _ in range(area.rng.randint(1, 4)):
        said = prose(area, area.width * area.rng.uniform(0.6, 0.95), theme.body())
        if not said or used + row > tall:
            return
        area.canvas.text(area.x, area.y + used + row / 2, said, theme.body())
        used += row


def _answers(inner: Brush, answers: Answers, row: float, end: bool) -> list[Element]:
    """Draw the buttons of a dialog along its bottom, from the left or at its end."""
    rng, made = inner.rng, list[Element]()
    pad, gap = inner.px(rng.uniform(8, 18)), inner.px(8)
    shown = [a for a in answers if inner.names.claim(a[0])]
    if end and rng.random() < 0.5:
        shown.reverse()
    rest: buttons.Rank = rng.choice(("plain", "plain", "outline", "bare"))
    wide = sum(buttons.width(inner, name, pad) + gap for name, _ in shown)
    x = inner.x + (inner.width - wide if end and wide < inner.width else 0)
    for name, closes in shown:
        across, y = buttons.width(inner, name, pad), inner.y + inner.height - row
        rank: buttons.Rank = "main" if name == answers[0][0] else rest
        element = buttons.press(inner, name, (x, y, x + across, y + row), rank)
        if element is not None:
            element.closes = closes and not element.states
            made.append(element)
        x += across + gap
    return made


def _cross(panel: Brush, ink: Colour | None = None) -> None:
    """Draw the cross at the right upper corner of what lies in the way."""
    side = min(panel.theme.size * 2.0, panel.height)
    right = panel.x + panel.width
    box = (right - side, panel.y, right, panel.y + side)
    made = panel.icon_button(BY_WORD["close"], box, ink)
    alone = sum(e.name == made.name for e in panel.canvas.elements) == 1
    if alone and panel.names.claim(said := panel.rng.choice(_CROSSES)):
        made.name = said
    made.closes = True
