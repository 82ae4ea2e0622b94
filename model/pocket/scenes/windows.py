"""Draw what frames a window: its title and the buttons beside it."""

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Element, Rect, centre, text_width
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD

_BUTTONS = (("close", "close window"), ("grid view", "maximize"), ("minus", "minimize"))


def title_bar(brush: Brush, frame: Rect, count: int = 3) -> tuple[float, Element]:
    """Draw a window's title and its buttons; return the height and the button that closes it.

    ``count``: how many buttons there are; dialogs have one, windows three.
    """
    rng, theme = brush.rng, brush.theme
    tall, strong = theme.size + brush.px(rng.randint(8, 20)), rng.random() < 0.4
    bar = (frame[0], frame[1], frame[2], frame[1] + tall)
    brush.canvas.rect(bar, theme.accent if strong else theme.panel, None, min(theme.radius, 8))
    ink = theme.on_accent if strong else theme.ink
    name = words.label(rng)
    wide = text_width(name, theme.body())
    x = frame[0] + (brush.px(10) if rng.random() < 0.5 else (frame[2] - frame[0] - wide) / 2)
    brush.canvas.text(x, frame[1] + tall / 2, name, theme.body(ink))
    x, made = frame[2] - tall, list[Element]()
    for word, said in _BUTTONS[:count]:
        box = (x, bar[1], x + tall, bar[3])
        if word == "grid view":
            middle, half = centre(box), theme.size * 0.4
            inside = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
            brush.canvas.rect(inside, None, ink)
        else:
            inside = brush.icon(BY_WORD[word], box, ink)
        made.append(brush.canvas.add("icon", f"{said} {name}", box, inside, centre(box)))
        x -= tall
    return tall, made[0]
