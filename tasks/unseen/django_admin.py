"""Tasks on Django's admin; the outcome stands in its database."""

import random
import sqlite3
from contextlib import closing

from handrail.tasks.sites.words import Drawer
from handrail.tasks.unseen.task import Clause, UnseenTask, World, compared, fill, press, tap

SOURCE = "django-admin"
_NAME, _SAVE = "#id_name", "input[name=_save]"


def group_form(rng: random.Random) -> UnseenTask:
    """Add a group on the form for it."""
    name = Drawer(rng).value()
    clauses = (fill("Name", _NAME, name), tap("Save", _SAVE))
    return _group_task("group", "/admin/auth/group/add/", clauses, name)


def group_from_home(rng: random.Random) -> UnseenTask:
    """Go to the groups, and add one."""
    name = Drawer(rng).value()
    clauses = (
        tap("Groups", "#content a[href='/admin/auth/group/']"),
        tap("Add group", ".object-tools a.addlink"),
        fill("Name", _NAME, name),
        tap("Save", _SAVE),
    )
    return _group_task("group from the front page", "/admin/", clauses, name)


def two_groups(rng: random.Random) -> UnseenTask:
    """Add a group and then another on the form that comes anew."""
    one, other = Drawer(rng).value(), Drawer(rng).value()
    clauses = (
        fill("Name", _NAME, one),
        tap("Save and add another", "input[name=_addanother]"),
        fill("Name", _NAME, other),
        tap("Save", _SAVE),
    )
    return _group_task("two groups", "/admin/auth/group/add/", clauses, one, other)


def user(rng: random.Random) -> UnseenTask:
    """Add a user with a password."""
    return _user_task(rng, "user", tap("Save", _SAVE))


def user_by_enter(rng: random.Random) -> UnseenTask:
    """Add a user, and send the form with Enter."""
    return _user_task(rng, "user, with Enter", press("Enter"))


def _user_task(rng: random.Random, kind: str, last: Clause) -> UnseenTask:
    drawer = Drawer(rng)
    name, word = drawer.value(), f"{drawer.invented(3)}{rng.randint(100, 999)}"
    clauses = (
        fill("Username", "#id_username", name),
        fill("Password", "#id_password1", word),
        fill("Password confirmation", "#id_password2", word),
        last,
    )

    def problem(world: World) -> str:
        found = _rows(world, "select username from auth_user where username = ?", name)
        return compared("users of the name", [(name,)], found)

    return UnseenTask(SOURCE, kind, "/admin/auth/user/add/", clauses, problem)


def _group_task(kind: str, address: str, clauses: tuple[Clause, ...], *names: str) -> UnseenTask:
    def problem(world: World) -> str:
        marks = ", ".join("?" * len(names))
        found = _rows(world, f"select name from auth_group where name in ({marks})", *names)
        return compared("groups of the name", sorted((name,) for name in names), sorted(found))

    return UnseenTask(SOURCE, kind, address, clauses, problem)


def _rows(world: World, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(world.database, timeout=10)) as database:
        return database.execute(query, values).fetchall()
