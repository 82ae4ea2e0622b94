"""Training pages: generated in many frameworks' classes, labelled by what the browser drew."""

import os
import random
from pathlib import Path

import numpy as np
import pytest

from handrail.actuators.browser_config import find_chromium
from handrail.model.pocket import shots
from handrail.model.pocket.canvas import Rect
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.data.frameworks import FRAMEWORKS, Framework
from handrail.tasks.data.photographs import Order, page_html, photograph, scaled
from handrail.tasks.suites.web_packages import NPM_PACKAGES


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photograph nine pages; without the style sheets they are plain HTML."""
    folder = tmp_path_factory.mktemp("pages")
    browser = find_chromium(chosen_browser(None, os.environ))
    assert photograph(folder / "none", browser, Order(9, 0, 5, folder), print) == 9
    assert photograph(folder / "none", browser, Order(9, 0, 5, folder), print) == 0
    return folder


def test_no_source_of_training_is_a_source_of_the_examination() -> None:
    examined = {package.rpartition("@")[0] for package in NPM_PACKAGES}
    assert len({f.name for f in FRAMEWORKS}) == len(FRAMEWORKS) >= 15
    assert not examined & {f.name for f in FRAMEWORKS}


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_one_seed_makes_one_page_in_any_framework(framework: Framework) -> None:
    first, again, other = (page_html(framework, random.Random(s)) for s in (1, 1, 2))
    assert first == again != other
    assert "Undefined" not in first
    assert framework.address in first


def test_labels_lie_where_the_browser_drew_them(pages: Path) -> None:
    kinds: set[str] = set()
    for file in shots.found(pages):
        labels, pixels = shots.read(file)
        height, width = pixels.shape[:2]
        assert labels.elements
        assert labels.runs
        for run in labels.runs:
            assert len(run.text) == len(run.centres)
            left, top, right, bottom = (round(side) for side in run.box)
            inside = pixels[max(0, top) : bottom, max(0, left) : right].reshape(-1, 3)
            assert np.ptp(inside.astype(int), axis=0).max() > 20, run.text
        for e in labels.elements:
            kinds.add(e.kind)
            assert 0 <= e.box[0] <= e.point[0] <= e.box[2] <= width + 1
            assert 0 <= e.box[1] <= e.point[1] <= e.box[3] <= height + 1
    assert {"button", "link", "field"} <= kinds


def test_the_names_of_buttons_are_read_off_their_text(pages: Path) -> None:
    for file in shots.found(pages):
        labels, _ = shots.read(file)
        texts = {tuple(run.box): run.text.strip() for run in labels.runs}
        for e in labels.elements:
            if e.kind == "button" and e.text_box != e.box:
                assert texts[tuple(e.text_box)].casefold() == (e.shown or e.name).casefold()


def test_what_says_the_same_in_several_rows_is_named_by_its_row(pages: Path) -> None:
    found = 0
    for file in shots.found(pages):
        elements = shots.read(file)[0].elements
        columns = {e.group for e in elements if e.shown}
        for group in columns:
            column = [e for e in elements if e.group == group]
            found += len(column)
            assert len({e.shown for e in column}) == 1
            assert len({e.name for e in column}) == len(column)
            assert [e.box[1] for e in column] == sorted(e.box[1] for e in column)
    assert found >= 4


def test_what_lies_over_a_page_can_be_closed_and_hides_what_is_below(pages: Path) -> None:
    overlaid = 0
    for file in shots.found(pages):
        labels, _ = shots.read(file)
        closes = [e for e in labels.elements if e.closes]
        overlaid += bool(closes)
        assert not {e.name for e in closes} & {"Accept all", "Allow all", "Subscribe", "Sign up"}
        for e in labels.elements:
            assert e.closes or not any(_touch(e.box, other.box) for other in closes), e
    assert 2 <= overlaid < len(shots.found(pages))


def _touch(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_what_shows_in_part_is_seen_and_no_answer(pages: Path) -> None:
    partly = 0
    for file in shots.found(pages):
        labels, pixels = shots.read(file)
        asked = {(e.kind, tuple(e.box)) for e in labels.elements}
        assert not asked & {(e.kind, tuple(e.box)) for e in labels.partly}
        tall, wide = pixels.shape[:2]
        partly += sum(e.box[1] < tall and e.box[0] < wide and e.box[3] > 0 for e in labels.partly)
    assert partly >= 3


def test_labels_grow_with_the_display(pages: Path) -> None:
    labels, _ = shots.read(shots.found(pages)[0])
    double = scaled(labels, 2.0)
    first, grown = labels.elements[0], double.elements[0]
    assert grown.point == (first.point[0] * 2, first.point[1] * 2)
    assert grown.box == tuple(side * 2 for side in first.box)
    assert double.runs[0].centres == tuple(x * 2 for x in labels.runs[0].centres)
    assert len(double.partly) == len(labels.partly)
    assert scaled(labels, 1.0) == labels
