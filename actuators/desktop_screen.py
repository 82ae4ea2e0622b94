"""The desktop actuator: looks, checks that nobody is in the way, spends the permit, acts."""

import time
from dataclasses import dataclass

from handrail.actuators.actionability import Target, aimed, out_of_bounds
from handrail.actuators.actions import (
    ENDINGS,
    Action,
    Drag,
    Press,
    Type,
    Wait,
    points,
)
from handrail.actuators.base import Permit, PermitVerifier, Receipt, SecretResolver
from handrail.actuators.desktop_devices import Area, Hands, Held, Tree, View
from handrail.actuators.desktop_element import element_of
from handrail.actuators.desktop_person import PersonWatch
from handrail.actuators.desktop_strokes import Strokes, place_of
from handrail.actuators.desktop_target import TargetFinder
from handrail.actuators.desktop_veil import WindowVeil
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    EnvironmentMissing,
    ObservationFailed,
    PersonActive,
)
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.masking import masked
from handrail.actuators.observation import Element, Hint, Observation, ScreenText, Surface
from handrail.actuators.primitives import Safeguards
from handrail.actuators.reading import MOST_HINTS
from handrail.actuators.secret import (
    NoSecrets,
    clean_element,
    clean_hints,
    clean_surface,
    discreetly,
    secret_names,
)

FRAMES = 0.034  # seconds between two looks at a target: two frames at 60 Hz


@dataclass(frozen=True)
class Devices:
    """One display's parts, opened; ``owned``: Handrail started this display for itself."""

    name: str
    owned: bool
    view: View
    hands: Hands
    lock: Held
    still_seconds: float
    tree: Tree | None = None


