"""What a browser sends while its requests are held: two servers and a socket count it."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from handrail.actuators.actions import Wait
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.sandbox.permit import PermitOffice
from tests.actuators.browser.held_pages import KINDS, Kind
from tests.actuators.browser.held_stage import BUTTON, Held, Warden


# That its answer is a file is known once it is there.
@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k.name != "attachment"], ids=lambda kind: kind.name
)
def test_nothing_arrives_that_was_refused(held: Held, kind: Kind) -> None:
    token = f"n{KINDS.index(kind)}x"
    address, _ = kind.shown(held.site, token, kind.method == "GET" and not kind.saves)
    held.stage.browser.goto(address)
    held.stage.click("#t")
    held.stage.until(
        lambda: (held.stage.browser.observe(), len(held.warden.asked))[1], lambda n: n > 0
    )
    held.stage.do(Wait(seconds=0.1))
    assert held.site.of(token) == []
    if kind.leads:
        assert held.stage.peek("() => location.href") == address


def test_a_body_is_told_field_by_field_without_its_password(held: Held) -> None:
    form = (
        "<form method=post action=/take/login><input name=user value=ada>"
        "<input name=password type=password value=geheim><button id=t>Go</button></form>"
    )
    held.stage.browser.goto(held.site.show("/page/login", form))
    held.stage.click("#t")
    (request,) = held.warden.asked
    assert request.body is not None
    assert [(part.name, part.value) for part in request.body.parts] == [
        ("user", "ada"),
        ("password", "[hidden]"),
    ]
    assert (request.method, request.kind, request.top) == ("POST", "navigation", True)
    assert request.page == held.site.home + "/page/login"


def test_each_hop_of_a_redirect_is_asked_about(held: Held) -> None:
    answers = iter([True, False])

    def next_answer() -> None:
        held.warden.yes = next(answers)

    held.warden.then = next_answer
    held.page("fetch('/hop/307/other/take/secret', {method: 'POST', body: 'a'}).catch(() => 0)")
    held.stage.do(Wait(seconds=0.1))
    first, second = held.warden.asked
    assert second.hop_of == first.url
    assert [one.path for one in held.site.arrived] == ["/hop/307/other/take/secret"]


def test_a_service_worker_is_never_installed(held: Held) -> None:
    held.warden.yes = True
    held.site.show("/sw.js", "onfetch = () => 0", "text/javascript")
    held.page(
        "navigator.serviceWorker.register('/sw.js').then(() => 'installed', () => 'refused')"
        ".then(said => document.title = said)"
    )
    assert held.stage.until(held.stage.title, lambda title: title != "page") == "refused"
    assert (
        held.stage.peek("() => navigator.serviceWorker.getRegistrations().then(all => all.length)")
        == 0
    )


def test_prerendering_sends_nothing_that_was_refused(held: Held) -> None:
    held.site.show("/page/ahead", "<script>fetch('/take/ahead', {method: 'POST'})</script>")
    held.page(
        "const s = document.createElement('script'); s.type = 'speculationrules'; s.textContent ="
        "JSON.stringify({prerender: [{source: 'list', urls: ['/page/ahead'],"
        "eagerness: 'immediate'}]}); document.head.append(s)"
    )
    held.stage.do(Wait(seconds=0.5))
    assert held.site.count("POST", "/take/ahead") == 0


def test_the_time_that_a_person_takes_is_not_the_actions(held: Held) -> None:
    held.warden.yes = True
    held.warden.then = lambda: time.sleep(0.4)
    held.page("fetch('/take/slow', {method: 'POST'})")
    held.stage.until(lambda: held.site.count("POST", "/take/slow"), lambda count: count == 1)


def test_what_a_warden_raises_stops_the_request_and_is_told(held: Held) -> None:
    def fail() -> None:
        raise RuntimeError("the disk is full")

    held.stage.browser.goto(
        held.site.show("/page/f", BUTTON + "fetch('/take/f', {method: 'POST'})}</script>")
    )
    held.warden.then = fail
    with pytest.raises(RuntimeError, match="the disk is full"):
        held.stage.click("#t")
    held.warden.then = lambda: None
    held.stage.do(Wait(seconds=0.1))
    assert held.site.count("POST", "/take/f") == 0


def test_nothing_is_held_while_a_person_has_the_screen(held: Held) -> None:
    held.warden.lent = True
    held.page("fetch('/take/lent', {method: 'POST'})")
    held.stage.until(lambda: held.site.count("POST", "/take/lent"), lambda count: count == 1)
    assert held.warden.asked == []


def test_what_waits_when_the_browser_closes_is_stopped(
    held: Held, browser_program: Path | None
) -> None:
    config = BrowserConfig(executable=browser_program, width=480, height=320)
    office = PermitOffice()
    browser = Browser.open(config, office, None, Warden(yes=True))
    page = "<script>setTimeout(() => fetch('/take/late', {method: 'POST'}), 100)</script>"
    browser.goto(held.site.show("/page/late", page))
    time.sleep(0.4)
    browser.close()
    assert held.site.count("POST", "/take/late") == 0


def test_playwrights_own_switches_stay(held: Held) -> None:
    """A browser heeds the last list of features alone."""
    lists = _lists_of_features()
    assert lists
    for first, last in lists:
        assert first <= last


def _lists_of_features() -> list[tuple[set[str], set[str]]]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = place.read_bytes().decode(errors="replace").split("\0")
            lists = [w.partition("=")[2] for w in words if w.startswith("--disable-features=")]
            if len(lists) > 1 and "--remote-debugging-pipe" in words and "Reporting" in lists[-1]:
                found.append((set(lists[0].split(",")), set(lists[-1].split(","))))
    return found
