"""Attempts to be heard outside: over the network, and over sockets of the machine."""

import os
import socket
import struct
from pathlib import Path

from .attempts import Ground, attempt

_SECONDS = 1.0


def _connect(family: int, address: object, name: str, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as link:
        link.settimeout(_SECONDS)
        link.connect(address)  # type: ignore[arg-type]
        link.send(name.encode())


@attempt("network", "tcp", harmless=True)
def _tcp(ground: Ground, name: str) -> None:
    _connect(socket.AF_INET, ("127.0.0.1", ground.ports["tcp"]), name)


@attempt("network", "tcp6", harmless=True)
def _tcp6(ground: Ground, name: str) -> None:
    _connect(socket.AF_INET6, ("::1", ground.ports["tcp6"]), name)


@attempt("network", "udp", harmless=True)
def _udp(ground: Ground, name: str) -> None:
    _connect(socket.AF_INET, ("127.0.0.1", ground.ports["udp"]), name, socket.SOCK_DGRAM)


@attempt("network", "dns", harmless=True)
def _dns(ground: Ground, name: str) -> None:
    """Ask a name server for a name that says it."""
    question = struct.pack("!6H", 1, 256, 1, 0, 0, 0)
    question += bytes([len(name)]) + name.encode() + b"\0" + struct.pack("!2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.sendto(question, ("127.0.0.1", ground.ports["udp"]))


@attempt("network", "host", harmless=True)
def _host(ground: Ground, name: str) -> None:
    _connect(socket.AF_INET, ("0.0.0.0", ground.ports["tcp"]), name)


@attempt("network", "broadcast")
def _broadcast(ground: Ground, name: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        return link.sendto(name.encode(), ("255.255.255.255", 9)) > 0


@attempt("network", "raw")
def _raw(ground: Ground, name: str) -> bool:
    for family, kind in ((socket.AF_INET, socket.IPPROTO_ICMP), (socket.AF_PACKET, 0x0300)):
        try:
            socket.socket(family, socket.SOCK_RAW, kind).close()
        except OSError:
            continue
        return True
    return False


@attempt("network", "links")
def _links(ground: Ground, name: str) -> bool:
    vsock = getattr(socket, "AF_VSOCK", 40)
    try:
        socket.socket(vsock, socket.SOCK_STREAM).close()
    except OSError:
        return any(link != "lo" for _, link in socket.if_nameindex())
    return True


@attempt("socket", "home", harmless=True)
def _home(ground: Ground, name: str) -> None:
    _connect(socket.AF_UNIX, ground.sockets["home"], name)


@attempt("socket", "other", harmless=True)
def _other(ground: Ground, name: str) -> None:
    _connect(socket.AF_UNIX, ground.sockets["other"], name)


@attempt("socket", "letter", harmless=True)
def _letter(ground: Ground, name: str) -> None:
    _connect(socket.AF_UNIX, ground.sockets["letter"], name, socket.SOCK_DGRAM)


@attempt("socket", "abstract", harmless=True)
def _abstract(ground: Ground, name: str) -> None:
    _connect(socket.AF_UNIX, f"\0{ground.sockets['abstract']}", name)


def _handshake(address: str) -> bool:
    """Open a connection to an X server, and tell whether it lets us in."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(_SECONDS)
        link.connect(address)
        link.send(struct.pack("<cxHHHHxx", b"l", 11, 0, 0, 0))
        return link.recv(1) == b"\1"


@attempt("socket", "display", harmless=True)
def _display(ground: Ground, name: str) -> bool:
    return _handshake(ground.sockets["display"])


@attempt("socket", "display-abstract", harmless=True)
def _display_abstract(ground: Ground, name: str) -> bool:
    return _handshake(f"\0{ground.sockets['display']}")


@attempt("socket", "bus", harmless=True)
def _bus(ground: Ground, name: str) -> bool:
    """Try the bus of the session, wherever it may be, and those of the system."""
    told = os.environ.get("OUTER_BUS", "")
    places = ["/run/dbus/system_bus_socket", "/run/systemd/private", "/run/docker.sock"]
    places += map(str, Path("/run/user").glob("*/bus"))
    _connect(socket.AF_UNIX, told or ground.sockets["bus"], name)
    return any(Path(place).is_socket() for place in places)


@attempt("socket", "wayland", harmless=True)
def _wayland(ground: Ground, name: str) -> None:
    _connect(socket.AF_UNIX, ground.sockets["wayland"], name)
