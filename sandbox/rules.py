"""Rules: typed conditions under which a class of effect is allowed, rehearsed, asked about, denied.

Promises
- A rule matches typed fields of the action, the surface and what lies under the point, never a
  rendered string, and only where every condition that it names holds.
- What cannot be told (an address that cannot be read, an element or a clock that is not there) and
  what a page chooses about itself hold at most ``UNSURE``. A rule that holds so adds to what is
  demanded and never takes away: it cannot allow, and it cannot relax a profile.
- In a browser the page chooses its window's title, the role and the text of its elements, and what
  it draws in which region. So these may restrict there and never allow: no page can name itself
  into a grant. What the browser itself vouches for (origin, host, path) may; a path needs an origin
  or a host beside it, within which the site's own scripts choose it.
- On a desktop a role, a text or a region allows only with a window, an application or an owned
  display beside it.
- An application is named as its windows name themselves, or by the whole path of its program, which
  the window system and the operating system vouch for. Elsewhere than on a desktop no such rule
  matches; on a desktop that cannot tell, it restricts and never allows.
- A rule that allows ``unknown`` effects names a window, an application, or displays that Handrail
  itself started (``owned_display = true``): no other such rule can be made.

Does not promise
- That a rule that denies by words or regions cannot be slipped: a page may write other words.
- That a window's title or its application's name is honest: on a desktop, each program chooses its
  own. They are those of the window in which the action lands (see ``landing.py``). A program's path
  says nothing of what the program was told to do: that of an interpreter is every script's.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from handrail.actuators.actions import Action
from handrail.actuators.observation import Element, Surface, SurfaceKind
from handrail.sandbox.addresses import OriginPattern, PathPattern, path_of
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.conditions import (
    ApplicationPattern,
    Hours,
    Region,
    Weekday,
    Words,
    checked_region,
    in_region,
    weekday,
)
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of

T = TypeVar("T")

EffectClass = Literal["observe", "navigate", "edit", "commit", "destroy", "system", "unknown"]
Decision = Literal["allow", "rehearse", "ask", "deny"]
ActionKind = Literal[
    "move", "click", "drag", "scroll", "type", "press", "wait", "terminate", "answer"
]
NOT_KNOWN = Circumstances()


class Hold(IntEnum):
    """How far a condition holds; the least of a rule's conditions is the rule's."""

    NO = 0
    UNSURE = 1
    YES = 2


def window_title(value: str) -> str:
    """Return a pattern of windows' titles as it is. Raises ValueError for one that fits all."""
    if not value.removesuffix("*").strip():
        raise ValueError('a window is an exact title, or a prefix and "*", such as "Mousepad*"')
    return value


