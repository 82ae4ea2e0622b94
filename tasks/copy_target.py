"""A program in a copy of the user's folders, as a target of a run: what it changes stays aside."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import ActuatorError, EnvironmentMissing
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.desktop_copy import DesktopCopy, Setting
from handrail.sandbox.rehearsal.difference import differences
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, Stage, keep_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.scene import Scene
from handrail.tasks.rehearsal_scratch import PREFIX
from handrail.tasks.run_target import start_shown
from handrail.tasks.runs import RunFolder

_LOG = logging.getLogger("handrail")
_PLACES = tuple(map(Path, ("/var/tmp", "/tmp", "/dev/shm")))


@dataclass(frozen=True)
class Wanted:
    """What is to be copied: a home, where the program starts, other folders, what is shown."""

    home: Path
    cwd: Path
    folders: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()

    def scene(self) -> Scene:
        """Return the scene, with a scratch folder made for it. Raises RehearsalError."""
        around = [folder.resolve() for folder in (self.home, *self.folders)]
        for place in _PLACES:
            if place.is_dir() and not any(place.is_relative_to(folder) for folder in around):
                try:
                    scratch = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
                except OSError:
                    continue
                try:
                    return Scene(
                        self.home, scratch, self.cwd, self.folders, self.shown, self.hidden
                    )
                except RehearsalError:
                    scratch.rmdir()
                    raise
        places = ", ".join(map(str, _PLACES))
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
    layers: tuple[Layer, ...] = ()
    _baselines: tuple[Baseline, ...] = ()
    _screen: str = ""

    @contextmanager
    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> Iterator[Guarded]:
        """Make the copy, which has no network, and wait until the program in it shows itself."""
        scene, folder = self.wanted.scene(), downloads.parent
        try:
            yield from self._worked(scene, folder, verifier, secrets)
        except BaseException as error:
            # There will be nothing to commit: what was changed is not kept either.
            self._keep(folder, "failed", reason=str(error))
            remove(scene.scratch)
            raise

    def _worked(
        self, scene: Scene, folder: Path, verifier: PermitVerifier, secrets: SecretResolver
    ) -> Iterator[Guarded]:
        self._baselines = tuple(Baseline.take(covered) for covered in scene.covered)
        with DesktopCopy.open(scene, self.setting, self.environ) as copy:
            self.layers = copy.layers
            self._baselines = tuple(map(_completed, self._baselines, self.layers))
            if copy.way.name != "overlay":
                _LOG.warning("the copy is made by %s", copy.way.told())
            self._keep(folder, "begun")
            config = DesktopConfig(virtual=copy.display)
            with (
                _telling(copy),
                closing(open_desktop(config, verifier, secrets=secrets)) as screen,
            ):
                start_shown(list(self.app), screen, copy.start)
                yield screen
                self._screen = screen.observe().fingerprint

    def found(self, folder: RunFolder) -> Consequences:
        """Tell what was changed in the copy, and keep the record of it."""
        told = differences(self.layers, self._baselines)
        consequences = Consequences(found=told.found, screen=self._screen)
        self._keep(folder.path, "ended", consequences=consequences, disturbed=told.disturbed)
        return consequences

    def described(self) -> str:
        """Return the program and what it has a copy of."""
        folders = ", ".join(map(str, (self.wanted.home, *self.wanted.folders)))
        return f"a copy of {folders}: {' '.join(self.app)}"

    def _keep(
        self,
        folder: Path,
        stage: Stage,
        reason: str = "",
        consequences: Consequences | None = None,
        disturbed: tuple[str, ...] = (),
    ) -> None:
        record = RehearsalRecord(
            run=folder.name,
            on="desktop",
            stage=stage,
            reason=reason,
            layers=tuple(map(LayerRow.of, self.layers)),
            consequences=consequences or Consequences(),
            disturbed=disturbed,
        )
        keep_record(folder, record, OsDisk())


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
