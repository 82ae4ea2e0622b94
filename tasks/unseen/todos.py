"""Tasks on TodoMVC's applications; the outcome is the list that the page shows."""

import random

from handrail.tasks.sites.words import Drawer
from handrail.tasks.unseen.task import Clause, UnseenTask, World, compared, fill, press, tap

SOURCE = "todomvc"
APPS = ("vanillajs", "backbone", "jquery", "angularjs", "knockoutjs")
_SHOWN = """() => [...document.querySelectorAll("#todo-list li, .todo-list li")]
  .filter(item => item.checkVisibility())
  .map(item => [item.querySelector("label").innerText.trim(),
                item.querySelector(".toggle").checked])"""
_TICK = "li .toggle"
_NEW = "#new-todo, .new-todo"


def clear_two(rng: random.Random) -> UnseenTask:
    """Tick two entries and clear them away."""
    todos = _drawn(rng, 4)
    done = rng.sample(todos, 2)
    clear = tap("Clear completed", "#clear-completed, .clear-completed")
    left = [(todo, False) for todo in todos if todo not in done]
    return _task(rng, "clear", todos, (*_ticks(done), clear), left)


def show_two(rng: random.Random) -> UnseenTask:
    """Tick two entries and show what is completed."""
    todos = _drawn(rng, 4)
    done = rng.sample(todos, 2)
    show = tap("Completed", "a[href$='/completed']")
    shown = [(todo, True) for todo in todos if todo in done]
    return _task(rng, "tick and show", todos, (*_ticks(done), show), shown)


def add_two(rng: random.Random) -> UnseenTask:
    """Add two entries, each with Enter."""
    todos = _drawn(rng, 3)
    field = "What needs to be done?"
    clauses = [c for todo in todos[1:] for c in (fill(field, _NEW, todo), press("Enter"))]
    return _task(rng, "add", todos[:1], tuple(clauses), [(todo, False) for todo in todos])


def _drawn(rng: random.Random, count: int) -> list[str]:
    drawer = Drawer(rng)
    return [drawer.phrase(2) for _ in range(count)]


def _ticks(todos: list[str]) -> list[Clause]:
    return [tap(f"the checkbox left of {todo}", _TICK, beside=todo) for todo in todos]


def _task(
    rng: random.Random,
    kind: str,
    entries: list[str],
    clauses: tuple[Clause, ...],
    shown: list[tuple[str, bool]],
) -> UnseenTask:
    address = f"/node_modules/todomvc/examples/{rng.choice(APPS)}/index.html"
    # Some of the applications show the newest entry first.
    wanted = sorted([name, ticked] for name, ticked in shown)

    def problem(world: World) -> str:
        found = world.read(_SHOWN)
        assert isinstance(found, list)
        return compared("the list", wanted, sorted(found))

    return UnseenTask(SOURCE, kind, address, clauses, problem, tuple(entries))