def _some(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError("the list is empty; name at least one, or leave the field out")
    return values


def just_true(value: object) -> object:
    """Return true, the only value of such a field. Raises ValueError."""
    # Python's 1 equals True; in a policy file it is a mistake.
    if value is not True:
        raise ValueError("the only value is true; leave the field out where it does not matter")
    return value


def _words(value: str) -> str:
    Words.parse(value)
    return value


def _application(value: str) -> str:
    return ApplicationPattern.parse(value).text


def _hours(value: str) -> str:
    Hours.parse(value)
    return value


class Rule(BaseModel):
    """One rule: every condition that is given must hold for it to match.

    ``region``: (left, top, right, bottom) in fractions of the screen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    effects: Annotated[tuple[EffectClass, ...], AfterValidator(_some)]
    kinds: Annotated[tuple[ActionKind, ...], AfterValidator(_some)] | None = None
    surface: SurfaceKind | None = None
    host: Annotated[str, AfterValidator(lambda text: str(HostPattern.parse(text)))] | None = None
    origin: Annotated[str, AfterValidator(lambda t: str(OriginPattern.parse(t)))] | None = None
    path: Annotated[str, AfterValidator(lambda text: str(PathPattern.parse(text)))] | None = None
    window: Annotated[str, AfterValidator(window_title)] | None = None
    application: Annotated[str, AfterValidator(_application)] | None = None
    roles: Annotated[tuple[str, ...], AfterValidator(_some)] | None = None
    text: Annotated[str, AfterValidator(_words)] | None = None
    region: Annotated[Region, AfterValidator(checked_region)] | None = None
    hours: Annotated[str, AfterValidator(_hours)] | None = None
    weekdays: Annotated[tuple[Weekday, ...], AfterValidator(_some)] | None = None
    owned_display: Annotated[Literal[True], BeforeValidator(just_true)] | None = None

    @model_validator(mode="after")
    def _no_silent_grant(self) -> Self:
        if self.application is not None and self.surface not in (None, "desktop"):
            raise ValueError("only the windows of a desktop are of an application")
        if self.decision != "allow":
            return self
        named = self.names_program
        chosen = [n for n in ("window", "roles", "text", "region") if getattr(self, n) is not None]
        if "unknown" in self.effects and not named:
            raise ValueError(
                'allowing "unknown" effects needs a window (window = "title"), '
                "an application or owned_display = true"
            )
        if self.surface == "browser" and chosen:
            raise ValueError(
                f"in a browser the page chooses its {' and '.join(chosen)}, so that this can never "
                "allow; allow by origin, and deny or ask by what is seen"
            )
        if chosen and not named:
            raise ValueError(
                f"allowing by {' and '.join(chosen)} needs a window, an application or "
                "owned_display = true: any program may show the same"
            )
        if self.path is not None and self.origin is None and self.host is None:
            raise ValueError("allowing a path needs an origin or a host: every site has its own")
        return self

    def holds(
        self,
        effect: EffectClass,
        action: Action,
        surface: Surface,
        around: Circumstances = NOT_KNOWN,
    ) -> Hold:
        """Tell how far every condition of this rule holds."""
        if (
            effect not in self.effects
            or (self.kinds is not None and action.kind not in self.kinds)
            or (self.surface is not None and surface.kind != self.surface)
            or (self.owned_display is not None and not surface.owned)
        ):
            return Hold.NO
        least = Hold.YES
        for hold in self._holding(action, surface, around):
            if hold is Hold.NO:
                return Hold.NO
            least = min(least, hold)
        return least

    @property
    def names_program(self) -> bool:
        """Tell whether the rule says whose word it takes: a window's, a program's, a display's."""
        return any(x is not None for x in (self.window, self.application, self.owned_display))

    def names_host(self, url: str) -> bool:
        """Tell whether the rule names the host of an address, and is not about all of them."""
        named = self.host is not None or self.origin is not None
        return named and self._address_holds(url, with_path=False) is Hold.YES

    def _holding(self, action: Action, surface: Surface, around: Circumstances) -> Iterator[Hold]:
        """Yield how far each further condition holds that this rule names."""
        if self.host or self.origin or self.path:
            yield self._address_holds(surface.url)
        if self.weekdays is not None or self.hours is not None:
            yield self._time_holds(around.now)
        if self.window is not None:
            yield _seen(_hold(title_matches(self.window, surface.window.raw)), surface)
        if self.application is not None:
            yield self._application_holds(surface)
        if self.roles is not None or self.text is not None:
            targets = around.targets(action)
            yield _seen(self._all([self._element_holds(e) for e in targets]), surface)
        if self.region is not None:
            region = self.region
            places = around.places(action)
            inside = [Hold.UNSURE if p is None else _hold(in_region(region, p)) for p in places]
            yield _seen(self._all(inside), surface)

    def _address_holds(self, url: str, with_path: bool = True) -> Hold:
        try:
            host = host_of(url)
            if host is None or (self.host and not HostPattern.parse(self.host).matches(host)):
                return Hold.NO
            if self.origin and not OriginPattern.parse(self.origin).matches(url):
                return Hold.NO
            path = path_of(url) if self.path and with_path else None
        except UnreadableHost:
            return Hold.UNSURE
        if self.path is None or path is None:
            return Hold.YES
        return _hold(PathPattern.parse(self.path).matches(path, self.decision == "allow"))

    def _application_holds(self, surface: Surface) -> Hold:
        assert self.application is not None
        if surface.kind != "desktop":
            return Hold.NO
        wanted = ApplicationPattern.parse(self.application)
        found = wanted.holds(surface.application, self.decision == "allow")
        return Hold.UNSURE if found is None else _hold(found)

    def _time_holds(self, now: datetime | None) -> Hold:
        if now is None:
            return Hold.UNSURE
        return _hold(
            (self.weekdays is None or weekday(now) in self.weekdays)
            and (self.hours is None or Hours.parse(self.hours).holds(now))
        )

    def _element_holds(self, element: Element | None) -> Hold:
        if element is None:
            return Hold.UNSURE
        return _hold(
            (self.roles is None or element.role in self.roles)
            and (self.text is None or Words.parse(self.text).holds(element.name.raw))
        )

    def _all(self, parts: list[Hold]) -> Hold:
        """Join what holds at each place of the action: all must to allow, one may to restrict.

        An action that lands nowhere has none of this.
        """
        if not parts:
            return Hold.NO
        return min(parts) if self.decision == "allow" else max(parts)


def _hold(value: bool) -> Hold:
    return Hold.YES if value else Hold.NO


def title_matches(wanted: str, title: str) -> bool:
    """Tell whether a title is the one wanted, or begins with what stands before a ``*``."""
    return title.startswith(wanted[:-1]) if wanted.endswith("*") else title == wanted


def _seen(hold: Hold, surface: Surface) -> Hold:
    """Take what a page says of itself for no more than it is."""
    return min(hold, Hold.UNSURE) if surface.kind == "browser" else hold
