"""Where a secret may be typed: on which origins, in which windows, into which fields.

Promises
- Where nothing is said of a secret, it is typed only into a field that hides its text.
- With origins or windows named it is typed only there: on every page and frame that the keys land
  in, and in a window by its title on a desktop. In a browser the page chooses its title, so that
  no window's name holds there.
- Fields that show their text need ``fields = "any"``, and an origin or a window beside it.

Does not promise
- That a page does no more with it than it should: whom it is told, it is told.
- To know which document has the keyboard in another site's frame: nothing is typed there.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from handrail.actuators.observation import Element, Surface
from handrail.sandbox.addresses import OriginPattern
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.rules import title_matches, window_title

Origin = Annotated[str, AfterValidator(lambda text: str(OriginPattern.parse(text)))]
Window = Annotated[str, AfterValidator(window_title)]


class SecretUse(BaseModel):
    """One place, or several, where a secret may be typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: tuple[Origin, ...] = ()
    windows: tuple[Window, ...] = ()
    fields: Literal["hidden", "any"] = "hidden"

    @model_validator(mode="after")
    def _named_if_seen(self) -> Self:
        if self.fields == "any" and not self.names_places:
            raise ValueError(
                'fields = "any" lets a secret be typed where it shows: name origins or windows too'
            )
        return self

    @property
    def names_places(self) -> bool:
        """Tell whether it names origins or windows."""
        return bool(self.origins or self.windows)

    def holds(self, element: Element | None, landed: Sequence[Surface]) -> bool:
        """Tell whether what has the keyboard is such a place; ``landed``: all that keys land in."""
        if self.names_places and not all(map(self._names, landed)):
            return False
        if self.fields == "hidden":
            return element is not None and element.secret
        if element is None:
            return all(surface.kind == "desktop" for surface in landed)
        return element.editable

    def _names(self, surface: Surface) -> bool:
        if surface.kind != "browser" and any(
            title_matches(title, surface.window.raw) for title in self.windows
        ):
            return True
        try:
            return any(OriginPattern.parse(one).matches(surface.url) for one in self.origins)
        except UnreadableHost:
            return False


HIDDEN_FIELDS = SecretUse()
"""The use of a secret of which nothing is said."""
