"""Photograph pages in Chromium and write down where their named controls are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from handrail.actuators.browser_hints import Inquiry
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Hint
from handrail.tasks.hint_files import write_hints
from handrail.tasks.sites.files import files_served
from handrail.tasks.suites import web_django
from handrail.tasks.suites.lines import Seen, lines_of
from handrail.tasks.suites.web_packages import WebPage, node_pages
from handrail.tasks.suites.web_targets import CHROMIUM_FLAGS, controls, usable, whole

WIDTH, HEIGHT = 1280, 800
ROWS = "rows-2.jsonl"
"""The suite's second form: also by relation, and what is not there."""
API_ADDRESS = "https://petstore.swagger.io/v2/swagger.json"
"""The stock page of swagger-ui-dist asks for this description; ours stands in for it."""
_STILL_TRIES = 60


@dataclass(frozen=True)
class Choice:
    """Which targets to take: the seed, how many of one page at most, and the browser."""

    seed: int
    most_per_page: int
    browser: Path


def collect(cache: Path, out: Path, choice: Choice, said: Callable[[str], None]) -> Path:
    """Photograph every page of the suite and return the file of rows. Raises TaskError."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    pages: list[Seen] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=choice.browser, args=["--disable-gpu", *CHROMIUM_FLAGS]
        )
        with files_served(cache) as root:
            for web_page in node_pages():
                with _opened(browser) as page:
                    pages.append(_photographed(page, root, web_page, out))
                said(f"{web_page.source} {web_page.name}: {len(pages[-1].targets)} controls")
        with web_django.serving(cache / "python") as admin, _opened(browser) as page:
            _sign_in(page, admin)
            for web_page in web_django.pages():
                pages.append(_photographed(page, admin.root, web_page, out))
                said(f"{web_page.source} {web_page.name}: {len(pages[-1].targets)} controls")
        browser.close()
    file = out / ROWS
    lines = lines_of(pages, choice.seed, choice.most_per_page)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


@contextmanager
def _opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    _keep_inside(context)
    try:
        yield context.new_page()
    finally:
        context.close()


def api_description() -> str:
    """Return the description of a service that swagger-ui shows, as JSON."""
    return files("handrail.tasks.suites").joinpath("web_api.json").read_text("utf-8")


def _keep_inside(context: BrowserContext) -> None:
    """Let no request leave the machine."""
    description = api_description()

    def decide(route: Route) -> None:
        if route.request.url == API_ADDRESS:
            route.fulfill(body=description, content_type="application/json")
        elif urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()

    context.route("**/*", decide)


def _sign_in(page: Page, admin: web_django.Admin) -> None:
    page.goto(f"{admin.root}/admin/login/?next=/admin/")
    page.locator("#id_username").fill(admin.user)
    page.locator("#id_password").fill(admin.secret)
    page.locator("[type=submit]").click()
    page.wait_for_url(f"{admin.root}/admin/")


def _photographed(page: Page, root: str, web_page: WebPage, out: Path) -> Seen:
    page.goto(f"{root}/{web_page.path.lstrip('/')}", wait_until="load")
    for entry in web_page.entries:
        page.keyboard.type(entry)
        page.keyboard.press("Enter")
    picture = _still(page)
    found = controls(page)
    image = f"images/{web_page.source}-{web_page.name}.png"
    (out / image).write_bytes(picture)
    write_hints(out / image, hints_of(page))
    words = str(page.evaluate("() => document.body.innerText"))
    return Seen(
        web_page.source,
        web_page.name,
        image,
        usable(found, WIDTH, HEIGHT),
        tuple(t for t in found if whole(t, WIDTH, HEIGHT)),
        " ".join([words, *(target.name for target in found)]),
    )


def hints_of(page: Page) -> tuple[Hint, ...]:
    """Return what a run would be told of the page where hints are allowed."""
    session = page.context.new_cdp_session(page)
    inquiry = Inquiry(ScreenGeometry(width=WIDTH, height=HEIGHT))
    while inquiry.asks is not None:
        try:
            inquiry.take(session.send(*inquiry.asks))
        except PlaywrightError as error:
            inquiry.fail(error)
    session.detach()
    return inquiry.found


def _still(page: Page) -> bytes:
    """Return a screenshot that equals the one before it; after many tries the last as it is."""
    before = b""
    for _ in range(_STILL_TRIES):
        picture = page.screenshot(caret="hide", animations="disabled")
        if picture == before:
            break
        before = picture
        page.wait_for_timeout(250)
    return picture
