"""The tabs of a browser, the newest in front, and the questions they have asked."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable

from playwright.async_api import BrowserContext, CDPSession, Dialog, Download, FileChooser, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_files import Downloads
from handrail.actuators.browser_question import Question, dialog_question, file_question
from handrail.actuators.errors import EnvironmentMissing

MOST_TABS = 40
"""A page may open as many as it likes, and each takes memory until the machine has none."""


class Tabs:
    """Follow a context's tabs, dialogs, file choosers and downloads.

    ``asked`` is set while a question waits; ``questions_seen`` only grows. Tabs past ``most`` are
    closed as soon as they open, and a notice tells it.
    """

    def __init__(
        self, context: BrowserContext, downloads: Downloads, most: float = math.inf
    ) -> None:
        self.asked = asyncio.Event()
        self.questions_seen = 0
        self._context, self._downloads = context, downloads
        self._most = most
        self._closing: set[asyncio.Task[None]] = set()
        self._pages: list[Page] = []
        self._aside: list[Page] | None = None  # tabs that come while one of our own is opened
        self._crashed: set[Page] = set()
        self._questions: list[Question] = []
        self._sessions: dict[Page, CDPSession] = {}
        context.on("dialog", self._on_dialog)
        context.on("page", self._on_page)
        for page in context.pages:
            self._on_page(page)

    async def start(self) -> None:
        """Open a first tab where there is none."""
        if not self._pages:
            await self._context.new_page()

    @property
    def front(self) -> Page:
        """Return the tab in front. Raises EnvironmentMissing when the last one has closed."""
        if not self._pages:
            raise EnvironmentMissing("the browser's last tab has closed: there is nothing to see")
        return self._pages[-1]

    @property
    def count(self) -> int:
        """Return how many tabs are open."""
        return len(self._pages)

    @property
    def question(self) -> Question | None:
        """Return the question to answer first, if any waits."""
        return self._questions[0] if self._questions else None

    def has_crashed(self, page: Page) -> bool:
        """Tell whether the tab's page process has crashed."""
        return page in self._crashed

    def settled(self, question: Question) -> None:
        """Forget a question that has been answered."""
        self._drop(lambda other: other is question)

    def turn(self, step: int) -> Page:
        """Bring another tab to the front: the next (1) or the one before (-1) in the row."""
        if step < 0:
            self._pages.insert(0, self._pages.pop())
        else:
            self._pages.append(self._pages.pop(0))
        return self._pages[-1]

    @contextlib.asynccontextmanager
    async def unseen(self) -> AsyncIterator[Page]:
        """Lend a tab that never counts as one of them, and close it. Raises playwright's Error."""
        came = self._aside = []
        mine: Page | None = None
        try:
            mine = await self._context.new_page()
        finally:
            self._aside = None
            for other in came:
                if other is not mine:
                    self._on_page(other)
        try:
            yield mine
        finally:
            await _close(mine)

    async def session(self, page: Page) -> CDPSession:
        """Return the tab's DevTools session, opened once."""
        if page not in self._sessions:
            self._sessions[page] = await self._context.new_cdp_session(page)
        return self._sessions[page]

    async def title(self, page: Page) -> str:
        """Return the tab's title; the browser answers even while the page stands still."""
        if page not in self._sessions and self.question is not None:
            return ""
        info = await (await self.session(page)).send("Target.getTargetInfo")
        return str(info["targetInfo"]["title"])

    def _on_page(self, page: Page) -> None:
        if page in self._pages:
            return
        if self._aside is not None:
            self._aside.append(page)
            return
        page.on("close", self._on_close)  # of a refused tab too: it may have asked something
        if len(self._pages) >= self._most:
            self._refuse(page)
            return
        self._pages.append(page)
        page.on("crash", self._on_crash)
        page.on("filechooser", self._on_chooser)
        page.on("download", self._on_download)

    def _refuse(self, page: Page) -> None:
        task = asyncio.get_running_loop().create_task(_close(page))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        notice = f"New tabs were closed at once: {self._most} are open already"
        if notice not in self._downloads.notices:
            self._downloads.notices.append(notice)

    def _on_close(self, page: Page) -> None:
        if page in self._pages:
            self._pages.remove(page)
        self._sessions.pop(page, None)
        self._drop(lambda question: question.page is page)

    def _on_crash(self, page: Page) -> None:
        self._crashed.add(page)
        self._drop(lambda question: question.page is page)

    def _on_dialog(self, dialog: Dialog) -> None:
        self._ask(dialog_question(dialog, dialog.page or self.front))

    def _on_chooser(self, chooser: FileChooser) -> None:
        self._ask(file_question(chooser))

    def _on_download(self, download: Download) -> None:
        self._downloads.started(download)

    def _ask(self, question: Question) -> None:
        self._questions.append(question)
        self.questions_seen += 1
        self.asked.set()

    def _drop(self, which: Callable[[Question], bool]) -> None:
        self._questions = [question for question in self._questions if not which(question)]
        if not self._questions:
            self.asked.clear()


async def _close(page: Page) -> None:
    with contextlib.suppress(PlaywrightError):  # it closed by itself, or the browser did
        await page.close()
