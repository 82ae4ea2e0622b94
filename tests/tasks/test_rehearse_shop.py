"""An order in the bundled shop: rehearsed, committed, and stopped where the world has moved on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.browser import BrowserConfig
from handrail.agent.proposer import Puppet
from handrail.sandbox.rehearsal.consequences import RequestConsequence, StorageConsequence
from handrail.sandbox.rehearsal.plan import Plan
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.rehearsal.sending import Reached, nowhere
from handrail.tasks.browser_copy import CopyOfBrowser
from handrail.tasks.commit_browser import (
    CommitRequest,
    Committed,
    commit_in_browser,
    read_plan,
)
from handrail.tasks.rehearse import Rehearsed, rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.sites.shop import VOLATILE, Shop, point

GOAL = "Order a desk lamp for Mara, Hafenweg 3"


def ordering() -> list[Action]:
    """Return what a shopper does, in order."""
    clicks = {name: Click(point=point(name)) for name in ("lamp", "checkout", "name", "street")}
    return [
        clicks["lamp"],
        clicks["checkout"],
        clicks["name"],
        Type(text="Mara"),
        clicks["street"],
        Type(text="Hafenweg 3"),
        Click(point=point("order")),
        Terminate(status="success"),
    ]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as one:
        yield one


def rehearsed(shop: Shop, runs: Path, program: Path | None, held: bool = True) -> Rehearsed:
    copy = CopyOfBrowser(shop.url, BrowserConfig(executable=program), VOLATILE, held)
    request = RunRequest(GOAL, copy, runs_folder=runs)
    return rehearse(request, copy, Crew(Puppet(ordering())))


def committed(shop: Shop, done: Rehearsed, reached: Reached = nowhere) -> Committed:
    folder = done.end.folder
    runs = folder.path.parent
    request = CommitRequest(folder, read_plan(folder).digest, runs_folder=runs, reached=reached)
    return commit_in_browser(request)


def test_a_rehearsed_order_is_told_and_not_sent(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = rehearsed(shop, tmp_path / "runs", browser_program)
    assert shop.store.orders() == ()
    assert shop.received == []
    assert done.end.result.kind == "success"
    assert "rehearsed up to POST" in done.end.result.reason
    requests = [one for one in done.consequences.found if isinstance(one, RequestConsequence)]
    assert [(one.method, one.source, one.content_type) for one in requests] == [
        ("POST", "navigation", "application/x-www-form-urlencoded")
    ]
    fields = {field.name: field.value for field in requests[0].fields if field.name != "ticket"}
    assert fields == {
        "items": "lamp:1", "total": "34.90", "name": "Mara", "street": "Hafenweg 3",
    }  # fmt: skip
    stored = [one for one in done.consequences.found if isinstance(one, StorageConsequence)]
    assert [(one.change, one.store, one.key) for one in stored] == [("created", "local", "cart")]
    record = read_record(done.end.folder.path)
    plan = Plan.model_validate(record.plan)
    assert (len(plan.steps), plan.ends, plan.problem) == (7, "sent", "")
    assert [(one.step, one.leaves) for one in plan.requests] == [(7, True)]


def test_a_commit_sends_exactly_what_was_shown_and_never_again(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = rehearsed(shop, tmp_path / "runs", browser_program)
    [shown] = [one for one in done.consequences.found if isinstance(one, RequestConsequence)]
    end = committed(shop, done)
    assert end.good, end.words
    [order] = shop.store.orders()
    assert (order.items, order.total, order.name, order.state) == (
        "lamp:1", "34.90", "Mara", "open",
    )  # fmt: skip
    [received] = shop.received
    assert shown.url.endswith(received.path)
    assert [(f.name, f.value) for f in shown.fields if f.name != "ticket"] == [
        pair for pair in received.fields if pair[0] != "ticket"
    ]
    again = committed(shop, done)
    assert again.good
    assert "already" in again.words
    assert len(shop.store.orders()) == 1


def test_a_changed_price_stops_the_commit_before_the_order(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = rehearsed(shop, tmp_path / "runs", browser_program)
    shop.store.set_price("lamp", 9990)
    end = committed(shop, done)
    assert not end.good
    assert 'its field "total" is "99.90", not "34.90"' in end.words
    assert shop.store.orders() == ()
    assert shop.received == []
    assert end.end is not None
    assert end.end.exit_code == 1
    shop.store.set_price("lamp", 3490)
    assert committed(shop, done).good, "nothing was sent, so that it may be tried again"
    assert len(shop.store.orders()) == 1
