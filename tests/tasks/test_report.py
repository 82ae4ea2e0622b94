"""The report: harmless whatever a screen says, whole in one file, under 5 MB, marks in place."""

import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.sandbox.journal import Journal
from handrail.sandbox.records import Sent
from handrail.tasks.errors import RunFolderError
from handrail.tasks.report.marks import Mark, marks
from handrail.tasks.report.page import write_report
from handrail.tasks.run_file import Asked, RunFile, Seconds, StepRow, write_run_file
from handrail.tasks.run_frames import FrameStore
from handrail.tasks.runs import RunFolder, create_run

AT = Point(x=100, y=50)
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}\x1b[2K\u202e"


def asked(goal: str = "Save it") -> Asked:
    return Asked(
        goal=goal,
        target="fake screen",
        model="pocket",
        policy="profile ask",
        max_steps=30,
        max_seconds=900,
        max_calls=60,
    )


def look(image: Image.Image) -> Observation:
    geometry = ScreenGeometry(width=image.width, height=image.height)
    return Observation(image, geometry, 0.0, Surface(kind="fake", name="test"))


def row(number: int, frame: str, action: Action, line: str = "Do it") -> StepRow:
    return StepRow(
        number=number,
        frame=frame,
        width=1280,
        height=800,
        line=line,
        action=action,
        reply=line * 20,
        effect="edit",
        outcome="done",
        reason="profile ask: ask edit",
        seconds=Seconds(look=0.4, think=1.2, act=0.2),
    )


def write(folder: RunFolder, rows: list[StepRow], goal: str = "Save it") -> str:
    content = RunFile(
        run=folder.name,
        asked=asked(goal),
        started="2026-01-01T00:00:00.000+00:00",
        outcome="success",
        reason=goal,
        answer=goal,
        steps=tuple(rows),
        last_frame=rows[-1].frame if rows else "",
    )
    write_run_file(folder.record, content)
    write_report(folder)
    return folder.report.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run(tmp_path)


class Reader(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "data", "action"):
                self.loads.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def test_a_step_tells_what_came_of_it_on_a_copy(folder: RunFolder) -> None:
    line = "tried on a copy: one thing would be sent or kept"
    frame = FrameStore(folder.frames).keep(look(Image.new("RGB", (1280, 800))))
    plain, tried = (row(i, frame, Click(point=Point(x=9, y=9))) for i in (1, 2))
    page = write(folder, [plain, tried.model_copy(update={"tried": line})])
    assert page.count(f'<p class="reason">{line}</p>') == 1
    assert page.count('<p class="reason">profile ask: ask edit</p>') == 2


def test_what_screens_and_models_wrote_is_text_and_nothing_else(folder: RunFolder) -> None:
    frame = FrameStore(folder.frames).keep(look(Image.new("RGB", (1280, 800))))
    page = write(folder, [row(1, frame, Type(text=HOSTILE), HOSTILE)], HOSTILE)
    read = Reader()
    read.feed(page)
    assert "script" not in read.tags
    assert read.handlers == []
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "{{7*7}}" in page


def test_the_page_needs_nothing_but_itself(folder: RunFolder) -> None:
    frame = FrameStore(folder.frames).keep(look(Image.new("RGB", (1280, 800))))
    page = write(folder, [row(1, frame, Click(point=AT)), row(2, frame, Type(text="a"))])
    read = Reader()
    read.feed(page)
    assert all(load.startswith(("data:image/webp", "#")) for load in read.loads)
    assert "default-src 'none'" in page
    assert page.count("data:image/webp") == 1, "a frame that comes twice is embedded once"


@pytest.mark.timeout(600)
def test_fifty_steps_of_photographs_stay_under_five_megabytes(folder: RunFolder) -> None:
    noise = Image.frombytes("RGB", (160, 100), random.Random(3).randbytes(160 * 100 * 3))
    photo = look(noise.resize((1280, 800), Image.Resampling.BICUBIC))
    kept = (folder.frames / FrameStore(folder.frames).keep(photo)).read_bytes()
    assert 50 * len(kept) > 5_000_000
    rows = []
    for number in range(1, 51):
        (folder.frames / f"{number}.webp").write_bytes(kept)
        rows.append(row(number, f"{number}.webp", Click(point=AT), "é<&>" * 60))
    page = write(folder, rows)
    assert folder.report.stat().st_size < 5_000_000
    assert page.count("data:image/webp") == 50


def test_frames_of_text_are_kept_without_loss(folder: RunFolder) -> None:
    image = Image.new("RGB", (640, 400), "white")
    image.paste((200, 30, 30), (10, 10, 60, 24))
    name = FrameStore(folder.frames).keep(look(image))
    with Image.open(folder.frames / name) as kept:
        assert kept.convert("RGB").tobytes() == image.tobytes()


def test_the_click_is_drawn_where_it_was(folder: RunFolder) -> None:
    frame = FrameStore(folder.frames).keep(look(Image.new("RGB", (1280, 800))))
    page = write(folder, [row(1, frame, Click(point=AT))])
    assert 'viewBox="0 0 1280 800"' in page
    assert re.search(r'class="mark ring"[^>]*translate\(100 50\)', page)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Click(point=AT, count=2), Mark("ring", 100, 50, count=2)),
        (Click(point=AT, button="right"), Mark("ring", 100, 50, label="right")),
        (Move(point=AT), Mark("cross", 100, 50)),
        (Drag(end=AT), Mark("ring", 100, 50, label="drop")),
        (Drag(start=Point(x=1, y=2), end=AT), Mark("arrow", 1, 2, 100, 50)),
        (Scroll(point=AT, dy=-9), Mark("arrow", 100, 50, 100, 120)),
        (Scroll(dx=9), Mark("arrow", 640, 400, 710, 400)),
        (Press(keys=("enter",)), None),
    ],
)
def test_each_action_has_its_mark(action: Action, expected: Mark | None) -> None:
    assert marks(action, 1280, 800) == (() if expected is None else (expected,))


def test_a_run_without_steps_or_frames_has_a_report(folder: RunFolder) -> None:
    assert "No step was made" in write(folder, [])
    lost = write(folder, [row(1, "lost.webp", Click(point=AT))])
    assert "Do it" in lost


def test_a_record_that_is_not_one_is_told_by_name(folder: RunFolder) -> None:
    folder.record.write_text('{"run": 1}')
    with pytest.raises(RunFolderError, match=r"run\.json"):
        write_report(folder)


def test_requests_that_waited_are_told_harmlessly(folder: RunFolder) -> None:
    sent = Sent(
        method="POST",
        url=f"https://shop.test/order?{HOSTILE}",
        purpose="fetch",
        page="https://shop.test/",
        effect="commit",
        decision="stopped",
        reason="profile ask: ask commit",
        body=f"field item: {HOSTILE}",
        count=3,
    )
    with Journal.create(folder.journal, folder.name) as journal:
        journal.append(sent)
    page = write(folder, [])
    assert "<script" not in page
    assert "POST https://shop.test/order" in page
    assert "(3 times until then)" in page
    assert "stopped" in page
