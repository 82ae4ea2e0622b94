"""A Chromium browser as a screen: pixels out, permitted mouse and keyboard events in.

What the browser's own shell would show outside the page is brought into the picture: dialogs and
file choosers are drawn over the page and answered there, the newest tab is the one in front, and
``ctrl+w``, ``ctrl+tab``, ``f5``, ``alt+left`` and ``alt+right`` do what they do in a window.
"""

import contextlib
import time
from collections.abc import Collection, Coroutine
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError

from handrail.actuators.actions import Action, Type, Wait
from handrail.actuators.base import Permit, PermitVerifier, Receipt, SecretResolver
from handrail.actuators.browser_answers import Answer
from handrail.actuators.browser_clone import Clone, put_clone, read_clone
from handrail.actuators.browser_config import BrowserConfig, find_chromium
from handrail.actuators.browser_hearing import Hearing
from handrail.actuators.browser_launch import Running, launch
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.browser_session import Session
from handrail.actuators.browser_storage import Storage, read_storage
from handrail.actuators.browser_storing import Changes, visit, write_storage
from handrail.actuators.browser_words import why, without_user
from handrail.actuators.errors import (
    ActionInDoubt,
    EnvironmentMissing,
    ObservationFailed,
    Unreachable,
)
from handrail.actuators.geometry import Point
from handrail.actuators.held import RequestWarden
from handrail.actuators.observation import Element, Hint, Observation
from handrail.actuators.primitives import Safeguards
from handrail.actuators.reading import Reading
from handrail.actuators.secret import NoSecrets, discreetly, secret_names

__all__ = ["Browser", "BrowserConfig", "find_chromium"]

_SCHEMES = ("http", "https", "file", "data")
_T = TypeVar("_T")
_STORAGE_SECONDS = 20.0
_SILENT = "the browser did not answer: close it and start again"
_CALL_SECONDS = 120.0  # beyond every time limit inside: only a dead event loop reaches it


