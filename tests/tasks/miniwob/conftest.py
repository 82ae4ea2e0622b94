"""A folder of pages laid out like the suite's, and a stage on which they are played."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.tasks.miniwob.stage import Stage, stage

PAGES = Path(__file__).parent / "pages"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to import from: a package with two development tasks and another one."""
    folder = tmp_path_factory.mktemp("packages")
    pages = folder / "miniwob" / "html" / "miniwob"
    pages.mkdir(parents=True)
    (pages.parent / "core").mkdir()
    (folder / "miniwob" / "__init__.py").write_text("raise ImportError('only looked at')\n")
    shutil.copy(PAGES / "core.js", pages.parent / "core")
    for task in ("click-test", "click-shape", "of-the-examination"):
        shutil.copy(PAGES / "task.html", pages / f"{task}.html")
    return folder


@pytest.fixture(scope="session")
def opened(package: Path, browser_program: Path | None) -> Iterator[Stage]:
    with stage(package / "miniwob" / "html", browser_program) as found:
        yield found
