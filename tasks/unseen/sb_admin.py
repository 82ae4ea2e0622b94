"""Tasks on the forms of sb-admin-2; the outcome is what was typed, and which page it led to."""

import random
from collections.abc import Mapping

from handrail.tasks.sites.words import Drawer
from handrail.tasks.unseen.task import Clause, UnseenTask, World, compared, fill, tap

SOURCE = "startbootstrap-sb-admin-2"
_FOLDER = "/node_modules/startbootstrap-sb-admin-2"
_EMAIL, _PASSWORD = "#exampleInputEmail", "#exampleInputPassword"
_DONE = """() => [location.pathname.split("/").pop(),
  JSON.parse(localStorage.getItem("handrail-fields") || "{}")]"""


def register(rng: random.Random) -> UnseenTask:
    """Fill in names and an address, and register."""
    drawer = Drawer(rng)
    first, last = drawer.invented().capitalize(), drawer.invented().capitalize()
    mail = _mail(drawer)
    clauses = (
        fill("First Name", "#exampleFirstName", first),
        fill("Last Name", "#exampleLastName", last),
        fill("Email Address", _EMAIL, mail),
        tap("Register Account", "a[href='login.html'].btn-block"),
    )
    typed = {"exampleFirstName": first, "exampleLastName": last, "exampleInputEmail": mail}
    return _task("register", "register.html", clauses, "login.html", typed)


def login(rng: random.Random) -> UnseenTask:
    """Sign in, to be remembered."""
    drawer = Drawer(rng)
    mail, word = _mail(drawer), drawer.value()
    clauses = (
        fill("Enter Email Address...", _EMAIL, mail),
        fill("Password", _PASSWORD, word),
        tap("Remember Me", "label[for=customCheck]"),
        tap("Login", "a.btn-primary[href='index.html']"),
    )
    typed = {"exampleInputEmail": mail, "exampleInputPassword": word, "customCheck": True}
    return _task("sign in", "login.html", clauses, "index.html", typed)


def forgot(rng: random.Random) -> UnseenTask:
    """Ask for a new password."""
    mail = _mail(Drawer(rng))
    clauses = (
        fill("Enter Email Address...", _EMAIL, mail),
        tap("Reset Password", "a.btn-primary[href='login.html']"),
    )
    return _task(
        "new password", "forgot-password.html", clauses, "login.html", {"exampleInputEmail": mail}
    )


def _mail(drawer: Drawer) -> str:
    return f"{drawer.invented()}@{drawer.invented()}.org"


def _task(
    kind: str, page: str, clauses: tuple[Clause, ...], leads_to: str, typed: Mapping[str, object]
) -> UnseenTask:
    def problem(world: World) -> str:
        wanted = [leads_to, {f"{page}#{key}": value for key, value in typed.items()}]
        return compared("page and fields", wanted, world.read(_DONE))

    return UnseenTask(SOURCE, kind, f"{_FOLDER}/{page}", clauses, problem)
