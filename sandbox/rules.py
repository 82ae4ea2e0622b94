"""Rules: typed conditions under which a class of effect is allowed, asked about or denied.

Promises
- A rule matches typed fields of the action and of the surface, never a rendered string, and only
  where every condition that it names holds.
- A rule that allows ``unknown`` effects names a window, or displays that Handrail itself started
  (``owned_display = true``): no other such rule can be made.
- A host that cannot be read never satisfies an allow rule, and always a deny or ask rule.
- A window's title never satisfies an allow rule in a browser, where the page chooses it. On a
  desktop it is the title of the window in which the action lands (see ``landing.py``).

Does not promise
- That a host rule follows a link: it looks at the page on which the action happens, not at the page
  to which it may lead.
- That a window's title is honest: on a desktop, each application chooses its own.
"""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from handrail.actuators.actions import Action
from handrail.actuators.observation import Surface, SurfaceKind
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of

T = TypeVar("T")

EffectClass = Literal["observe", "navigate", "edit", "commit", "destroy", "system", "unknown"]
Decision = Literal["allow", "ask", "deny"]
ActionKind = Literal[
    "move", "click", "drag", "scroll", "type", "press", "wait", "terminate", "answer"
]


def _title(value: str) -> str:
    if not value.removesuffix("*").strip():
        raise ValueError('a window is an exact title, or a prefix and "*", such as "Mousepad*"')
    return value


def _some(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError("the list is empty; name at least one, or leave the field out")
    return values


def _just_true(value: object) -> object:
    # Python's 1 equals True; in a policy file it is a mistake.
    if value is not True:
        raise ValueError("the only value is true; leave the field out where it does not matter")
    return value


class Rule(BaseModel):
    """One rule: every condition that is given must hold for it to match."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    effects: Annotated[tuple[EffectClass, ...], AfterValidator(_some)]
    kinds: Annotated[tuple[ActionKind, ...], AfterValidator(_some)] | None = None
    surface: SurfaceKind | None = None
    host: Annotated[str, AfterValidator(lambda text: str(HostPattern.parse(text)))] | None = None
    window: Annotated[str, AfterValidator(_title)] | None = None
    owned_display: Annotated[Literal[True], BeforeValidator(_just_true)] | None = None

    @model_validator(mode="after")
    def _no_silent_grant(self) -> Self:
        grants = self.decision == "allow" and "unknown" in self.effects
        if grants and self.window is None and self.owned_display is None:
            raise ValueError(
                'allowing "unknown" effects needs a window (window = "title") '
                "or owned_display = true"
            )
        return self

    def matches(self, effect: EffectClass, action: Action, surface: Surface) -> bool:
        """Tell whether every condition of this rule holds."""
        return (
            effect in self.effects
            and (self.kinds is None or action.kind in self.kinds)
            and (self.surface is None or surface.kind == self.surface)
            and (self.owned_display is None or surface.owned)
            and self._host_holds(surface)
            and self._window_holds(surface)
        )

    def _host_holds(self, surface: Surface) -> bool:
        if self.host is None:
            return True
        try:
            host = host_of(surface.url)
        except UnreadableHost:
            return self.decision != "allow"
        return host is not None and HostPattern.parse(self.host).matches(host)

    def _window_holds(self, surface: Surface) -> bool:
        if self.window is None:
            return True
        if surface.kind == "browser" and self.decision == "allow":
            return False
        title = surface.window.raw
        if self.window.endswith("*"):
            return title.startswith(self.window[:-1])
        return title == self.window
