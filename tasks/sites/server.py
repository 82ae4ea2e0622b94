"""Serve bundled pages on the loopback interface and remember what was done on them.

The address holds a random token; any other path is answered with 404. A page reports its state
after each event, and its form is posted like any other, so success is read from the server and not
from the screen.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.tasks.sites.goals import PageGoal
from handrail.tasks.sites.handler import handler_for
from handrail.tasks.sites.page import PagePlan, PageState, differences
from handrail.tasks.sites.render import render

ACCEPTED = "Done. Everything was stored."
REFUSED = "That was not right. Please try once more."


class _Report(BaseModel):
    """What a page says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    moment: float
    load: float
    fields: dict[str, str]
    checks: dict[str, bool]
    boxes: dict[str, tuple[float, float, float, float]]
    pressed: tuple[str, ...]
    tab: str
    menu: str


@dataclass
class _Served:
    """A page, its state, and where its accepted form leads to.

    ``load`` says which loading of the page reported last, ``sent`` of which the form was posted.
    """

    plan: PagePlan
    state: PageState
    leads_to: str
    key: Mapping[str, str] | None
    note: str = ""
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    moment: float = 0.0
    pressed_before: tuple[str, ...] = ()
    load: float = 0.0
    sent: float = 0.0


class Site:
    """A small web site of bundled pages, open until ``close``."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pages: dict[str, _Served] = {}
        self._token = secrets.token_urlsafe(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, goal: PageGoal, leads_to: str = "", locked: bool = False) -> str:
        """Serve a goal's page and return its address.

        ``leads_to`` names the page that an accepted form opens (its own where empty); a ``locked``
        page accepts its form only with the goal's values in the fields.
        """
        plan, name = goal.plan, goal.plan.name
        key = dict(goal.wanted.fields) if locked else None
        with self._changed:
            self._pages[name] = _Served(plan, plan.start(), leads_to or name, key)
        return f"http://127.0.0.1:{self._server.server_port}/{self._token}/{name}"

    def state(self, name: str) -> PageState:
        """Return a page's state as last reported."""
        with self._changed:
            return self._pages[name].state

    def boxes(self, name: str) -> Mapping[str, tuple[float, float, float, float]]:
        """Return where a page's visible controls are, by key, in CSS pixels (xyxy)."""
        with self._changed:
            return dict(self._pages[name].boxes)

    def box(self, name: str, key: str, seconds: float) -> tuple[float, float, float, float] | None:
        """Return where one control is, waiting a while until the page shows it."""
        page = self._pages[name]
        with self._changed:
            self._changed.wait_for(lambda: key in page.boxes, seconds)
            return page.boxes.get(key)

    def problems(self, goal: PageGoal, seconds: float) -> tuple[str, ...]:
        """Return how a page differs from its goal, waiting a while for late reports to arrive."""
        page = self._pages[goal.plan.name]
        with self._changed:
            self._changed.wait_for(lambda: not differences(page.state, goal.wanted), seconds)
            return differences(page.state, goal.wanted)

    def name_of(self, path: str) -> str | None:
        """Return the page that a path under the token means, or None."""
        parts = path.split("/")
        known = len(parts) == 3 and secrets.compare_digest(parts[1].encode(), self._token.encode())
        return parts[2] if known and parts[2] in self._pages else None

    def html(self, name: str) -> str:
        """Return a page as it stands now."""
        with self._changed:
            page = self._pages[name]
            note, page.note = page.note, ""
            return render(page.plan, page.state, f"/{self._token}/{name}", note)

    def reported(self, name: str, body: bytes) -> None:
        """Take a page's report of its state. Raises ValueError for one that is not well formed."""
        try:
            report = _Report.model_validate_json(body)
        except ValidationError as error:
            raise ValueError(f"the report of page {name} is not well formed: {error}") from error
        with self._changed:
            _update(self._pages[name], report)
            self._changed.notify_all()

    def submitted(self, name: str, form: Mapping[str, str]) -> str:
        """Take a posted form and return the path to go on to."""
        with self._changed:
            page = self._pages[name]
            state = page.state
            fields = {key: form.get(key, "") for key in state.fields}
            right = page.key is None or fields == dict(page.key)
            page.note, page.sent = (ACCEPTED if right else REFUSED), page.load
            page.state = replace(
                state,
                fields=fields if right else page.plan.start().fields,
                checks={key: key in form for key in state.checks},
                submitted=(*state.submitted, form.get("by", "")) if right else state.submitted,
            )
            self._changed.notify_all()
            return f"/{self._token}/{page.leads_to if right else name}"


def _update(page: _Served, report: _Report) -> None:
    if report.moment <= page.moment:
        return
    if report.load != page.load:
        page.load, page.pressed_before = report.load, page.state.pressed
    page.moment, page.boxes = report.moment, report.boxes
    page.state = replace(page.state, pressed=page.pressed_before + report.pressed)
    if report.load == page.sent:
        return  # a late report of a form that was posted meanwhile: what was posted counts
    page.state = replace(
        page.state, fields=report.fields, checks=report.checks, tab=report.tab, menu=report.menu
    )
