"""A browser of our own in the state of another, as a target of a run: nothing that it would send
goes out.

It starts from a storage state, a copy of a profile, or a copy of what a running browser shows and
keeps. What is fetched (GET) is fetched: the pages are the real ones.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_clone import Clone
from handrail.actuators.browser_storage import Storage
from handrail.actuators.browser_words import without_user
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.agent.cassette import UpTo
from handrail.agent.proposer import Proposer
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.rehearsal.captured import Capturing
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.plan import Opening, Plan, plan_of
from handrail.sandbox.rehearsal.points import Reached, nowhere
from handrail.sandbox.rehearsal.stored import storage_consequences
from handrail.tasks.rehearsal_course import Course
from handrail.tasks.rehearsal_scratch import fresh_scratch
from handrail.tasks.runs import RunFolder

_FETCHED = (
    "the servers: pages are fetched (GET) from them as ever, and what they do on that is real"
)
_MEMORY = "what the pages' scripts hold in memory"
_LOCKS = ("SingletonLock", "SingletonSocket", "SingletonCookie")


@dataclass
class CopyOfBrowser:
    """A target that is a copy; it is opened once. ``volatile``: see ``plan.py``.

    ``held=False`` lets everything go out: only for suites that must then fail. ``reached`` is told
    every point, for tests that interrupt it.
    """

    url: str | None
    config: BrowserConfig = field(default_factory=BrowserConfig)
    volatile: Sequence[str] = ()
    held: bool = True
    reached: Reached = nowhere
    left_out: tuple[str, ...] = ()
    warden: Capturing = field(default_factory=Capturing)
    _ends: tuple[Storage, Storage] | None = None
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
        """Open the copy at its address, or where the copied browser is; nobody's yes lets it send.

        The ``warden`` of the run is not asked.
        """
        self._course = course = Course(downloads.parent, "browser", self.reached)
        with ExitStack() as stack:
            course.keep(course.record, "begun")
            config, clone = self._source(stack, course, verifier)
            self.reached("source copied")
            opening = Browser.open(config, verifier, secrets, self.warden if self.held else None)
            browser = stack.enter_context(opening)
            self.reached("browser opened")
            if clone is not None:
                self.left_out = browser.resemble(clone)
            if self.url is not None:
                browser.goto(self.url)
            before = browser.storage()
            self.reached("page shown")
            yield browser
            self._screen = browser.observe().fingerprint
            self._ends = before, self._storage(browser, before)
            self.reached("end seen")
        self.reached("copy closed")

    def _storage(self, browser: Browser, before: Storage) -> Storage:
        try:
            return browser.storage()
        except ObservationFailed as error:
            self.left_out += (f"what it would keep: {error}",)
            return before

    def bounded(self, proposer: Proposer) -> Proposer:
        """End the rehearsal where a page is about to be left for an answer that never comes."""
        return UpTo(proposer, self._over)

    def _over(self) -> str:
        if not self.warden.left:
            return ""
        last = next(one.request for one in self.warden.caught if one.leaves)
        return f"rehearsed up to {last.method} {last.url} being sent: what follows is not known"

    def found(self, folder: RunFolder) -> Consequences:
        """Tell what would have been sent and what was kept, and keep the record of it."""
        if self._ends is None or self._course is None:
            raise RehearsalError("the copy of the browser gave out: what it would do is not known")
        before, after = self._ends
        requests = tuple(one.request for one in self.warden.caught)
        stored = storage_consequences(before.entries, after.entries)
        consequences = Consequences(found=(*requests, *stored), screen=self._screen)
        memory = [_MEMORY] * (self.config.attach is not None)
        told = {
            "consequences": consequences,
            "plan": self._plan(folder).model_dump(mode="json"),
            "left_out": (_FETCHED, *memory, *self.left_out),
        }
        self.reached("told")
        self._course.ended(self._course.record.model_copy(update=told))
        return consequences

    def gave_up(self, reason: str) -> None:
        """Leave a record that there is nothing to commit."""
        if self._course is not None and not self._course.over:
            self._course.failed(reason)

    def described(self) -> str:
        """Return what is copied, and the address without a user's name and password in it."""
        source = self.config.attach or str(self.config.profile_dir or "a new browser")
        return f"a copy of {without_user(source)}: {without_user(self.url or '')}".removesuffix(
            ": "
        )

    def _plan(self, folder: RunFolder) -> Plan:
        config = self.config
        opening = Opening(
            url=self.url or "",
            storage_state=str(config.storage_state or ""),
            profile_dir=str(config.profile_dir or ""),
            attach=config.attach or "",
            browser=str(config.executable or ""),
            headed=not config.headless,
            width=config.width,
            height=config.height,
            scale=config.scale,
        )
        entries = read_journal(folder.journal).entries
        plan = plan_of(opening, entries, self.warden.caught, self.volatile)
        places = (opening.url, opening.attach)
        if any(without_user(place) != place for place in places):
            words = "an address holds a password, which is not written down"
            return plan.model_copy(
                update={"problem": words, "opening": Opening(url=without_user(opening.url))}
            )
        return plan

    def _source(
        self, stack: ExitStack, course: Course, verifier: PermitVerifier
    ) -> tuple[BrowserConfig, Clone | None]:
        """Return how the copy is opened, and what it is to resemble then."""
        config = self.config
        if config.attach is not None:
            with Browser.open(config, verifier) as running:
                clone = running.clone()
            (width, height), scale = clone.size, clone.scale
            return BrowserConfig(width=width, height=height, scale=scale), clone
        if config.profile_dir is None:
            return config, None
        scratch = fresh_scratch(Path(tempfile.gettempdir()))
        course.keeps_in(scratch)
        try:
            scratch.mkdir(mode=0o700)
        except OSError as error:
            raise RehearsalError(f"cannot make {scratch}: {error.strerror}") from error
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        return replace(config, profile_dir=copied_profile(config.profile_dir, scratch)), None


def copied_profile(profile: Path, scratch: Path) -> Path:
    """Return a copy of a browser's profile, without its caches. Raises EnvironmentMissing."""
    if (profile / _LOCKS[0]).is_symlink():
        raise EnvironmentMissing(
            f"the profile {str(profile)!r} is in use: close its browser, or attach to it"
        )
    copy = scratch / "profile"
    ignored = shutil.ignore_patterns("*Cache*", *_LOCKS)
    try:
        if profile.exists():
            shutil.copytree(profile, copy, symlinks=True, ignore=ignored)
    except (OSError, shutil.Error) as error:
        raise EnvironmentMissing(
            f"the profile {str(profile)!r} cannot be copied: {error}"
        ) from error
    return copy
