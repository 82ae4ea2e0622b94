"""Tasks on unseen pages: drawn from seeds, checked in the world, played through loop and gate."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_launch import launch
from handrail.actuators.browser_loop import LoopThread
from handrail.tasks.browser_stage import STAGE_SECONDS, BrowserStage
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.sites.files import files_served
from handrail.tasks.suites.unseen_forms import DEFAULT_COUNT, FIRST_SEED, try_tasks, unseen_figures
from handrail.tasks.unseen import todos
from handrail.tasks.unseen.draw import KINDS, unseen_tasks
from handrail.tasks.unseen.oracle import Oracle
from handrail.tasks.unseen.play import Rules
from handrail.tasks.unseen.task import Clause, Move, UnseenTask, World, compared, fill, tap

TASKS = unseen_tasks(DEFAULT_COUNT, FIRST_SEED)
LIST = """<!doctype html><style>.filter a {{ display: inline-block; padding: 10px }}</style>
<ul id="todo-list">{entries}</ul><label>Name <input id="name"></label>
<button onclick="for (const box of document.querySelectorAll('.toggle'))
 if (box.checked) box.closest('li').remove()" id="clear-completed">Clear completed</button>
<script>{script}</script>"""
ENTRY = "<li><input class='toggle' type='checkbox'><label>{}</label></li>"


@dataclass
class FakeWorld:
    """A world whose outcomes are given."""

    calls: list[str] = field(default_factory=list)
    database: Path = Path("nowhere")
    found: object = None

    def read(self, script: str, argument: object = None) -> object:
        """Return what was given."""
        return self.found


def _task(source: str, kind: str) -> UnseenTask:
    return next(task for task in TASKS if (task.source, task.kind) == (source, kind))


def _typed(task: UnseenTask) -> list[str]:
    return [move.text for move in task.moves if move.verb == "type"]


def test_tasks_are_many_over_five_sources_and_name_what_is_typed() -> None:
    assert len({task.text for task in TASKS}) == DEFAULT_COUNT >= 40
    assert len({task.source for task in TASKS}) == 5
    assert len({(task.source, task.kind) for task in TASKS}) == len(KINDS)
    for task in TASKS:
        assert all(text in task.text for text in _typed(task))
        assert task.text.isascii()
        assert not any(move.where and move.where in task.text for move in task.moves)


def test_the_seed_decides() -> None:
    assert [task.text for task in unseen_tasks(20, 3)] == [
        task.text for task in unseen_tasks(20, 3)
    ]
    assert not {task.text for task in unseen_tasks(20, 3)} & {
        task.text for task in unseen_tasks(20, 99)
    }


def test_what_takes_too_many_steps_is_no_task() -> None:
    with pytest.raises(AssertionError):
        UnseenTask("s", "k", "/", (tap("A", "#a"),), lambda world: "")


def test_the_admins_outcome_stands_in_its_database(tmp_path: Path) -> None:
    world = FakeWorld(database=tmp_path / "db.sqlite3")
    with closing(sqlite3.connect(world.database)) as database:
        database.execute("create table auth_group (name text)")
        task = _task("django-admin", "two groups")
        one, other = _typed(task)
        database.execute("insert into auth_group values (?)", [one])
        database.commit()
        assert one in task.problem(world)
        database.execute("insert into auth_group values (?)", [other])
        database.commit()
        assert task.problem(world) == ""


def test_a_service_must_have_been_asked_once_and_for_the_right_thing() -> None:
    task = _task("swagger-ui-dist", "two parameters")
    reader, isbn = _typed(task)
    right, wrong = (f"GET /api/loans?reader={name}&isbn={isbn}" for name in (reader, "another"))
    assert task.problem(FakeWorld([wrong]))
    assert task.problem(FakeWorld([right, right]))
    assert task.problem(FakeWorld([right])) == ""


def test_fields_count_with_the_page_that_they_led_to() -> None:
    task = _task("startbootstrap-sb-admin-2", "new password")
    typed = {"forgot-password.html#exampleInputEmail": _typed(task)[0]}
    assert task.problem(FakeWorld(found=["forgot-password.html", typed]))
    assert task.problem(FakeWorld(found=["login.html", {}]))
    assert task.problem(FakeWorld(found=["login.html", typed])) == ""


def test_a_wikis_store_must_hold_the_text() -> None:
    task = _task("tiddlywiki", "tiddler")
    assert task.problem(FakeWorld(found=[None]))
    assert task.problem(FakeWorld(found=[_typed(task)[1]])) == ""


class Pages(BrowserStage):
    """A stage of pages that a test wrote."""

    calls: tuple[str, ...] = ()
    database = Path("nowhere")
    root = ""

    def begin(self, task: UnseenTask) -> None:
        """Open the page."""
        self.playing = task.kind
        self.wait(self._running.tabs.front.goto(f"{self.root}{task.address}"))


@pytest.fixture
def pages(tmp_path: Path, browser_program: Path | None) -> Iterator[Callable[[str], Pages]]:
    with files_served(tmp_path) as root, LoopThread("test-unseen") as thread:
        running = thread.call(launch(BrowserConfig(executable=browser_program)), 2 * STAGE_SECONDS)

        def served(html: str) -> Pages:
            (tmp_path / "page.html").write_text(html)
            stage = Pages(thread, running)
            stage.root = root
            return stage

        yield served
        thread.call(running.close(), STAGE_SECONDS)


def _list_task() -> UnseenTask:
    drawn = _task("todomvc", "clear")

    def problem(world: World) -> str:
        kept = world.read("() => JSON.parse(localStorage.getItem('handrail-fields') || '{}')")
        return drawn.problem(world) or compared("fields", {"page.html#name": "anna"}, kept)

    clauses: tuple[Clause, ...] = (*drawn.clauses, fill("Name", "#name", "anna"))
    return UnseenTask(todos.SOURCE, "list", "/page.html", clauses, problem, drawn.entries)


def test_an_oracle_does_a_task_and_what_was_only_claimed_is_not_done(
    pages: Callable[[str], Pages], tmp_path: Path
) -> None:
    task = _list_task()
    entries = "".join(ENTRY.format(entry) for entry in task.entries)
    script = files("handrail.tasks.unseen").joinpath("page.js").read_text("utf-8")
    stage = pages(LIST.format(entries=entries, script=script))
    rules = Rules(ModelChoice("oracle"), patience=0.5, runs_folder=tmp_path / "runs")
    lazy = UnseenTask(
        task.source, "lazy", task.address, task.clauses[1:], task.problem, task.entries
    )
    done = [
        *try_tasks(stage, [lazy], lambda world, _task: Oracle(world, lazy), rules),
        *try_tasks(stage, [task], Oracle, rules),
    ]
    assert [one.good for one in done] == [False, True], [one.problem for one in done]
    assert all(one.said_done for one in done)
    found = {figure.name: figure.value for figure in unseen_figures(done)}
    assert found["task done"] == found["said done and was not"] == 0.5
    assert found["task done, todomvc, list"] == 1.0
    assert found["task done, todomvc, lazy"] == 0.0
    records = [json.loads(file.read_text()) for file in (tmp_path / "runs").glob("*/run.json")]
    assert len(records) == 2, "each task is a run of its own, with its own record"


def test_the_oracle_meets_the_entry_that_is_meant(pages: Callable[[str], Pages]) -> None:
    stage = pages(LIST.format(entries=ENTRY.format("one") + ENTRY.format("one more"), script=""))
    stage.begin(_list_task())
    script = files("handrail.tasks.unseen").joinpath("find.js").read_text("utf-8")
    boxes = [stage.read(script, [".toggle", name]) for name in ("one", "one more", "two")]
    tops = [box[1] for box in boxes if isinstance(box, list)]
    assert tops == sorted(tops)
    assert len(set(tops)) == 2
    assert boxes[2] is None
    assert Move("click").beside == ""
