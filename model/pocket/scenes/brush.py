"""A pen that also has icons, and puts words or an icon where a name is to be seen."""

from dataclasses import dataclass, field, replace

from handrail.model.pocket.canvas import Colour, Element, Rect, centre, text_width
from handrail.model.pocket.pen import Pen
from handrail.model.pocket.scenes.concepts import Concept
from handrail.model.pocket.scenes.habits import Habits
from handrail.model.pocket.scenes.icons import Icons
from handrail.model.pocket.theme import Theme

_FORMS = ("{} icon", "{} icon", "{} button", "the {} icon", "the {} button", "{}", "{}")


@dataclass(frozen=True)
class Brush(Pen):
    """What scenes draw with; ``scale`` is how many pixels one of a plain display became.

    ``signs``: the last button of each icon on this screen, by the icon's first word.
    """

    icons: Icons
    habits: Habits
    scale: float = 1.0
    style: int = -1
    signs: dict[str, Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.style < 0:
            object.__setattr__(self, "style", self.icons.style(self.rng))

    def at(self, x: float, y: float, width: float, height: float) -> "Brush":
        """Return the same brush elsewhere."""
        return replace(self, x=x, y=y, width=width, height=height)

    def looking(self, theme: Theme) -> "Brush":
        """Return the same brush with another theme."""
        return replace(self, theme=theme)

    def px(self, pixels: float) -> float:
        """Return a plain display's pixels at this scale."""
        return pixels * self.scale

    def group(self) -> int:
        """Return a number for a row or column of elements that can be counted."""
        return max((e.group for e in self.canvas.elements), default=0) + 1

    def words(
        self, kind: str, name: str, box: Rect, ink: Colour | None = None, left: float | None = None
    ) -> Element | None:
        """Write a name into a box, centred or from ``left``, and make it an element.

        Returns None, and draws nothing, where the name does not fit.
        """
        style = self.theme.body(ink)
        wide = text_width(name, style)
        x = (box[0] + box[2] - wide) / 2 if left is None else left
        if x < box[0] or x + wide > box[2] or style.size > box[3] - box[1]:
            return None
        text = self.canvas.text(x, centre(box)[1], name, style)
        return self.canvas.add(kind, name, box, text)

    def scroll_bar(self, track: Rect) -> None:
        """Draw a bar that is as wide as its track and somewhere in it, over what is there."""
        theme, tall = self.theme, track[3] - track[1]
        share = self.rng.uniform(0.15, 0.7)
        y = track[1] + self.rng.uniform(0, 1 - share) * tall
        self.canvas.cover(track)
        self.canvas.rect(track, theme.panel)
        bar = (track[0] + 2, y, track[2] - 2, y + share * tall)
        self.canvas.rect(bar, theme.faint, None, (track[2] - track[0]) / 2)

    def icon(self, concept: Concept, box: Rect, ink: Colour | None = None) -> Rect:
        """Draw an icon in the middle of a box, as large as a line of text or a little larger."""
        side = min(self.theme.size * 1.35, box[2] - box[0] - 2, box[3] - box[1] - 2)
        x, y = centre(box)
        inside = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        self.icons.draw(self.canvas, concept, self.style, inside, ink or self.theme.ink)
        return inside

    def icon_button(self, concept: Concept, box: Rect, ink: Colour | None = None) -> Element:
        """Draw an icon that is a button, asked for as "search icon" or by another word for it.

        Where its like can be seen already neither can be asked for: both get one name.
        """
        inside = self.icon(concept, box, ink)
        word = self.rng.choice(concept.words)
        said = self.rng.choice(_FORMS).format(word)
        made = self.canvas.add("icon", said, box, inside, centre(box))
        earlier = self.signs.get(concept.words[0])
        if earlier is not None and any(e is earlier for e in self.canvas.elements):
            made.name = earlier.name
        self.signs[concept.words[0]] = made
        return made
