"""Only development tasks can be chosen, and the split is kept."""

import random
from pathlib import Path

import pytest
from pydantic import ValidationError

from handrail.tasks.errors import PackagesMissing, UsageError
from handrail.tasks.miniwob.catalogue import (
    Catalogue,
    held,
    html_folder,
    load_catalogue,
    training_seed,
)


@pytest.fixture
def html(package: Path) -> Path:
    return package / "miniwob" / "html"


def test_the_split_is_whole() -> None:
    catalogue = load_catalogue()
    assert len(catalogue.development) == 63
    assert len(catalogue.held_out) == 14
    assert catalogue.split("click-test") == "trainable"
    assert catalogue.split("phone-book") == "never trained on"
    assert catalogue.split("something-else") == "examination"


@pytest.mark.parametrize(
    "changed",
    [{"held_out": ["click-test"]}, {"pocket_trained_on": ["phone-book"]}, {"more": []}],
    ids=["in both parts", "trained on what is held out", "an unknown field"],
)
def test_a_split_that_contradicts_itself_is_refused(changed: dict[str, list[str]]) -> None:
    content = load_catalogue().model_dump() | changed
    with pytest.raises(ValidationError):
        Catalogue.model_validate(content)


def test_another_task_is_refused_with_the_names_of_those_that_are_open(html: Path) -> None:
    catalogue = load_catalogue()
    with pytest.raises(UsageError, match=r"^of-the-examination: not a .* click-test, "):
        catalogue.chosen(["click-test", "of-the-examination"], False, html)
    assert catalogue.chosen(["of-the-examination"], True, html) == ("of-the-examination",)
    assert catalogue.chosen([], True, html) == ("of-the-examination",)


@pytest.mark.parametrize(
    ("name", "why"),
    [("click-shape", "held out"), ("of-the-examination", "kept for the final examination"),
     ("nothing", "kept for the final examination")],
)  # fmt: skip
def test_what_may_not_be_trained_on_is_refused(html: Path, name: str, why: str) -> None:
    catalogue = load_catalogue()
    with pytest.raises(UsageError, match=f"^{name} may not be trained on: it is {why}"):
        catalogue.for_training(["click-test", name], html)
    assert catalogue.for_training(["click-test"], html) == ("click-test",)


def test_all_that_may_be_trained_on_is_chosen_where_nothing_is_named(html: Path) -> None:
    catalogue = load_catalogue().model_copy(update={"trainable": ("click-test",)})
    assert catalogue.for_training([], html) == ("click-test",)


def test_no_episode_of_an_evaluation_is_trained_on() -> None:
    drawn = {training_seed(random.Random(number)) for number in range(3_000)}
    assert min(drawn) >= 1_000
    assert max(drawn) < 10_000
    assert len(drawn) > 2_000


def test_a_task_without_a_page_is_named(html: Path) -> None:
    assert held(html) == {"click-test", "click-shape", "of-the-examination"}
    chosen = load_catalogue().chosen(["click-shape", "click-test", "click-shape"], False, html)
    assert chosen == ("click-shape", "click-test")
    with pytest.raises(UsageError, match=r"^phone-book: there is no such task"):
        load_catalogue().chosen(["phone-book"], False, html)


def test_the_package_is_found_without_being_imported(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(package)
    assert html_folder() == package / "miniwob" / "html"
    with pytest.raises(PackagesMissing, match=r"pip install 'handrail\[miniwob\]'"):
        html_folder("no_package_of_this_name")
