"""A program in a copy of the user's folders, as a target of a run: what it changes stays aside."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import ActuatorError, EnvironmentMissing
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.desktop_copy import DesktopCopy, Setting
from handrail.sandbox.rehearsal.difference import differences
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow
from handrail.sandbox.rehearsal.scene import Scene
from handrail.tasks.rehearsal_course import Course
from handrail.tasks.rehearsal_scratch import fresh_scratch
from handrail.tasks.run_target import start_shown
from handrail.tasks.runs import RunFolder

_LOG = logging.getLogger("handrail")
_PLACES = tuple(map(Path, ("/var/tmp", "/tmp", "/dev/shm")))


@dataclass(frozen=True)
class Wanted:
    """What is to be copied: a home, where the program starts, other folders, what is shown.

    ``places``: where what changes may be kept aside, the first that is outside of all of it.
    """

    home: Path
    cwd: Path
    folders: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    places: tuple[Path, ...] = _PLACES

    def scene(self, named: Callable[[Path], None]) -> Scene:
        """Return the scene, with a scratch folder made for it, which is ``named`` before that.

        Raises RehearsalError.
        """
        around = [folder.resolve() for folder in (self.home, *self.folders)]
        for place in self.places:
            if place.is_dir() and not any(place.is_relative_to(folder) for folder in around):
                scratch = fresh_scratch(place)
                scene = Scene(self.home, scratch, self.cwd, self.folders, self.shown, self.hidden)
                named(scratch)
                try:
                    scratch.mkdir(mode=0o700)
                except OSError:
                    continue
                return scene
        places = ", ".join(map(str, self.places))
        raise RehearsalError(
            f"changes can be kept aside in none of {places}: they are full, closed to you, or lie "
            "in a folder that is to be copied"
        )


@dataclass
class CopyOfDesktop:
    """A target that is a copy; it is opened once."""

    app: tuple[str, ...]
    wanted: Wanted
    environ: Mapping[str, str]
    setting: Setting = field(default_factory=Setting)
    disk: Disk = field(default_factory=OsDisk)
    layers: tuple[Layer, ...] = ()
    _baselines: tuple[Baseline, ...] = ()
    _screen: str = ""
    _course: Course | None = None

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Make the copy, which has no network, and wait until the program in it shows itself."""
        reached = self.setting.reached
        self._course = Course(downloads.parent, "desktop", reached, self.disk)
        try:
            scene = self.wanted.scene(self._course.keeps_in)
            reached("scratch made")
            yield from self._worked(scene, self._course, verifier, secrets)
        except BaseException as error:
            # There will be nothing to commit: what was changed is not kept either.
            self.gave_up(str(error))
            raise
        reached("copy closed")

    def _worked(
        self, scene: Scene, course: Course, verifier: PermitVerifier, secrets: SecretResolver
    ) -> Iterator[Guarded]:
        reached = self.setting.reached
        self._baselines = tuple(Baseline.take(covered) for covered in scene.covered)
        reached("folders looked at")
        with DesktopCopy.open(scene, self.setting, self.environ) as copy:
            self.layers = copy.layers
            self._baselines = tuple(map(_completed, self._baselines, self.layers))
            if copy.way.name != "overlay":
                _LOG.warning("the copy is made by %s", copy.way.told())
            layers = tuple(map(LayerRow.of, self.layers))
            course.keep(course.record.model_copy(update={"layers": layers}), "copy made")
            config = DesktopConfig(virtual=copy.display)
            with (
                _telling(copy),
                closing(open_desktop(config, verifier, secrets=secrets)) as screen,
            ):
                start_shown(list(self.app), screen, copy.start)
                reached("program shown")
                yield screen
                self._screen = screen.observe().fingerprint
                reached("end seen")

    def found(self, folder: RunFolder) -> Consequences:
        """Tell what was changed in the copy, and keep the record of it."""
        if self._course is None or self._course.over:
            raise RehearsalError(f"{folder.name} rehearsed nothing: its copy is gone")
        told = differences(self.layers, self._baselines)
        self.setting.reached("told")
        consequences = Consequences(found=told.found, screen=self._screen)
        found = {
            "consequences": consequences, "disturbed": told.disturbed, "beside": told.beside,
        }  # fmt: skip
        self._course.ended(self._course.record.model_copy(update=found))
        return consequences

    def gave_up(self, reason: str) -> None:
        """Leave a record that there is nothing to commit, and remove what was changed."""
        if self._course is not None and not self._course.over:
            self._course.failed(reason)

    def described(self) -> str:
        """Return the program and what it has a copy of."""
        folders = ", ".join(map(str, (self.wanted.home, *self.wanted.folders)))
        return f"a copy of {folders}: {' '.join(self.app)}"


def _completed(baseline: Baseline, layer: Layer) -> Baseline:
    """Return a baseline with what a plain copy looked like before anything worked in it."""
    return baseline.with_copy(layer.changed) if layer.form == "copy" else baseline


@contextmanager
def _telling(copy: DesktopCopy) -> Iterator[None]:
    """Say why a display went away, where that was for a bound that the program passed."""
    try:
        yield
    except ActuatorError as error:
        if copy.ended:
            why = f"the program in the copy was ended: {copy.ended}"
            _LOG.warning(why)  # the run may have ended already, with the display's absence
            raise EnvironmentMissing(why) from error
        raise
