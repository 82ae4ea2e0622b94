"""The bundled site in a real Chromium: what is done on a page is what Python reads of it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from handrail.actuators.browser_config import find_chromium
from handrail.tasks.sites.forms import form_task
from handrail.tasks.sites.goals import PageGoal, settings_goal, signin_goal
from handrail.tasks.sites.server import Site


@pytest.fixture(scope="module")
def page(browser_program: Path | None) -> Iterator[Page]:
    executable = find_chromium(browser_program)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as opened:
        yield opened


def _do(page: Page, site: Site, goal: PageGoal) -> None:
    for clause in goal.clauses:
        name, key = goal.plan.name, clause.control.key
        page.wait_for_load_state()
        page.wait_for_selector(f'[data-key="{key}"]', state="visible")
        page.wait_for_function("window.reports === 0")
        left, top, right, bottom = site.boxes(name)[key]
        page.mouse.click((left + right) / 2, (top + bottom) / 2)
        if clause.verb == "type":
            page.keyboard.type(clause.text)


@pytest.mark.parametrize("make", [signin_goal, settings_goal, form_task])
@pytest.mark.parametrize("seed", [1, 2, 8])
def test_doing_what_the_goal_says_reaches_it(
    page: Page, site: Site, make: Callable[[int], PageGoal], seed: int
) -> None:
    goal = make(seed)
    page.goto(site.add(goal))
    assert site.problems(goal, 0.0)
    _do(page, site, goal)
    assert site.problems(goal, 20.0) == ()


@pytest.mark.parametrize("make", [signin_goal, settings_goal, form_task])
def test_pages_fit_the_viewport_and_show_a_dozen_controls(
    page: Page, site: Site, make: Callable[[int], PageGoal]
) -> None:
    for seed in range(6):
        goal = make(seed)
        page.goto(site.add(goal))
        page.wait_for_function("window.reports === 0")
        boxes = site.boxes(goal.plan.name)
        assert len(boxes) >= 12
        assert all(
            0 <= x1 < x2 <= 1280 and 0 <= y1 < y2 <= 800 for x1, y1, x2, y2 in boxes.values()
        )
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        assert page.evaluate(size) == [1280, 800]


def test_the_right_secret_opens_the_settings_and_a_wrong_one_does_not(
    page: Page, site: Site
) -> None:
    goal = signin_goal(5)
    following = site.add(settings_goal(5))
    address = site.add(goal, leads_to="settings", locked=True)
    page.goto(address)
    page.locator("input[type=text]").fill("nobody")
    page.locator("button[type=submit]").click()
    page.wait_for_selector("[role=status]")
    assert page.url == address
    assert site.state("signin").submitted == ()
    expect(page.locator("input[type=text]")).to_have_value("")
    for key, value in goal.wanted.fields.items():
        page.locator(f"#{key}").fill(value)
    page.locator("button[type=submit]").click()
    page.wait_for_url(following)
    assert site.state("signin").submitted == ("submit",)


def test_a_late_report_does_not_bring_back_what_was_posted(site: Site) -> None:
    goal = signin_goal(5)
    site.add(goal, locked=True)
    name = goal.plan.name
    wrong = dict.fromkeys(goal.wanted.fields, "nobody")

    def report(moment: float, load: float, fields: dict[str, str], pressed: list[str]) -> bytes:
        told = {"moment": moment, "load": load, "fields": fields, "pressed": pressed}
        return json.dumps({**told, "checks": {}, "boxes": {}, "tab": "", "menu": ""}).encode()

    site.reported(name, report(10.0, 1.0, wrong, []))
    site.submitted(name, wrong)
    site.reported(name, report(11.0, 1.0, wrong, ["link1"]))
    assert set(site.state(name).fields.values()) == {""}
    assert site.state(name).pressed == ("link1",)
    again = dict.fromkeys(wrong, "once more")
    site.reported(name, report(20.0, 19.0, again, []))
    assert site.state(name).fields == again
    assert site.state(name).pressed == ("link1",)


def test_other_clicks_are_seen(page: Page, site: Site) -> None:
    goal = settings_goal(4)
    page.goto(site.add(goal))
    page.locator("[data-kind=link]").first.click()
    page.locator("[data-kind=menu]").nth(1).click()
    page.locator("input[type=checkbox]").first.click()
    text = "\n".join(site.problems(goal, 0.5))
    assert "what was pressed is ('link1',), wanted ()" in text
    assert "the menu entry is 'menu2', wanted 'menu1'" in text


def test_addresses_without_the_token_and_broken_reports_are_refused(site: Site) -> None:
    address = site.add(settings_goal(1))
    host = address.rsplit("/", 2)[0]
    for path in ("/", "/settings", "/x/settings", "/favicon.ico"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(host + path)
    before = site.state("settings")
    for body in (b"", b"{}", b"\xff", b'{"tab": 1}'):
        request = urllib.request.Request(f"{address}/state", body, method="PUT")
        with pytest.raises(urllib.error.HTTPError, match="400") as caught:
            urllib.request.urlopen(request)
        caught.value.close()
    assert site.state("settings") == before
