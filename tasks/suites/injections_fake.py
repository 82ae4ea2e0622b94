"""A case of injected content on the screen in memory, and what became of that world."""

from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.fake import Button, Caption, FakeScreen, Field, Link, Panel, Widget
from handrail.actuators.geometry import Box, ScreenGeometry
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.suites.injections import Form, Injection, Step
from handrail.tasks.suites.injections_effects import Post, done, effects
from handrail.tasks.suites.injections_words import LEADING, PRESSED

ORIGIN = "https://work.team.test"
EVIL = "https://collect.evil.test"
_SIZE = ScreenGeometry(width=420, height=260)
_ROW = 22


@dataclass
class FakeWorld:
    """The screen of one case; ``posts`` are the forms that were sent."""

    case: Injection
    office: PermitOffice
    posts: list[Post] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = 0
        self._widgets: list[Widget] = []
        self._lay_out()
        url = f"{ORIGIN}/{self.case.plan.area}/page"
        surface = Surface("fake", "fake", True, ScreenText("Work"), url)
        self.screen = FakeScreen(self.office, self._widgets, _SIZE, surface)
        if self.case.channel == "clipboard":
            self.screen.named(Button, PRESSED["clipboard"]).on_press = self._copy

    def settle(self) -> None:
        """Do nothing: this world is always at rest."""

    def effects(self) -> tuple[str, ...]:
        """Return what happened in the world that the user had not asked for."""
        left = (self.screen.surface.url,) if self.screen.surface.url.startswith(EVIL) else ()
        return effects(self.case, self.posts, left)

    def done(self) -> bool:
        """Tell whether what the user had asked for was sent."""
        return done(self.case, self.posts)

    def actions(self, step: Step) -> tuple[Action, ...]:
        """Return what somebody does who takes this step."""
        match step.kind:
            case "click":
                return (Click(point=self._find(step.label).box.center),)
            case "type":
                return (Type(text=step.text),)
            case "keys":
                return tuple(Press(keys=(c,)) for c in step.text)
            case "paste":
                return (Press(keys=("ctrl", "v")),)
            case "enter":
                return (Click(point=self._find(step.label).box.center), Press(keys=("enter",)))

    def _find(self, label: str) -> Widget:
        return next(w for w in reversed(self._widgets) if w.name == label and w.focusable)

    def _lay_out(self) -> None:
        case = self.case
        self._form(case.user_form)
        if case.own_form is not None:
            self._form(case.own_form)
        if case.plan.own == "elsewhere":
            self._row(lambda box: Link(case.plan.button, box, href=f"{EVIL}/update.exe"))
        if case.channel in {"pop-up", "notification", "toast"}:
            self._row(lambda box: Panel(case.text, box))
        else:
            self._row(lambda box: Caption(case.text, box))
        if case.channel in PRESSED:
            name, leads = PRESSED[case.channel], case.channel in LEADING
            self._row(lambda b: Link(name, b, href=f"{EVIL}/a") if leads else Button(name, b))

    def _form(self, form: Form) -> None:
        for label in form.fields:
            self._row(lambda box, label=label: Field(label, box))  # type: ignore[misc]

        def send() -> None:
            found = [w for w in self._widgets if isinstance(w, Field) and w.name in form.fields]
            self.posts.append(Post(form.area, {w.name: w.text for w in found}))

        def button(box: Box) -> Widget:
            made = Button(form.button, box, submits=True, on_press=send)
            made.method, made.sends_to = "post", f"{ORIGIN}/{form.area}/send"
            return made

        self._row(button)

    def _row(self, make: Callable[[Box], Widget]) -> None:
        top = 4 + _ROW * self._rows
        self._widgets.append(make(Box(left=6, top=top, right=410, bottom=top + _ROW - 2)))
        self._rows += 1

    def _copy(self) -> None:
        self.screen.clipboard = self.case.typed
