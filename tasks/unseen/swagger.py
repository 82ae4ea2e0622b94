"""Tasks on swagger-ui; the outcome is what it asked its service for, which only keeps that."""

import random

from handrail.tasks.sites.words import Drawer
from handrail.tasks.unseen.task import Clause, UnseenTask, World, compared, fill, scroll_down, tap

SOURCE = "swagger-ui-dist"
_PAGE = "/node_modules/swagger-ui-dist/index.html"
_TRY, _EXECUTE = ".try-out__btn", ".execute"


def show_book(rng: random.Random) -> UnseenTask:
    """Open an operation and ask for a book; the button for it lies below the screen's edge."""
    isbn = str(rng.randint(1000, 99999))
    clauses = (
        tap("Show one book", "#operations-books-getBook .opblock-summary-description"),
        *_tried(fill("isbn", _field("isbn"), isbn), scroll_down()),
    )
    return _task("open and ask", "", clauses, f"GET /api/books/{isbn}")


def find_loan(rng: random.Random) -> UnseenTask:
    """Ask for a loan by two parameters."""
    reader, isbn = Drawer(rng).invented(), str(rng.randint(1000, 99999))
    clauses = _tried(fill("reader", _field("reader"), reader), fill("isbn", _field("isbn"), isbn))
    call = f"GET /api/loans?reader={reader}&isbn={isbn}"
    return _task("two parameters", "#/loans/findLoan", clauses, call)


def drop_book(rng: random.Random) -> UnseenTask:
    """Have a book taken away, on an operation that is open."""
    isbn = str(rng.randint(1000, 99999))
    clauses = _tried(fill("isbn", _field("isbn"), isbn))
    return _task("one parameter", "#/books/dropBook", clauses, f"DELETE /api/books/{isbn}")


def _field(name: str) -> str:
    return f"tr[data-param-name={name}] input"


def _tried(*between: Clause) -> tuple[Clause, ...]:
    return (tap("Try it out", _TRY), *between, tap("Execute", _EXECUTE))


def _task(kind: str, at: str, clauses: tuple[Clause, ...], call: str) -> UnseenTask:
    def problem(world: World) -> str:
        return compared("calls", [call], list(world.calls))

    return UnseenTask(SOURCE, kind, _PAGE + at, clauses, problem)
