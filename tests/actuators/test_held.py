"""Bodies as people see them, and the first words of TLS."""

import ssl

import pytest

from handrail.actuators.held_body import read_body
from handrail.actuators.secret_names import hidden_in_address, hidden_in_text, names_secret
from handrail.actuators.tls_hello import RECORD_HEAD, record_size, speaks_web

BOUNDARY = (
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="b.txt"\r\n\r\nabc\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("kind", "data", "parts"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=%20&a=", [("a", "1"), ("b", " "), ("a", "")]),
        ("application/x-www-form-urlencoded", b"newPassword=x", [("newPassword", "[hidden]")]),
        ("application/json", b'{"a": {"b": [1, "x"]}, "c": null}',
         [("a.b[0]", "1"), ("a.b[1]", "x"), ("c", "null")]),
        ("text/plain", b'{"user": {"api_key": "k"}}', [("user.api_key", "[hidden]")]),
        ("multipart/form-data; boundary=x", BOUNDARY, [("a", "1"), ("f", "")]),
    ],
)  # fmt: skip
def test_fields_are_read_by_their_names(
    kind: str, data: bytes, parts: list[tuple[str, str]]
) -> None:
    body = read_body(kind, data, whole=True)
    assert [(part.name, part.value) for part in body.parts] == parts
    assert body.secret == any(value == "[hidden]" for _, value in parts)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("application/json", b"{broken", "{broken"),
        ("application/json", b"[" * 100_000, "[" * 64_000),
        ("multipart/form-data", b"no parts", "no parts"),
        ("application/octet-stream", b"\xff\xfe\x00", "(3 bytes that are no text)"),
        ("text/plain", b"user=a\r\npassword=x y\r\nc=1", "user=a\r\npassword=[hidden]\r\nc=1"),
    ],
)
def test_what_has_no_fields_is_told_as_text(kind: str, data: bytes, text: str) -> None:
    body = read_body(kind, data, whole=True)
    assert (body.parts, body.text) == ((), text)


def test_a_body_of_many_fields_is_cut_and_not_hashed() -> None:
    data = "&".join(f"a{n}=1" for n in range(300)).encode()
    body = read_body("application/x-www-form-urlencoded", data, whole=True)
    assert len(body.parts) == 200
    assert body.secret


def test_names_of_secrets() -> None:
    assert all(
        map(
            names_secret,
            ("password", "user[password]", "csrfToken", "PIN", "api-key", "loginpasswordagain"),
        )
    )
    assert not any(map(names_secret, ("passenger", "spinner", "author", "compass")))
    assert hidden_in_text('"secret": "x"') == '"secret": [hidden]'
    assert (
        hidden_in_address("/a?pin=1&b&c=&d=2#token=3") == "/a?pin=[hidden]&b&c=&d=2#token=[hidden]"
    )


def _hello(*protocols: str) -> bytes:
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    sent = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="a.test").do_handshake()
    return sent.read()


def test_the_web_is_known_by_its_first_words() -> None:
    web = _hello("h2", "http/1.1")
    assert record_size(web[:RECORD_HEAD]) == len(web) - RECORD_HEAD
    assert speaks_web(web[RECORD_HEAD:])
    assert not speaks_web(_hello()[RECORD_HEAD:])
    assert not speaks_web(_hello("webrtc")[RECORD_HEAD:])
    assert not speaks_web(b"\x02")
    assert not speaks_web(web[RECORD_HEAD:60])
    with pytest.raises(ValueError, match="no beginning of TLS"):
        record_size(b"\x00\x03\x00\x08!")
