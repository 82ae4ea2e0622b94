"""Files go in through the drawn chooser and come out under safe names."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Press, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_files import safe_name

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("dialogs.html")
    return stage


def said(stage: "Stage", expected: object) -> None:
    stage.until(lambda: stage.peek("said"), lambda seen: seen == expected)


def test_a_file_is_chosen_by_its_path(page: "Stage", tmp_path: Path) -> None:
    file = tmp_path / "naïve 中.txt"
    file.write_text("content", encoding="utf-8")
    page.click("#file")
    assert page.asked() == "file"
    field = page.browser.hit_test(page.part("field"))
    assert field is not None
    assert (field.role, field.editable) == ("textbox", True)
    page.do(Type(text=str(file)))
    page.answer("ok")
    said(page, ["naïve 中.txt:content"])


def test_a_missing_file_is_told_in_the_box(page: "Stage", tmp_path: Path) -> None:
    page.click("#file")
    assert page.asked() == "file"
    page.do(Type(text=str(tmp_path / "none.txt")))
    typed = page.browser.observe().fingerprint
    assert page.do(Press(keys=("enter",))).note == "the dialog did not take it"
    assert page.browser.observe().fingerprint != typed
    (tmp_path / "some.txt").write_text("here", encoding="utf-8")
    page.do(Type(text=f"{tmp_path / 'some.txt'}\n"))
    said(page, ["some.txt:here"])


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "/" + "long" * 2000, "x.txt"])
def test_a_name_that_cannot_be_looked_up_is_told_in_the_box(page: "Stage", name: str) -> None:
    page.click("#file")
    assert page.asked() == "file"
    page.do(Type(text=name))
    assert page.do(Press(keys=("enter",))).note == "the dialog did not take it"
    page.answer("cancel")
    assert page.peek("said") is None


def test_a_cancelled_chooser_opens_again(page: "Stage", tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A", encoding="utf-8")
    page.click("#file")
    assert page.asked() == "file"
    page.answer("cancel")
    assert page.peek("said") is None
    page.click("#file")
    assert page.asked() == "file"
    page.do(Type(text=f"{tmp_path / 'a.txt'}\n"))
    said(page, ["a.txt:A"])


def test_several_files(page: "Stage", tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        path.write_text(path.stem, encoding="utf-8")
    page.click("#files")
    assert page.asked() == "file"
    page.do(Type(text=os.pathsep.join(map(str, paths)) + "\n"))
    said(page, ["a.txt:a", "b.txt:b"])


def notice(stage: "Stage") -> str:
    seen: list[str] = []

    def look() -> list[str]:
        seen.extend(notice.raw for notice in stage.browser.observe().notices)
        return seen

    return stage.until(look, bool)[0]


def test_downloads_are_saved_and_never_overwrite(stage: "Stage", downloads: Path) -> None:
    stage.load("tabs.html")
    for name in ("report.txt", "report (2).txt"):
        stage.click("#save")
        assert notice(stage) == f"Downloaded {name} (12 bytes) to {downloads}"
        assert (downloads / name).read_bytes() == b"twelve bytes"


def test_a_strange_name_stays_in_the_folder(stage: "Stage", downloads: Path) -> None:
    before = set(downloads.iterdir())
    stage.load("tabs.html")
    stage.click("#evil")
    assert notice(stage).startswith("Downloaded ")
    (saved,) = set(downloads.iterdir()) - before
    assert not saved.name.startswith(".")
    assert saved.name.isprintable()


def test_without_a_folder_a_download_is_refused_aloud(
    opened: Callable[[BrowserConfig], "Stage"],
) -> None:
    stage = opened(BrowserConfig())
    stage.load("tabs.html")
    stage.click("#save")
    assert notice(stage) == ("The download of report.txt was not saved: no downloads folder is set")


@pytest.mark.parametrize(
    ("suggested", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".bashrc", "bashrc"),
        ("..", "download"),
        ("", "download"),
        ("a\x00b\n\u202egpj.exe", "a_b__gpj.exe"),
        ("con.txt", "download_con.txt"),
        ("naïve 中.txt", "naïve 中.txt"),
        ("a" * 500 + ".tar", "a" * 116 + ".tar"),
    ],
)
def test_safe_names(suggested: str, safe: str) -> None:
    assert safe_name(suggested) == safe
