"""Boxes from the DOM: only what can be seen, met by a click and told apart by name is a target."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from handrail.actuators.browser_config import find_chromium
from handrail.actuators.geometry import Box
from handrail.tasks.errors import PackagesMissing
from handrail.tasks.suites.web_packages import install, node_pages
from handrail.tasks.suites.web_shots import hints_of
from handrail.tasks.suites.web_targets import CHROMIUM_FLAGS, controls, drawn, usable

HTML = """<!doctype html><style>
 * { position: absolute; margin: 0; padding: 0; box-sizing: border-box }
 i::before { content: "\\f007"; position: static }
</style><body>
<button style="left: 10px; top: 10px; width: 80px; height: 30px"><i></i> Plain</button>
<button style="left: 10px; top: 60px; width: 80px; height: 30px">Covered</button>
<div style="left: 0; top: 50px; width: 200px; height: 50px; background: white"></div>
<button style="left: 10px; top: 110px; visibility: hidden">Hidden</button>
<button style="left: 10px; top: 140px; width: 6px; height: 30px;
 border: 0" aria-label="Tiny"></button>
<button style="left: 10px; top: 170px; width: 80px; height: 30px">Twice</button>
<a href="#" style="left: 10px; top: 1900px">twice</a>
<a href="#" style="left: 200px; top: 900px">Below</a>
<a href="#" style="left: 200px; top: 10px" aria-label="Wordless">x</a>
<a href="#" style="left: 200px; top: 40px">Caf&eacute;</a>
<a href="#" style="left: 200px; top: 70px">A name that is much too long to say</a>
<label for="f" style="left: 200px; top: 110px">Town</label>
<input id="f" style="left: 300px; top: 110px; width: 100px; height: 30px">
<label style="left: 200px; top: 160px; width: 150px; height: 20px">
<input type="checkbox" style="left: 0; top: 0; width: 15px; height: 15px">Tick here</label>
<div role="tab" style="left: 200px; top: 200px; width: 60px; height: 20px">Sheet</div>
<p style="left: 200px; top: 240px">Plain words</p>
"""


@pytest.fixture(scope="module")
def page(browser_program: Path | None) -> Iterator[Page]:
    executable = find_chromium(browser_program)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--disable-gpu", *CHROMIUM_FLAGS]
        )
        yield browser.new_page(viewport={"width": 640, "height": 480})
        browser.close()


def test_targets_are_seen_named_and_told_apart(page: Page) -> None:
    page.set_content(HTML)
    found = {target.name: target for target in usable(controls(page), 640, 480)}
    assert set(found) == {"Plain", "Wordless", "Town", "Tick here", "Sheet"}
    assert found["Plain"].box == (10, 10, 90, 40)
    assert found["Town"].box == (300, 110, 400, 140)
    assert found["Tick here"].box == (200, 160, 350, 180)
    roles = {name: target.role for name, target in found.items()}
    assert roles == {
        "Plain": "button", "Wordless": "link", "Town": "textbox", "Tick here": "checkbox",
        "Sheet": "tab",
    }  # fmt: skip
    assert {name for name, target in found.items() if not target.shown} == {"Wordless"}


def test_hints_are_kept_as_a_run_would_be_told_them(page: Page) -> None:
    page.set_content(HTML)
    told = {(hint.role, hint.name.raw): hint.box for hint in hints_of(page)}
    assert told["button", "Plain"] == Box(left=10, top=10, right=90, bottom=40)
    assert told["textbox", "Town"] == Box(left=300, top=110, right=400, bottom=140)
    assert {("checkbox", "Tick here"), ("tab", "Sheet"), ("link", "Wordless")} <= set(told)
    names = [name for _, name in told]
    assert not {"Covered", "Hidden", "Below", "Plain words"} & set(names)


def test_at_most_so_many_are_drawn_and_the_seed_decides(page: Page) -> None:
    page.set_content(HTML)
    targets = usable(controls(page), 640, 480)
    assert drawn(targets, 9, random.Random(1)) == targets
    few = drawn(targets, 2, random.Random(1))
    assert len(few) == 2
    assert few == drawn(targets, 2, random.Random(1))


def test_pages_have_names_of_their_own() -> None:
    names = [(page.source, page.name) for page in node_pages()]
    assert len(set(names)) == len(names) >= 25


def test_a_machine_without_npm_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagesMissing, match="npm is not installed"):
        install(tmp_path / "cache")