class Desktop:
    """A display, a monitor or a window of it, as an Actuator.

    ``Scroll`` turns one notch for each 50 pixels, at least one. ``hit_test`` and ``focused`` know
    what programs tell of their windows (AT-SPI on X11), and else the windows alone. Actions on
    coordinates of an outdated look (the window moved, the screen changed its size) are refused. A
    window in which a secret was typed is masked as a whole while it is shown: its text may stand
    in more places than its program tells.
    """

    def __init__(
        self, devices: Devices, verifier: PermitVerifier, secrets: SecretResolver | None = None
    ) -> None:
        self._devices = devices
        self._view, self._hands, self._tree = devices.view, devices.hands, devices.tree
        self._targets = TargetFinder(self._view, self._tree)
        self._verifier = verifier
        self._secrets: SecretResolver = NoSecrets() if secrets is None else secrets
        self._veil = WindowVeil(devices.view, self._secrets)
        self._watch = PersonWatch(self._hands.pointer(), devices.still_seconds)
        self._looked: tuple[Area, ScreenGeometry] | None = None
        self._closed = False
        self.safeguards = Safeguards()
        self._strokes = Strokes(devices.view, devices.hands, self._watch, self._stopped)

    @property
    def display(self) -> tuple[str, bool]:
        """Return the display's name, and whether it is Handrail's own and ends with the run."""
        return self._devices.name, self._devices.owned

    def observe(self) -> Observation:
        """Look at the screen now. Raises ObservationFailed, EnvironmentMissing."""
        self._open()
        area = self._view.area()
        image = self._view.grab(area)
        self._watch.saw(self._hands.pointer())
        geometry = ScreenGeometry(
            width=image.width,
            height=image.height,
            scale=image.width / area.width,
            origin_x=area.left,
            origin_y=area.top,
        )
        self._looked = (area, geometry)
        image = masked(image, self._veil.masks(geometry))
        surface = clean_surface(self._surface(), self._secrets.censor)
        return Observation(image=image, geometry=geometry, time=time.time(), surface=surface)

    def _surface(self) -> Surface:
        return Surface(
            kind="desktop",
            name=self._devices.name,
            owned=self._devices.owned,
            window=ScreenText(self._view.title()),
            window_kind=self._view.kind(),
            application=self._view.application(),
        )

    def hit_test(self, point: Point) -> Element | None:
        """Return what a press on this pixel is for, or the window where its program tells no more.

        Its ``window`` is the title of the window under the pixel, whatever the program says.
        """
        self._open()
        if self._looked is None or not self._looked[1].contains(point):
            return None
        geometry = self._looked[1]
        place = place_of(point, geometry)
        shown = self._view.window_at(*place)
        if shown is None:
            return None
        told = self._tree.at(shown, *place) if self._tree else None
        return clean_element(element_of(shown, told, geometry), self._secrets.censor)

    def focused(self) -> Element | None:
        """Return what has the keyboard in the window in front, None where that is not told."""
        self._open()
        shown = self._view.front() if self._tree and self._looked else None
        if shown is None or self._tree is None or self._looked is None:
            return None
        told = self._tree.focused(shown)
        element = None if told is None else element_of(shown, told, self._looked[1])
        return clean_element(element, self._secrets.censor)

    def hints(self) -> tuple[Hint, ...]:
        """Return the named controls that show in the window in front, as its program tells them."""
        self._open()
        shown = self._view.front() if self._tree and self._looked else None
        if shown is None or self._tree is None or self._looked is None:
            return ()
        geometry = self._looked[1]
        elements = (element_of(shown, told, geometry) for told in self._tree.controls(shown))
        on_screen = [
            Hint(one.role, one.name, box)
            for one in elements
            if (box := geometry.clipped(one.box)) is not None
        ]
        return clean_hints(on_screen[:MOST_HINTS], self._secrets.censor)

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Do one action.

        Raises PermitRefused, ActionRefused, ActionStopped, PersonActive and EnvironmentMissing (no
        effect), and ActionInDoubt where a stop, a person or the display's end cut it short.
        """
        self._open()
        geometry = self._check(action)
        if not isinstance(action, Wait):
            self._alone()
        self._verifier.redeem(permit, action)
        self._insist_actionable(action, geometry)
        started = time.monotonic()
        typing = isinstance(action, Type) and bool(secret_names(action.text))
        if isinstance(action, Type):
            action = self._veil.filled(action, self.focused(), self._surface())
            discreetly(lambda: self._hands.check_text(action.text), self._secrets.censor, typing)
        self._veil.follow(action)
        note = discreetly(lambda: self._sent(action, geometry), self._secrets.censor, typing)
        return Receipt(time.monotonic() - started, note)

    def _sent(self, action: Action, geometry: ScreenGeometry) -> str:
        """Send the input; what cuts it short leaves doubt."""
        try:
            return self._strokes.act(action, geometry)
        except (EnvironmentMissing, PersonActive) as problem:
            raise ActionInDoubt(
                f"{action.kind} on display {self._devices.name} was cut short: {problem}"
            ) from problem

    def close(self) -> None:
        """Give the display back; safe to call twice."""
        self._closed = True
        self._hands.close()
        if self._tree is not None:
            self._tree.close()
        self._devices.lock.close()
        self._view.close()

    def _open(self) -> None:
        if self._closed:
            raise EnvironmentMissing(f"display {self._devices.name} was closed by this program")

    def _check(self, action: Action) -> ScreenGeometry:
        """Refuse what does not fit this screen, before anything is spent or sent."""
        if isinstance(action, ENDINGS):
            raise ActionRefused(f"{action.kind} ends a run and is nothing that a screen can do")
        if self._looked is None:
            raise ActionRefused("look at the screen before acting on it")
        geometry = self._looked[1]
        named = points(action)
        if named:
            self._check_area(action, *self._looked)
        for point in named:
            self._view.aim(*place_of(point, geometry))
        if isinstance(action, Type | Press):
            self._view.check_keyboard()
        if isinstance(action, Type):
            self._hands.check_text(action.text)
        elif isinstance(action, Press):
            self._hands.check_keys(action.keys)
        elif not named and not isinstance(action, Wait):
            self._view.aim(*self._hands.pointer())
        return geometry

    def _check_area(self, action: Action, looked: Area, geometry: ScreenGeometry) -> None:
        """Refuse points that are not on what is shown now."""
        shown = self._view.area()
        for point in points(action):
            if not geometry.contains(point):
                size = f"{geometry.width}x{geometry.height}"
                raise out_of_bounds(
                    f"({point.x}, {point.y}) is not on the {size} screen: name a point on it"
                )
            if not shown.holds(*place_of(point, geometry)):
                raise out_of_bounds(f"({point.x}, {point.y}) is shown no longer: look again")
        if shown != looked:
            raise ActionRefused("the screen or window moved or changed size: look again")

    def _insist_actionable(self, action: Action, geometry: ScreenGeometry) -> None:
        """Look twice at what the action would reach, some frames apart."""
        if not aimed(action):
            return
        try:
            before = self._target(action, geometry)
            time.sleep(FRAMES)  # what moves or is being drawn moves on in this time
            now = self._target(action, geometry)
        except ObservationFailed as problem:
            raise ActionRefused(
                f"{problem}, so that nothing is known of the target: wait, and look again"
            ) from problem
        self.safeguards.check(action, (before, now))

    def _target(self, action: Action, geometry: ScreenGeometry) -> Target | None:
        if isinstance(action, Type):
            return self._targets.keyboard()
        start = action.start if isinstance(action, Drag) else next(iter(points(action)))
        place = self._hands.pointer() if start is None else place_of(start, geometry)
        return self._targets.at(place)

    def _alone(self) -> None:
        self._watch.check(self._hands.pointer())
        if held := self._hands.held():
            raise PersonActive(f"{held} is held down: waiting until it is released")

    def _stopped(self) -> bool:
        return self.safeguards.stopped()