class Browser:
    """Drive one browser. Calls may come from any thread, one at a time.

    ``Browser.open`` makes one; it is an ``Actuator`` and a context manager. ``safeguards`` may be
    put in place of the usual ones. With a ``warden`` no request that is not safe is sent before it
    has decided; without one, requests are nobody's concern.
    """

    def __init__(
        self,
        thread: LoopThread,
        running: Running,
        verifier: PermitVerifier,
        secrets: SecretResolver | None = None,
        warden: RequestWarden | None = None,
    ) -> None:
        self._thread, self._running, self._verifier = thread, running, verifier
        self._hearing: Hearing | None = None
        if warden is not None and running.hold is not None:
            self._hearing = Hearing(thread, running.hold, warden)
        self._secrets = NoSecrets() if secrets is None else secrets
        self._session = Session(running, self._secrets)
        self._closed = False
        self._visited: set[str] = set()  # origins that the context tells of from now on
        self.safeguards = Safeguards()

    @classmethod
    def open(
        cls,
        config: BrowserConfig,
        verifier: PermitVerifier,
        secrets: SecretResolver | None = None,
        warden: RequestWarden | None = None,
    ) -> Self:
        """Start or join a browser. Raises EnvironmentMissing."""
        thread = LoopThread("handrail-browser")
        try:
            running = thread.call(launch(config, warden), timeout=_CALL_SECONDS)
        except TimeoutError as error:
            thread.close()
            raise EnvironmentMissing(f"the browser did not start: {_SILENT}") from error
        except BaseException:
            thread.close()
            raise
        return cls(thread, running, verifier, secrets, warden)

    def goto(self, url: str) -> None:
        """Open the run's start address: http, https, file, data, or about:blank.

        The address is the user's own; ``javascript:`` and the browser's internal pages are refused.
        Returns when the page's document is there. Raises Unreachable, EnvironmentMissing.
        """
        self._check_open()
        if url != "about:blank" and _scheme(url) not in _SCHEMES:
            raise Unreachable(
                f"{without_user(url)[:200]!a} is not an address that can be opened: start it with "
                "https://, http:// or file:///"
            )
        try:
            self._call(self._session.goto(url), _CALL_SECONDS)
        except TimeoutError as error:
            raise Unreachable(f"{without_user(url)[:200]} cannot be opened: {_SILENT}") from error

    def observe(self) -> Observation:
        """Look at the tab in front now. Raises ObservationFailed, EnvironmentMissing."""
        self._check_open()
        if self._hearing is not None:
            self._hearing.settle()  # before the look: a page that waits may not be seen
        return self._seen(self._session.observe())

    def hit_test(self, point: Point) -> Element | None:
        """Return what a click on this pixel of the last observation would act on.

        Raises ObservationFailed, EnvironmentMissing.
        """
        self._check_open()
        return self._seen(self._session.hit_test(point))

    def focused(self) -> Element | None:
        """Return what the keys would go to, or None where that cannot be told.

        Raises ObservationFailed, EnvironmentMissing.
        """
        self._check_open()
        return self._seen(self._session.focused())

    def read(self) -> Reading:
        """Read the page in front as a whole. Raises ObservationFailed, EnvironmentMissing."""
        self._check_open()
        return self._seen(self._session.read())

    def hints(self) -> tuple[Hint, ...]:
        """Return the named controls that show, none while a dialog is open or for frames.

        Raises ObservationFailed, EnvironmentMissing.
        """
        self._check_open()
        return self._seen(self._session.hints())

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Return what became of the requests that a warden let go, so far."""
        told = self._running.answers
        return () if told is None else tuple(told.told)

    @property
    def asking(self) -> bool:
        """Tell whether a dialog is open, while which the pages stand still."""
        return self._running.tabs.question is not None

    def storage(self, origins: Collection[str] = ()) -> Storage:
        """Read what the browser keeps of the pages that were visited, and of these origins.

        Raises ObservationFailed, EnvironmentMissing.
        """
        self._check_open()
        if self.asking:
            raise ObservationFailed("a dialog is open: the pages' storage cannot be read")
        running = self._running
        try:
            if fresh := set(origins) - self._visited:
                visiting = visit(running.context, running.tabs, fresh)
                self._call(visiting, _STORAGE_SECONDS)
                self._visited |= fresh
            return self._call(read_storage(running.context), _STORAGE_SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            raise ObservationFailed(f"the storage cannot be read: {why(error)}") from error

    def clone(self) -> Clone:
        """Read what the browser shows and keeps. Raises ObservationFailed, EnvironmentMissing."""
        self._check_open()
        if self._running.tabs.question is not None:
            raise ObservationFailed("a dialog is open: what is behind it cannot be read")
        reading = read_clone(self._running.context, self._running.tabs)
        try:
            return self._call(reading, _STORAGE_SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            raise ObservationFailed(f"the browser cannot be copied: {why(error)}") from error

    def resemble(self, clone: Clone) -> tuple[str, ...]:
        """Make a browser that was just opened like another; return what could not be made so.

        Raises Unreachable, EnvironmentMissing.
        """
        self._check_open()
        putting = put_clone(self._running.context, self._running.tabs, clone)
        try:
            return self._call(putting, _CALL_SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            raise Unreachable(f"the browser's copy cannot be made: {why(error)}") from error

    def put_storage(self, now: Storage, changes: Changes) -> None:
        """Make entries of the storage what they are to become; ``now`` is what was just read.

        Raises ActionRefused (nothing was written), ActionInDoubt, EnvironmentMissing.
        """
        self._check_open()
        running = self._running
        writing = write_storage(running.context, running.tabs, now, changes)
        try:
            self._call(writing, _STORAGE_SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            message = f"some of the storage may not be as it was: {why(error)}"
            raise ActionInDoubt(message) from error

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Redeem the permit, then do the action on the tab or dialog that was last observed.

        Raises PermitRefused, EnvironmentMissing, ActionRefused, ActionStopped, ActionInDoubt.
        """
        self._check_open()
        self._verifier.redeem(permit, action)
        started = time.monotonic()
        extra = action.seconds if isinstance(action, Wait) else 0.0
        extra += 0.05 * len(action.text) if isinstance(action, Type) else 0.0
        typing = isinstance(action, Type) and bool(secret_names(action.text))
        note = discreetly(lambda: self._act(action, extra), self._secrets.censor, typing)
        return Receipt(time.monotonic() - started, note)

    def _act(self, action: Action, extra: float) -> str:
        try:
            acting = self._session.act(action, self.safeguards)
            return self._call(acting, _CALL_SECONDS + extra)
        except TimeoutError as error:
            raise ActionInDoubt("the browser did not answer during the input: look") from error

    def close(self) -> None:
        """End a browser of our own, or let go of an attached one; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        try:
            self._thread.call(self._running.close(), _CALL_SECONDS)
        except TimeoutError:
            pass  # it does not answer; its driver ends with this process
        finally:
            with contextlib.suppress(TimeoutError):
                self._thread.close()

    def _seen(self, look: Coroutine[object, object, _T]) -> _T:
        return discreetly(lambda: self._looked(look), self._secrets.censor, typing=False)

    def _looked(self, look: Coroutine[object, object, _T]) -> _T:
        try:
            return self._call(look, _CALL_SECONDS)
        except TimeoutError as error:
            raise ObservationFailed(_SILENT) from error

    def _call(self, work: Coroutine[object, object, _T], seconds: float) -> _T:
        """Wait for the browser; what it would send is decided meanwhile."""
        if self._hearing is None:
            return self._thread.call(work, seconds)
        return self._hearing.call(work, seconds)

    def _check_open(self) -> None:
        if self._closed:
            raise EnvironmentMissing("this browser has been closed: open another")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""
