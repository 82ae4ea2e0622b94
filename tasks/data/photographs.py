"""Photograph generated pages in Chromium, with what stands where taken from the DOM."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined, Template
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pydantic import TypeAdapter

from handrail.model.pocket import shots
from handrail.model.pocket.canvas import Element, Rect
from handrail.model.pocket.shots import Labels
from handrail.tasks.data.frameworks import FRAMEWORKS, Framework
from handrail.tasks.data.plan import Planner
from handrail.tasks.suites.web_targets import CHROMIUM_FLAGS

SIZES = ((1280, 800), (1024, 768), (1366, 768), (1440, 900), (1280, 720))
_SCALES = (1.0, 1.0, 1.0, 1.25, 1.5)
_SITE = "http://page.invalid/"
"""No such host exists: everything that a page asks for is answered here or not at all."""
_LABELS = TypeAdapter(Labels)


@dataclass(frozen=True)
class Order:
    """How many pages to photograph, from which number on, with which seed, and where to."""

    count: int
    first: int
    seed: int
    folder: Path


def photograph(packages: Path, browser: Path, order: Order, said: Callable[[str], None]) -> int:
    """Photograph pages; what is there already is left as it is. Return how many are new."""
    made = 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--disable-gpu", *CHROMIUM_FLAGS]
        )
        for number in range(order.first, order.first + order.count):
            name = f"page-{order.seed}-{number:06d}"
            if (order.folder / f"{name}.json").is_file():
                continue
            rng = random.Random(f"pages:{order.seed}:{number}")
            elements = _one(chromium, packages, rng, order.folder, name)
            made += 1
            if made % 50 == 0:
                said(f"{made} pages, {elements} elements on the last")
        chromium.close()
    return made


def _one(browser: Browser, packages: Path, rng: random.Random, folder: Path, name: str) -> int:
    framework, scale = rng.choice(FRAMEWORKS), rng.choice(_SCALES)
    width, height = rng.choice(SIZES)
    html = page_html(framework, rng)
    context = browser.new_context(
        viewport={"width": round(width / scale), "height": round(height / scale)},
        device_scale_factor=scale,
    )
    try:
        context.route("**/*", lambda route: _answer(route, html, packages))
        page = context.new_page()
        page.goto(_SITE, wait_until="load")
        if rng.random() < 0.3:
            page.evaluate("share => scrollTo(0, share * document.body.scrollHeight)", rng.random())
        labels = scaled(_read(page), scale)
        picture = Image.open(BytesIO(page.screenshot(caret="hide", animations="disabled")))
        shots.write(folder, name, picture, labels)
    finally:
        context.close()
    return len(labels.elements)


def page_html(framework: Framework, rng: random.Random) -> str:
    """Return a page with fresh content in a framework's classes."""
    return _template().render(
        page=Planner(rng).page(), classes=framework.classes, sheet=f"/{framework.address}"
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    text = files("handrail.tasks.data").joinpath("page.html.jinja").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


def _answer(route: Route, html: str, packages: Path) -> None:
    """Answer from this page and the style sheets' packages alone; nothing leaves the machine."""
    path = urlsplit(route.request.url).path
    if not route.request.url.startswith(_SITE):
        route.abort()
    elif path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif (file := packages / path.lstrip("/")).resolve().is_relative_to(
        packages
    ) and file.is_file():
        route.fulfill(path=file)
    else:
        route.abort()


def label_script() -> str:
    """Return the script that says what stands on a page, in CSS pixels: see ``Labels``."""
    return files("handrail.tasks.data").joinpath("page_labels.js").read_text("utf-8")


def _read(page: Page) -> Labels:
    return _LABELS.validate_python(page.evaluate(label_script()))


def scaled(labels: Labels, scale: float) -> Labels:
    """Return labels of CSS pixels in those of a display that has ``scale`` pixels for each."""

    def box(given: Rect) -> Rect:
        return given[0] * scale, given[1] * scale, given[2] * scale, given[3] * scale

    def grown(element: Element) -> Element:
        x, y = element.point
        text = box(element.text_box)
        return replace(element, box=box(element.box), text_box=text, point=(x * scale, y * scale))

    return Labels(
        [grown(e) for e in labels.elements],
        [
            replace(
                r,
                box=box(r.box),
                centres=tuple(x * scale for x in r.centres),
                middle=r.middle * scale,
                size=r.size * scale,
            )
            for r in labels.runs
        ],
        [grown(e) for e in labels.partly],
    )
