"""Who may connect to a display of our own: a key file for its server, and the user by name.

The server knows the key (MIT-MAGIC-COOKIE-1) and refuses everybody else; with the key one
connection adds the user (server-interpreted address ``localuser``), for whom the kernel vouches.
"""

import os
import socket
import struct
from pathlib import Path

from handrail.actuators.errors import EnvironmentMissing

_COOKIE = b"MIT-MAGIC-COOKIE-1"
_ANY = 0xFFFF  # FamilyWild of the key file: for any address
_INSERT, _INTERPRETED = 0, 5
_CHANGE_HOSTS, _GET_INPUT_FOCUS = 109, 43
_SECONDS = 30.0


def write_authority(path: Path, key: bytes) -> None:
    """Write a key file that only this user can read (format: libXau's Xauth records)."""
    record = struct.pack(">H", _ANY)
    for part in (b"", b"", _COOKIE, key):
        record += struct.pack(">H", len(part)) + part
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(record)


def admit_user(number: int, key: bytes, user: int) -> None:
    """Let the user's programs connect to the display. Raises EnvironmentMissing."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(_SECONDS)
            link.connect(_address(number))
            link.sendall(_setup(key))
            _read_setup(link)
            link.sendall(_change_hosts(f"localuser\0#{user}".encode()))
            link.sendall(struct.pack("=BBH", _GET_INPUT_FOCUS, 0, 1))  # answered last: a round trip
            reply = _read(link, 32)
    except OSError as problem:
        raise EnvironmentMissing(f"display :{number} does not answer: {problem}") from problem
    if reply[0] != 1:
        raise EnvironmentMissing(
            f"display :{number} does not let user {user} in (error {reply[1]})"
        )


def _address(number: int) -> str:
    path = f"/tmp/.X11-unix/X{number}"
    return path if Path(path).exists() else f"\0{path}"


def _setup(key: bytes) -> bytes:
    order = b"l" if struct.pack("=H", 1)[0] else b"B"
    head = order + struct.pack("=xHHHHxx", 11, 0, len(_COOKIE), len(key))
    return head + _padded(_COOKIE) + _padded(key)


def _read_setup(link: socket.socket) -> None:
    head = _read(link, 8)
    rest = _read(link, 4 * struct.unpack("=H", head[6:8])[0])
    if head[0] != 1:
        raise OSError(rest[: head[1]].decode("latin-1"))


def _change_hosts(address: bytes) -> bytes:
    body = struct.pack("=BxH", _INTERPRETED, len(address)) + _padded(address)
    return struct.pack("=BBH", _CHANGE_HOSTS, _INSERT, 1 + len(body) // 4) + body


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _read(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise OSError("it closed the connection")
        data += more
    return data
