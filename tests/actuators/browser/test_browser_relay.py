"""What goes past a browser's Fetch domain: it ends at the relay, and a socket hears nothing."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from handrail.actuators import browser_launch
from handrail.actuators.actions import Wait
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_config import LAUNCH_FLAGS
from handrail.actuators.errors import Unreachable
from handrail.sandbox.permit import PermitOffice
from tests.actuators.browser.held_stage import Held, Warden


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


@pytest.mark.parametrize("kind", ["stun:", "turn:", "turn:tcp", "turns:tcp"])
def test_nothing_is_said_by_webrtc(held: Held, kind: str) -> None:
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


def test_no_peer_is_spoken_to(held: Held) -> None:
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


def test_webtransport_is_refused(held: Held) -> None:
    with _heard(socket.SOCK_DGRAM) as (port, heard):
        held.page(
            f"const w = new WebTransport('https://127.0.0.1:{port}/a');"
            "w.closed.catch(() => 0); w.ready.catch(() => document.title = 'refused')"
        )
        held.stage.until(held.stage.title, lambda title: title == "refused")
        assert heard == []


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
    with Browser.open(config, PermitOffice(), None, Warden()) as browser:
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
