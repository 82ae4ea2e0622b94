"""Draw fields as makers draw them: where the label stands, what is in them, what state they are in.

Each part takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Colour, Rect, centre, text_width
from handrail.model.pocket.controls import entry_point
from handrail.model.pocket.pen import line_height, prose
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD
from handrail.model.pocket.scenes.habits import LabelPlace

_RED: Colour = (200, 30, 40)
_COMMON = (
    "Email", "E-mail address", "Email address", "Password", "Username", "User name", "First name",
    "Last name", "Full name", "Your name", "Company", "Phone number", "Mobile", "Street", "Address",
    "City", "Zip code", "Postcode", "State", "Country", "Website", "Subject", "Message", "Comment",
    "Title", "Description", "Date of birth", "Card number", "Expiry date", "Amount", "Quantity",
    "Price", "Coupon code", "Nickname", "Confirm password", "New password", "Old password", "Notes",
    "From", "To", "Cc", "Departure", "Check-in", "Destination", "Time", "Start date", "End date",
)  # fmt: skip
_HINTS = (
    "you@example.com", "Enter a value", "Type here", "Optional", "Required", "e.g. 42", "0.00",
    "dd.mm.yyyy", "https://", "John Doe", "None", "Choose a file", "Add a note",
)  # fmt: skip
_SEARCHES = ("Search", "Search...", "Search here", "Find", "Filter", "Search or jump to", "Look up")
_LEADING = {
    "mail": "mail", "password": "lock", "user": "account", "phone": "phone", "date": "calendar",
    "card": "credit card", "city": "location", "address": "location", "website": "link",
    "amount": "wallet", "time": "clock", "name": "account", "search": "search", "price": "tag",
}  # fmt: skip
_STATES = ("focused", "disabled", "invalid", "", "", "", "", "")


def field(brush: Brush) -> float:
    """Draw one input with its label where this screen has labels, perhaps with a helping line."""
    rng, theme = brush.rng, brush.theme
    name = rng.choice(_COMMON)
    if rng.random() > 0.3 or not brush.names.claim(name):
        name = brush.names.take()
    place, tall = brush.habits.label_place(rng), line_height(brush, (9, 24))
    wide = min(brush.width, brush.px(rng.uniform(120, 480)))
    drawn = _labelled(brush, name, place, (wide, tall))
    if drawn is None:
        return 0.0
    used = drawn[3] - brush.y
    small = theme.body(theme.faint, -2)
    if rng.random() < 0.12 and used + small.size * 1.6 < brush.height:
        if said := prose(brush, wide, small):
            brush.canvas.text(drawn[0], drawn[3] + small.size * 0.9, said, small)
        used += small.size * 1.6
    return used


def form(brush: Brush) -> float:
    """Draw two to eight inputs as forms have them: in one column, or side by side in two."""
    rng, gap = brush.rng, brush.px(brush.rng.uniform(4, 14))
    count = 2 if brush.width > brush.theme.size * 36 and rng.random() < 0.5 else 1
    wide, used = brush.width / count, 0.0
    for _ in range(rng.randint(2, 4)):
        left = brush.height - used
        row = [
            field(brush.at(brush.x + place * wide, brush.y + used, wide - gap, left))
            for place in range(count)
        ]
        used += max(row) + gap if any(row) else 0.0
    return used


def _labelled(brush: Brush, name: str, place: LabelPlace, size: tuple[float, float]) -> Rect | None:
    """Draw a label and its field; return the field's box, or None where there is no room."""
    rng, theme, (wide, tall) = brush.rng, brush.theme, size
    state, style = rng.choice(_STATES), theme.body(delta=rng.choice((0, 0, -1)))
    shown = name + rng.choice(("", "", "", ":", " *"))
    label, above = text_width(shown, style), style.size * 1.5
    column = max(label + brush.px(12), brush.px(rng.uniform(70, 160)))
    x, y = brush.x, brush.y
    if place in ("left", "beside"):
        x, wide = x + column, min(wide, brush.width - column)
    elif place == "above":
        y += above
    elif place == "inside":
        tall += style.size
    elif place == "floating":
        y += style.size * 0.5
    box = (x, y, x + wide, y + tall)
    inner = text_width(name, theme.body()) + theme.size * 5
    if wide < inner or box[3] > brush.y + brush.height or label > brush.width:
        return None
    left, right = _input(brush, box, state, name)
    small = theme.body(theme.faint, -2)
    if place in ("left", "beside"):
        start = brush.x if place == "left" else x - label - brush.px(8)
        text = brush.canvas.text(start, centre(box)[1], shown, style)
    elif place == "above":
        text = brush.canvas.text(brush.x, brush.y + above * 0.45, shown, style)
    elif place == "inside":
        text = brush.canvas.text(left, y + small.size * 0.9, name, small)
    elif place == "floating":
        edge = (left - 3, y - 2, left + text_width(name, small) + 3, y + 2)
        brush.canvas.rect(edge, theme.background)
        text = brush.canvas.text(left, y, name, small)
    else:
        text = brush.canvas.text(left, centre(box)[1], name, theme.body(theme.faint))
    if place != "hint" and state != "focused":
        middle = centre(box)[1] + (style.size * 0.6 if place == "inside" else 0)
        _written(brush, (left, box[1], right, box[3]), middle)
    made = brush.canvas.add("field", name, box, text, entry_point(box))
    made.states = (state,) if state else ()
    return box


