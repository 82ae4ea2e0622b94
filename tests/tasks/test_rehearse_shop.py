"""An order in the bundled shop: rehearsed, committed, and stopped where the world has moved on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.sandbox.rehearsal.consequences import RequestConsequence, StorageConsequence
from handrail.sandbox.rehearsal.plan import Plan
from handrail.sandbox.rehearsal.record import read_record
from handrail.tasks.sites.shop import Shop
from handrail.tasks.suites.shopping import SHORT, Shopper, committed


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as one:
        yield one


def test_a_rehearsed_order_is_told_and_not_sent(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = Shopper(shop.url, tmp_path / "runs", browser_program).rehearsed()
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
    done = Shopper(shop.url, tmp_path / "runs", browser_program).rehearsed()
    [shown] = [one for one in done.consequences.found if isinstance(one, RequestConsequence)]
    end = committed(done.end.folder)
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
    again = committed(done.end.folder)
    assert again.good
    assert "already" in again.words
    assert len(shop.store.orders()) == 1


def test_without_the_hold_a_rehearsal_would_send(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    url = f"{shop.url}{SHORT}"
    Shopper(url, tmp_path / "runs", browser_program, held=False).rehearsed()
    assert len(shop.store.orders()) == 1


def test_a_changed_price_stops_the_commit_before_the_order(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = Shopper(f"{shop.url}{SHORT}", tmp_path / "runs", browser_program).rehearsed()
    shop.store.set_price("lamp", 9990)
    end = committed(done.end.folder)
    assert not end.good
    assert 'its field "total" is "99.90", not "34.90"' in end.words
    assert shop.store.orders() == ()
    assert shop.received == []
    assert end.end is not None
    assert end.end.exit_code == 1
    shop.store.set_price("lamp", 3490)
    assert committed(done.end.folder).good, "nothing was sent, so that it may be tried again"
    assert len(shop.store.orders()) == 1


def test_the_report_shows_what_would_be_sent(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    done = Shopper(f"{shop.url}{SHORT}", tmp_path / "runs", browser_program).rehearsed()
    page = done.end.folder.report.read_text(encoding="utf-8")
    assert "send     POST" in page
    assert "street=Hafenweg 3" in page
