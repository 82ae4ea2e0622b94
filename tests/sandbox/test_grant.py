"""Grants: what they cover, how they are narrowed, and how their uses are counted."""

import json
import multiprocessing
import signal
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Type
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.errors import GrantError
from handrail.sandbox.grant import Block, Grant, read_grant
from handrail.sandbox.ledger import Ledger
from handrail.sandbox.rules import EffectClass

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHOP = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/cart")
BLOCK = Block(
    origins=("https://shop.example",), effects=("commit",), uses=3, until=NOW + timedelta(hours=8)
)
CLICK = Click(point=Point(x=1, y=2))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "permits" / "ledger.sqlite", clock)


def request(effect: EffectClass = "commit", *places: Surface) -> ApprovalRequest:
    return ApprovalRequest("g", CLICK, effect, SHOP, "ask", places=places or (SHOP,))


def test_a_grant_covers_what_it_says_and_nothing_else(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    other = replace(SHOP, url="https://other.example/")
    assert grant.covers(request(), NOW)
    assert not grant.covers(request("destroy"), NOW)
    assert not grant.covers(request("edit"), NOW)
    assert not grant.covers(request("commit", other), NOW)
    assert not grant.covers(request("commit", SHOP, other), NOW), "where a form leads counts too"
    assert not grant.covers(request("commit", replace(SHOP, url="https://shop.example:8443/")), NOW)
    assert not grant.covers(request("commit", replace(SHOP, url="https://shop.example\\@x/")), NOW)
    assert not grant.covers(replace(request(), places=()), NOW)
    assert not grant.covers(replace(request(), rehearsal=True), NOW)
    assert not grant.covers(request(), NOW + timedelta(hours=8))


def test_a_window_counts_on_a_desktop_and_never_in_a_browser(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK.model_copy(update={"origins": None, "window": "Shop*"}))
    desktop = Surface("desktop", ":0", window=ScreenText("Shop - cart"))
    assert grant.covers(request("commit", desktop), NOW)
    assert not grant.covers(request("commit", replace(desktop, window=ScreenText("Bank"))), NOW)
    assert not grant.covers(request("commit", SHOP), NOW)
    exact = ledger.issue(BLOCK.model_copy(update={"origins": None, "window": "Shop"}))
    assert not exact.covers(request("commit", desktop), NOW)


@pytest.mark.parametrize("field", ["origins", "effects", "uses", "until"])
def test_a_grant_leaves_nothing_open(ledger: Ledger, field: str) -> None:
    with pytest.raises(GrantError, match="where, which effects"):
        ledger.issue(BLOCK.model_copy(update={field: None}))


def test_a_grant_that_has_ended_is_not_issued(ledger: Ledger) -> None:
    with pytest.raises(GrantError, match="ended already"):
        ledger.issue(BLOCK.model_copy(update={"until": NOW}))


def test_every_use_is_counted_and_no_more(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    assert [ledger.count(grant) for _ in range(3)] == ["", "", ""]
    assert "used up: 3 of 3" in ledger.count(grant)
    [standing] = ledger.standings()
    assert (standing.id, standing.used) == (grant.id, 3)
    assert "used up" in standing.state


def test_what_is_narrowed_draws_on_what_it_was_made_from(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    narrow = grant.narrowed(Block(uses=2, kinds=("click",)))
    other = grant.narrowed(Block(uses=2, kinds=("click", "type")))
    assert [ledger.count(narrow) for _ in range(2)] == ["", ""]
    assert "2 of 2" in ledger.count(narrow)
    assert ledger.count(other) == ""
    for one in (other, grant):
        assert "3 of 3" in ledger.count(one)
    assert narrow.covers(request(), NOW)
    assert not narrow.covers(replace(request(), action=Type(text="x")), NOW)


def test_no_block_can_be_widened_taken_off_or_made_up(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    narrow = grant.narrowed(Block(uses=1))
    wide = BLOCK.model_copy(update={"uses": 99})
    forged = [
        grant.model_copy(update={"blocks": (wide,)}),
        narrow.model_copy(update={"blocks": (BLOCK,)}),
        narrow.model_copy(update={"blocks": (BLOCK, Block(uses=9))}),
        narrow.model_copy(update={"blocks": (Block(uses=1), BLOCK)}),
        grant.model_copy(update={"seal": "0" * 64}),
        Grant.issued(grant.id, BLOCK, b"guess"),
    ]
    for one in forged:
        assert "forged" in ledger.count(one)
        with pytest.raises(GrantError, match="forged"):
            ledger.check(one)
    assert "not issued here" in ledger.count(Grant.issued("0" * 16, BLOCK, b""))
    assert [s.used for s in ledger.standings()] == [0]


def test_what_was_revoked_or_has_ended_is_worth_nothing(ledger: Ledger, clock: Clock) -> None:
    first, second = ledger.issue(BLOCK), ledger.issue(BLOCK)
    narrow = first.narrowed(Block(uses=1))
    ledger.revoke(first.id)
    ledger.revoke(first.id)
    assert "revoked" in ledger.count(narrow)
    assert ledger.count(second) == ""
    early = second.narrowed(Block(until=NOW + timedelta(minutes=1)))
    clock.now += timedelta(minutes=1)
    assert "ended" in ledger.count(early)
    assert ledger.count(second) == ""
    with pytest.raises(GrantError, match="no grant 'x'"):
        ledger.revoke("x")


def test_a_chain_has_an_end(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    for _ in range(15):
        grant = grant.narrowed(Block(uses=1))
    with pytest.raises(GrantError, match="cannot be narrowed"):
        grant.narrowed(Block(uses=1))


def test_the_ledger_is_for_its_owner_alone(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700
    ledger.path.chmod(0o644)
    with pytest.raises(GrantError, match="chmod 600"):
        ledger.count(grant)
    ledger.path.chmod(0o600)
    ledger.path.parent.chmod(0o770)
    with pytest.raises(GrantError, match="chmod 700"):
        ledger.count(grant)


def test_a_ledger_that_is_absent_or_damaged_is_told(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.standings() == []
    with pytest.raises(GrantError, match="no grant was issued"):
        ledger.revoke("x")
    grant = ledger.issue(BLOCK)
    ledger.path.write_bytes(b"no database" * 99)
    with pytest.raises(GrantError, match="not a database"):
        ledger.count(grant)
    (tmp_path / "file").write_text("")
    with pytest.raises(GrantError, match="cannot be opened"):
        Ledger(tmp_path / "file" / "ledger", lambda: NOW).issue(BLOCK)
    link = tmp_path / "link"
    link.symlink_to(ledger.path)
    with pytest.raises(GrantError, match="cannot be opened"):
        Ledger(link, lambda: NOW).count(grant)


def test_a_file_of_a_grant_is_read_or_said_to_be_none(ledger: Ledger, tmp_path: Path) -> None:
    grant = ledger.issue(BLOCK)
    path = tmp_path / "grant.json"
    path.write_text(grant.model_dump_json(exclude_none=True))
    assert read_grant(path) == grant
    ledger.check(read_grant(path))
    body = json.loads(path.read_text())
    for bad in (
        "", "[]", json.dumps({**body, "extra": 1}), json.dumps({**body, "blocks": []}),
        json.dumps({**body, "blocks": [{"effects": ["destroy"]}]}), " " * 70_000,
    ):  # fmt: skip
        path.write_text(bad)
        with pytest.raises(GrantError, match=r"grant\.json"):
            read_grant(path)
    with pytest.raises(GrantError, match="cannot be read"):
        read_grant(tmp_path / "absent")


def use_up(path: Path, grant: Grant, told: "multiprocessing.SimpleQueue[str]") -> None:
    """Count until there is no use left, telling each."""
    ledger = Ledger(path, lambda: NOW)
    while not (why := ledger.count(grant)):
        told.put("counted")
    told.put(why)


def test_processes_that_count_at_once_share_the_uses(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK.model_copy(update={"uses": 20}))
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    started = [context.Process(target=use_up, args=(ledger.path, grant, told)) for _ in range(2)]
    for process in started:
        process.start()
    said = [told.get() for _ in range(22)]
    for process in started:
        process.join(60)
    assert said.count("counted") == 20


def test_a_use_that_was_acknowledged_outlives_a_kill(ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK.model_copy(update={"uses": 10_000}))
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    process = context.Process(target=use_up, args=(ledger.path, grant, told))
    process.start()
    seen = [told.get() for _ in range(5)]
    process.kill()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    while not told.empty():
        seen.append(told.get())
    assert ledger.standings()[0].used >= len(seen)


def test_a_locked_ledger_is_an_error_not_a_use(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = ledger.issue(BLOCK)
    monkeypatch.setattr("handrail.sandbox.ledger._BUSY_SECONDS", 0.01)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GrantError, match="locked"):
        ledger.count(grant)
    other.close()
    assert ledger.standings()[0].used == 0


def test_where_there_are_no_users_the_folder_decides(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = ledger.issue(BLOCK)
    ledger.path.chmod(0o644)
    monkeypatch.setattr("handrail.sandbox.ledger.current_user", lambda: None)
    assert ledger.count(grant) == ""


def test_a_grant_is_told_in_words(ledger: Ledger) -> None:
    narrow = ledger.issue(BLOCK).narrowed(Block(kinds=("click",), window="Cart*"))
    here = (NOW + timedelta(hours=8)).astimezone()
    assert narrow.told() == (
        f"up to 3 uses commit effects at https://shop.example until {here:%Y-%m-%d %H:%M}; "
        'and of click in the window "Cart*"'
    )
    assert Block().told() == "no further condition"


def test_a_ledger_keeps_the_time_of_the_machine_by_default(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "permits" / "ledger.sqlite")
    with pytest.raises(GrantError, match="ended"):
        ledger.issue(BLOCK.model_copy(update={"until": datetime.now(UTC) - timedelta(seconds=1)}))
    assert ledger.issue(
        BLOCK.model_copy(update={"until": datetime.now(UTC) + timedelta(hours=1)})
    ).blocks
