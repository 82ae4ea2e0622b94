"""What a browser sends while its requests are held: two servers and a socket count it."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handrail.actuators import browser_launch
from handrail.actuators.actions import Wait
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_config import LAUNCH_FLAGS
from handrail.actuators.errors import Unreachable
from handrail.actuators.held import HeldRequest
from handrail.sandbox.permit import PermitOffice
from tests.actuators.browser.conftest import Stage
from tests.actuators.browser.counting import Counting, counting
from tests.actuators.browser.held_pages import KINDS, Kind

_BUTTON = "<!doctype html><title>page</title><button id=t>Go</button><script>t.onclick = () => {"


@dataclass
class _Warden:
    """Says yes or no to all, and remembers what it was asked."""

    yes: bool = False
    lent: bool = False
    asked: list[HeldRequest] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def decide(self, request: HeldRequest) -> bool:
        self.asked.append(request)
        self.then()
        return self.yes


@dataclass
class _Held:
    stage: Stage
    site: Counting
    warden: _Warden

    def page(self, code: str) -> None:
        """Open a page whose button runs some code, and press it."""
        self.stage.browser.goto(self.site.show("/page/own", _BUTTON + code + "}</script>"))
        self.stage.click("#t")


@pytest.fixture(scope="module")
def site() -> Iterator[Counting]:
    with counting() as site:
        yield site


@pytest.fixture(scope="module")
def open_held(
    site: Counting, browser_program: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Held]:
    folder = tmp_path_factory.mktemp("held")
    config = BrowserConfig(executable=browser_program, width=480, height=320, downloads_dir=folder)
    warden = _Warden()
    stage = Stage.__new__(Stage)
    stage.office, stage.site = PermitOffice(), site.home
    stage.browser = Browser.open(config, stage.office, None, warden)
    yield _Held(stage, site, warden)
    stage.browser.close()


@pytest.fixture
def held(open_held: _Held) -> Iterator[_Held]:
    warden = open_held.warden
    warden.yes, warden.lent, warden.then = False, False, lambda: None
    warden.asked.clear()
    open_held.site.arrived.clear()
    yield open_held
    warden.then = lambda: None
    open_held.stage.tidy()


@contextmanager
def _heard(kind: socket.SocketKind) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on a port, and keep what is said there."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, kind) as listening:
        listening.bind(("127.0.0.1", 0))

        def listen() -> None:
            with suppress(OSError):
                while kind == socket.SOCK_DGRAM:
                    heard.append(listening.recv(2_000))
                listening.listen()
                while True:
                    with listening.accept()[0] as one:
                        one.settimeout(5)
                        heard.append(one.recv(2_000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        if kind == socket.SOCK_STREAM:
            listening.shutdown(socket.SHUT_RDWR)


# That its answer is a file is known once it is there.
@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k.name != "attachment"], ids=lambda kind: kind.name
)
def test_nothing_arrives_that_was_refused(held: _Held, kind: Kind) -> None:
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


def test_a_body_is_told_field_by_field_without_its_password(held: _Held) -> None:
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


def test_each_hop_of_a_redirect_is_asked_about(held: _Held) -> None:
    answers = iter([True, False])

    def next_answer() -> None:
        held.warden.yes = next(answers)

    held.warden.then = next_answer
    held.page("fetch('/hop/307/other/take/secret', {method: 'POST', body: 'a'}).catch(() => 0)")
    held.stage.do(Wait(seconds=0.1))
    first, second = held.warden.asked
    assert second.hop_of == first.url
    assert [one.path for one in held.site.arrived] == ["/hop/307/other/take/secret"]


@pytest.mark.parametrize("kind", ["stun:", "turn:", "turn:tcp", "turns:tcp"])
def test_nothing_is_said_by_webrtc(held: _Held, kind: str) -> None:
    tcp = kind.endswith("tcp")
    with _heard(socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as (port, heard):
        place = f"{kind.removesuffix('tcp')}127.0.0.1:{port}{'?transport=tcp' * tcp}"
        held.page(
            f"const p = new RTCPeerConnection({{iceServers: [{{urls: '{place}',"
            "username: 'secret', credential: 'x'}]}); p.createDataChannel('a');"
            "p.onicegatheringstatechange = () => document.title = p.iceGatheringState;"
            "p.createOffer().then(o => p.setLocalDescription(o))"
        )
        if tcp:  # it connects, and says nothing
            held.stage.until(lambda: len(heard), lambda count: count > 0)
        else:
            held.stage.until(held.stage.title, lambda title: title == "complete")
        held.stage.do(Wait(seconds=0.2))
        assert not any(heard)


def test_no_peer_is_spoken_to(held: _Held) -> None:
    with _heard(socket.SOCK_STREAM) as (port, heard):
        held.page(
            "(async () => { const p = new RTCPeerConnection(), q = new RTCPeerConnection();"
            "p.createDataChannel('a'); await p.setLocalDescription();"
            "await q.setRemoteDescription(p.localDescription); await q.setLocalDescription();"
            "await p.setRemoteDescription(q.localDescription); await p.addIceCandidate({candidate:"
            f"'candidate:1 1 tcp 1518280447 127.0.0.1 {port} typ host tcptype passive',"
            "sdpMid: '0'}); })()"
        )
        held.stage.until(lambda: len(heard), lambda count: count > 0)
        assert not any(heard)


def test_webtransport_is_refused(held: _Held) -> None:
    with _heard(socket.SOCK_DGRAM) as (port, heard):
        held.page(
            f"const w = new WebTransport('https://127.0.0.1:{port}/a');"
            "w.closed.catch(() => 0); w.ready.catch(() => document.title = 'refused')"
        )
        held.stage.until(held.stage.title, lambda title: title == "refused")
        assert heard == []


def test_a_service_worker_is_never_installed(held: _Held) -> None:
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


def test_prerendering_sends_nothing_that_was_refused(held: _Held) -> None:
    held.site.show("/page/ahead", "<script>fetch('/take/ahead', {method: 'POST'})</script>")
    held.page(
        "const s = document.createElement('script'); s.type = 'speculationrules'; s.textContent ="
        "JSON.stringify({prerender: [{source: 'list', urls: ['/page/ahead'],"
        "eagerness: 'immediate'}]}); document.head.append(s)"
    )
    held.stage.do(Wait(seconds=0.5))
    assert held.site.count("POST", "/take/ahead") == 0


def test_the_time_that_a_person_takes_is_not_the_actions(held: _Held) -> None:
    held.warden.yes = True
    held.warden.then = lambda: time.sleep(0.4)
    held.page("fetch('/take/slow', {method: 'POST'})")
    held.stage.until(lambda: held.site.count("POST", "/take/slow"), lambda count: count == 1)


def test_what_a_warden_raises_stops_the_request_and_is_told(held: _Held) -> None:
    def fail() -> None:
        raise RuntimeError("the disk is full")

    held.stage.browser.goto(
        held.site.show("/page/f", _BUTTON + "fetch('/take/f', {method: 'POST'})}</script>")
    )
    held.warden.then = fail
    with pytest.raises(RuntimeError, match="the disk is full"):
        held.stage.click("#t")
    held.warden.then = lambda: None
    held.stage.do(Wait(seconds=0.1))
    assert held.site.count("POST", "/take/f") == 0


def test_nothing_is_held_while_a_person_has_the_screen(held: _Held) -> None:
    held.warden.lent = True
    held.page("fetch('/take/lent', {method: 'POST'})")
    held.stage.until(lambda: held.site.count("POST", "/take/lent"), lambda count: count == 1)
    assert held.warden.asked == []


def test_what_waits_when_the_browser_closes_is_stopped(
    site: Counting, browser_program: Path | None
) -> None:
    config = BrowserConfig(executable=browser_program, width=480, height=320)
    office = PermitOffice()
    browser = Browser.open(config, office, None, _Warden(yes=True))
    page = "<script>setTimeout(() => fetch('/take/late', {method: 'POST'}), 100)</script>"
    browser.goto(site.show("/page/late", page))
    time.sleep(0.4)
    browser.close()
    assert site.count("POST", "/take/late") == 0


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve one page over TLS, which asks for reports; yield its address and what arrives."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(["openssl", *made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    arrived: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        root = f"https://localhost:{listening.getsockname()[1]}"

        def serve() -> None:
            with suppress(OSError):
                while True:
                    one = listening.accept()[0]
                    threading.Thread(target=answer, args=(one,), daemon=True).start()

        def answer(one: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(one, server_side=True) as tls:
                arrived.append(tls.recv(4_000).decode("latin-1").split("\r\n")[0])
                body = "<title>secure</title><img src=https://nowhere.invalid/a>"
                tls.sendall(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                    f'Reporting-Endpoints: a="{root}/reports"\r\n'
                    "Content-Security-Policy: img-src 'none'; report-to a\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )

        threading.Thread(target=serve, daemon=True).start()
        yield root, arrived
        listening.shutdown(socket.SHUT_RDWR)


def test_encrypted_pages_load_and_no_report_is_sent(
    secure: tuple[str, list[str]], browser_program: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, arrived = secure
    more = ("--ignore-certificate-errors", "--short-reporting-delay")
    monkeypatch.setattr(browser_launch, "LAUNCH_FLAGS", (*LAUNCH_FLAGS, *more))
    config = BrowserConfig(executable=browser_program, width=480, height=320)
    with Browser.open(config, PermitOffice(), None, _Warden()) as browser:
        browser.goto(f"{root}/page")
        assert browser.observe().surface.window.raw == "secure"
        time.sleep(2.5)
        browser.goto("about:blank")
        time.sleep(1)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        with pytest.raises(Unreachable, match="refused"):
            browser.goto(f"https://127.0.0.1:{nobody}/")
        with pytest.raises(Unreachable, match="no such host"):
            browser.goto("https://nowhere.invalid/")
    assert not any("reports" in line for line in arrived)


def test_playwrights_own_switches_stay(held: _Held) -> None:
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
