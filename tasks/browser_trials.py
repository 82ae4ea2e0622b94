"""Trials in a browser: an action, tried in a copy of what the browser shows, where nothing is sent.

The copy is a browser of our own, opened for the one action and closed after it. It fetches the
open tabs' addresses anew; from there on not even a fetch (GET) leaves it, but for the pictures,
styles and scripts of a page.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from handrail.actuators.actions import Action
from handrail.actuators.base import SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.errors import ActuatorError, ObservationFailed
from handrail.actuators.observation import Observation
from handrail.agent.stability import Watch
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.gate import Gate, Outcome
from handrail.sandbox.journal import Journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from handrail.sandbox.recheck import screen_change
from handrail.sandbox.rehearsal.captured import Capturing
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.stored import storage_consequences
from handrail.sandbox.rehearsal.trying import Trying
from handrail.sandbox.trial import Trial

_GRANTED = Policy(profile="ask", known=EVERYTHING)


@dataclass(frozen=True)
class BrowserTrials:
    """Tries actions on copies of a browser; ``clean`` takes secrets out of what is told."""

    browser: Browser
    executable: Path | None
    secrets: SecretResolver
    clean: Callable[[str], str]
    stopped: Callable[[], bool]

    def tried(self, action: Action, seen: Observation) -> Trial:
        """Try an action on a fresh copy; a copy that gives out is no trial."""
        try:
            return self._tried(action, seen)
        except (ActuatorError, SandboxError) as error:
            return Trial(why=f"the copy gave out: {error}")

    def _tried(self, action: Action, seen: Observation) -> Trial:
        clone, office, warden = self.browser.clone(), PermitOffice(), Capturing(self.clean)
        (width, height), scale = clone.size, clone.scale
        config = BrowserConfig(executable=self.executable, width=width, height=height, scale=scale)
        with Browser.open(config, office, self.secrets, warden) as copy:
            left_out = copy.resemble(clone)
            shown = Watch(copy.observe).settled()
            where = seen.surface
            alike = replace(shown.surface, kind=where.kind, name=where.name, owned=where.owned)
            if change := screen_change(action, seen, replace(shown, surface=alike)):
                return Trial(why=f"the copy is not alike: {change}")
            before = copy.storage()
            warden.thorough = True
            outcome = self._performed(copy, office, action, shown)
            screen = Watch(copy.observe).settled().fingerprint
            why = [] if outcome.kind == "done" else [f"on the copy: {outcome.reason}"]
            why += [f"not copied: {text}" for text in left_out]
            try:
                stored = storage_consequences(before.entries, copy.storage().entries)
            except ObservationFailed as error:
                stored, why = (), [*why, f"what would be kept: {error}"]
        sent = tuple(one.request for one in warden.caught)
        return Trial(Consequences(found=(*sent, *stored), screen=screen), "; ".join(why))

    def _performed(
        self, copy: Browser, office: PermitOffice, action: Action, shown: Observation
    ) -> Outcome:
        """Let the action through a gate of the copy's own, where nobody needs to be asked."""
        with (
            tempfile.TemporaryDirectory(prefix="handrail-trial-") as scratch,
            Journal.create(Path(scratch) / "journal.jsonl", "trial", clean=self.clean) as journal,
        ):
            gate = Gate(copy, office, _GRANTED, journal, Trying(), self.stopped)
            return gate.submit(action, shown, "")