def _input(brush: Brush, box: Rect, state: str, name: str) -> tuple[float, float]:
    """Draw an empty input; return where what is in it begins and ends, in pixels."""
    rng, theme, look = brush.rng, brush.theme, brush.habits.field
    edge = {"focused": theme.accent, "invalid": _RED}.get(state, theme.edge)
    radius = min(theme.radius, (box[3] - box[1]) / 2)
    fill = theme.panel if state == "disabled" or look in ("filled", "soft") else theme.field
    framed = look in ("outlined", "soft")
    if look != "underlined" or state == "disabled":
        brush.canvas.rect(box, fill, edge if framed else None, radius if framed else 0)
    if not framed:
        brush.canvas.line([(box[0], box[3] - 1), (box[2], box[3] - 1)], edge, brush.px(1.5))
    left, right, side = box[0] + brush.px(rng.uniform(5, 13)), box[2] - 4, theme.size * 1.6
    if state == "focused":
        grown = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
        brush.canvas.rect(grown, None, theme.accent, radius)
    wanted = next((icon for part, icon in _LEADING.items() if part in name.casefold()), None)
    if wanted is not None and rng.random() < 0.4:
        brush.icon(BY_WORD[wanted], (left, box[1], left + side, box[3]), theme.faint)
        left += side
    if rng.random() < 0.2:
        right -= _trailing(brush, (box[2] - side - 4, box[1], box[2] - 2, box[3]), name)
    if state == "focused":
        brush.canvas.line([(left, box[1] + 5), (left, box[3] - 5)], theme.ink, 1.2)
    return left, right


def _trailing(brush: Brush, box: Rect, name: str) -> float:
    """Draw what ends a field: to clear, show, open or step it; return the width it takes."""
    said, word = "clear {}", "close"
    if "password" in name.casefold():
        said, word = brush.rng.choice((("show {}", "show password"), ("hide {}", "hide password")))
    elif "date" in name.casefold() or brush.rng.random() < 0.2:
        said, word = "open calendar of {}", "calendar"
    inside = brush.icon(BY_WORD[word], box, brush.theme.faint)
    brush.canvas.add("icon", said.format(name), box, inside, centre(box))
    return box[2] - box[0]


