"""Tasks on TiddlyWiki; the outcome stands in its store."""

import random

from handrail.tasks.sites.words import Drawer
from handrail.tasks.unseen.task import Clause, Move, UnseenTask, World, compared, fill, tap

SOURCE = "tiddlywiki"
_PAGE = "/wiki/index.html"
_NAME = "tr:has(a[href='#%24%3A%2Fstatus%2FUserName']) input"
_STORED = "titles => titles.map(title => $tw.wiki.getTiddlerText(title) ?? null)"


def tiddler(rng: random.Random) -> UnseenTask:
    """Write a tiddler; its title's field comes with the focus, and all of it selected."""
    drawer = Drawer(rng)
    title, text = drawer.value(), drawer.phrase(2)
    clauses = (
        tap("Tools", ".tc-sidebar-tabs-main > .tc-tab-buttons button:nth-of-type(4)"),
        tap("new tiddler", "button[title='Create a new tiddler']:not(.tc-btn-invisible)"),
        Clause(f"type {title}", (Move("type", title),)),
        fill("Type the text for this tiddler", "iframe.tc-edit-texteditor", text),
        tap("the check mark", "button[title='Confirm changes to this tiddler']"),
    )
    return _task("tiddler", "", clauses, {title: text})


def settings(rng: random.Random) -> UnseenTask:
    """Give a name to sign with, and choose what is shown at the start."""
    name = Drawer(rng).value()
    clauses = (
        fill("Username for signing edits", _NAME, name),
        tap("retain story ordering", ".tc-tiddler-frame td button"),
    )
    stored = {"$:/status/UserName": name, "$:/DefaultTiddlers": "[list[$:/StoryList]]"}
    return _task("settings", "#%24%3A%2FControlPanel", clauses, stored)


def _task(kind: str, at: str, clauses: tuple[Clause, ...], stored: dict[str, str]) -> UnseenTask:
    def problem(world: World) -> str:
        found = world.read(_STORED, list(stored))
        return compared("what is stored", list(stored.values()), found)

    return UnseenTask(SOURCE, kind, _PAGE + at, clauses, problem)
