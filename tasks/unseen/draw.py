"""The kinds of tasks there are, and drawing them: kinds in turn, each task with its own seed."""

import random
from collections.abc import Callable

from handrail.tasks.unseen import django_admin, sb_admin, swagger, todos, wiki
from handrail.tasks.unseen.task import UnseenTask

KINDS: tuple[Callable[[random.Random], UnseenTask], ...] = (
    django_admin.group_form,
    todos.clear_two,
    swagger.find_loan,
    sb_admin.register,
    django_admin.user,
    todos.show_two,
    swagger.show_book,
    sb_admin.login,
    wiki.tiddler,
    django_admin.group_from_home,
    todos.add_two,
    swagger.drop_book,
    sb_admin.forgot,
    wiki.settings,
    django_admin.two_groups,
    django_admin.user_by_enter,
)


def unseen_tasks(count: int, seed: int) -> tuple[UnseenTask, ...]:
    """Return so many tasks; the first is of that seed, each other of the next."""
    return tuple(KINDS[i % len(KINDS)](random.Random(f"unseen {seed + i}")) for i in range(count))
