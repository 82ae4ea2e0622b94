"""A browser and the pages of other people that it is let loose on, with what they leave behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Route

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_launch import Running, launch
from handrail.actuators.browser_loop import LoopThread
from handrail.tasks.browser_stage import STAGE_SECONDS, BrowserStage
from handrail.tasks.sites.files import files_served
from handrail.tasks.suites import web_django
from handrail.tasks.suites.web_django import Admin
from handrail.tasks.suites.web_shots import API_ADDRESS, api_description
from handrail.tasks.unseen import django_admin
from handrail.tasks.unseen.task import UnseenTask

_SERVICE = "/api/"
_QUIET_MS = 500


class UnseenStage(BrowserStage):
    """One browser, signed in to the admin; ``begin`` opens a task's page.

    What a page asks of a service is written down in ``calls`` and answered with an empty object.
    """

    def __init__(self, thread: LoopThread, running: Running, root: str, admin: Admin) -> None:
        super().__init__(thread, running)
        self.calls: list[str] = []
        self.database = admin.database
        self._root, self._admin = root, admin
        # The stock page takes it for another site's, whose service lies there, too.
        described = json.loads(api_description()) | {"servers": [{"url": f"{root}/api"}]}
        self._description = json.dumps(described)

    def begin(self, task: UnseenTask) -> None:
        """Open the task's page as if nobody had been there. Raises EpisodeLost."""
        self.playing = f"{task.source}, {task.kind}"
        self.calls.clear()
        inside = task.source == django_admin.SOURCE
        self.wait(self._begin(f"{self._admin.root if inside else self._root}{task.address}", task))

    async def prepare(self) -> None:
        """Keep every request on this machine, and sign in."""
        context, page = self._running.context, self._running.tabs.front
        script = files("handrail.tasks.unseen").joinpath("page.js").read_text("utf-8")
        await context.add_init_script(script)
        await context.route("**/*", self._decide)
        await page.goto(f"{self._admin.root}/admin/login/?next=/admin/")
        await page.locator("#id_username").fill(self._admin.user)
        await page.locator("#id_password").fill(self._admin.secret)
        await page.locator("[type=submit]").click()
        await page.wait_for_url(f"{self._admin.root}/admin/")

    async def _decide(self, route: Route) -> None:
        request, parts = route.request, urlsplit(route.request.url)
        if request.url == API_ADDRESS:
            await route.fulfill(body=self._description, content_type="application/json")
        elif parts.hostname != "127.0.0.1":
            await route.abort()
        elif parts.path.startswith(_SERVICE):
            asked = parts.path + (f"?{parts.query}" if parts.query else "")
            self.calls.append(f"{request.method} {asked}")
            await route.fulfill(body="{}", content_type="application/json")
        else:
            await route.continue_()

    async def _begin(self, address: str, task: UnseenTask) -> None:
        # A page that was worked may ask whether it is to be left: a tab that is closed cannot.
        before, page = self._running.context.pages, await self._running.context.new_page()
        for old in before:
            await old.close()
        await page.goto(f"{self._root}/package.json")  # a page of the site that keeps nothing
        await page.evaluate("() => localStorage.clear()")
        await page.goto(address, wait_until="load")
        await page.wait_for_timeout(_QUIET_MS)  # the applications build themselves up after that
        for entry in task.entries:
            await page.keyboard.type(entry)
            await page.keyboard.press("Enter")
        await page.mouse.move(0, 0)


@contextmanager
def unseen_stage(packages: Path, browser: Path | None) -> Iterator[UnseenStage]:
    """Serve what ``web_packages.install`` fetched, and open a browser, until the block ends.

    Raises PackagesMissing, EnvironmentMissing.
    """
    config = BrowserConfig(executable=browser)
    with (
        files_served(packages) as root,
        web_django.serving(packages / "python") as admin,
        LoopThread("handrail-unseen") as thread,
    ):
        running = thread.call(launch(config), 2 * STAGE_SECONDS)
        try:
            stage = UnseenStage(thread, running, root, admin)
            stage.wait(stage.prepare())
            yield stage
        finally:
            thread.call(running.close(), STAGE_SECONDS)
