"""Read who speaks from the first words of TLS: a browser's page load names the web's protocols."""

_HANDSHAKE, _CLIENT_HELLO, _ALPN = 0x16, 1, 16
_WEB = {b"h2", b"http/1.1"}
RECORD_HEAD = 5


def record_size(head: bytes) -> int:
    """Return how many bytes follow a record's head. Raises ValueError where it is none."""
    if len(head) < RECORD_HEAD or head[0] != _HANDSHAKE:
        raise ValueError("this is no beginning of TLS")
    return int.from_bytes(head[3:5], "big")


def speaks_web(record: bytes) -> bool:
    """Tell whether a client's hello, without the record's head, offers HTTP (RFC 7301)."""
    if record[:1] != bytes([_CLIENT_HELLO]):
        return False
    place = 4 + 2 + 32
    for size in (1, 2, 1):  # session, ciphers, compressions
        place += size + int.from_bytes(record[place : place + size], "big")
    place += 2
    while place + 4 <= len(record):
        kind = int.from_bytes(record[place : place + 2], "big")
        size = int.from_bytes(record[place + 2 : place + 4], "big")
        place += 4
        if kind == _ALPN:
            return bool(_WEB & set(_names(record[place + 2 : place + size])))
        place += size
    return False


def _names(listed: bytes) -> list[bytes]:
    found = []
    while listed:
        size = listed[0]
        found.append(listed[1 : 1 + size])
        listed = listed[1 + size :]
    return found