def _written(brush: Brush, room: Rect, middle: float) -> None:
    """Write a value, or in faint ink an example, into a field; most stay empty."""
    draw, theme = brush.rng.random(), brush.theme
    if draw > 0.6:
        return
    text = words.value(brush.rng) if draw < 0.3 else brush.rng.choice(_HINTS)
    style = theme.body(None if draw < 0.3 else theme.faint)
    if room[0] + text_width(text, style) < room[2]:
        brush.canvas.text(room[0], middle, text, style, hint=draw >= 0.3)


def search(brush: Brush) -> float:
    """Draw a field for searching: an icon, a hint, perhaps a button at its end or beside it."""
    rng, theme = brush.rng, brush.theme
    tall, side = line_height(brush, (10, 24)), theme.size * 1.6
    wide = min(brush.width, brush.px(rng.uniform(150, 420)))
    hint = rng.choice((*_SEARCHES, f"Search {brush.names.word()}"))
    end = rng.choice(("", "", "icon", "word"))
    beside = text_width("Search", theme.body()) + brush.px(24) if end == "word" else 0.0
    if tall > brush.height or text_width(hint, theme.body()) + side * 2 + beside + tall > wide:
        return 0.0
    box = (brush.x, brush.y, brush.x + wide - beside, brush.y + tall)
    radius = tall / 2 if rng.random() < 0.4 else min(theme.radius, tall / 2)
    brush.canvas.rect(box, theme.field, theme.edge, radius)
    x = box[0] + brush.px(9)
    if rng.random() < 0.6:
        brush.icon(BY_WORD["search"], (x, box[1], x + side, box[3]), theme.faint)
        x += side
    text = brush.canvas.text(x, centre(box)[1], hint, theme.body(theme.faint))
    asked = rng.choice((hint, "search field", "the search box", "search bar", "search input"))
    room = (box[0], box[1], box[2] - (tall if end == "icon" else 0), box[3])
    brush.canvas.add("field", asked, room, text, entry_point(room))
    if end == "icon":
        brush.icon_button(BY_WORD["search"], (box[2] - tall, box[1], box[2], box[3]), theme.ink)
    elif end == "word":
        place = (box[2] + 2, box[1], box[2] + beside, box[3])
        brush.canvas.rect(place, theme.accent, None, theme.radius)
        brush.words("button", rng.choice(("Search", "Go", "Find")), place, theme.on_accent)
    return tall


def number(brush: Brush) -> float:
    """Draw a number with what makes it smaller and larger at its sides or at its end."""
    rng, theme, name = brush.rng, brush.theme, brush.names.take()
    tall, label = line_height(brush, (8, 20)), text_width(name, theme.body()) + brush.px(12)
    wide = tall * 2 + theme.size * rng.uniform(3, 5)
    if tall > brush.height or label + wide > brush.width:
        return 0.0
    text = brush.canvas.text(brush.x, brush.y + tall / 2, name, theme.body())
    x, y = brush.x + label, brush.y
    whole = (x, y, x + wide, y + tall)
    brush.canvas.rect(whole, theme.field, theme.edge, min(theme.radius, tall / 2))
    less: Rect = (x, y, x + tall, y + tall)
    more: Rect = (x + wide - tall, y, x + wide, y + tall)
    middle, marks = (x + tall, y, x + wide - tall, y + tall), ("minus", "add")
    if rng.random() < 0.4:
        less, more = (more[0], y + tall / 2, more[2], y + tall), (more[0], y, more[2], y + tall / 2)
        middle, marks = (x, y, more[0], y + tall), ("expand", "collapse")
    value = str(rng.randint(0, 99))
    brush.canvas.text(middle[0] + brush.px(5), y + tall / 2, value, theme.body())
    brush.canvas.add("field", name, middle, text, centre(middle))
    for box, concept, verb in ((less, marks[0], "decrease"), (more, marks[1], "increase")):
        inside = brush.icon(BY_WORD[concept], box, theme.ink)
        brush.canvas.add("icon", f"{verb} {name}", box, inside, centre(box))
    return tall
