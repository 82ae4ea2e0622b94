"""Read a request's body for people: the fields of a form, of JSON, of a multipart body.

What cannot be read stands as its size; a field whose name says that it takes a secret stands
hidden.
"""

import json
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from urllib.parse import parse_qsl

from handrail.actuators.held import BodyPart, RequestBody
from handrail.actuators.secret_names import HIDDEN, hidden_in_text, names_secret

_MOST_PARTS = 200
_LONGEST = 64_000  # far beyond what is shown: see ``HeldRequest.cleaned``


def read_body(content_type: str, data: bytes, whole: bool) -> RequestBody:
    """Return a body with what may be shown of it; ``whole``: the browser told all of it."""
    kind = content_type.partition(";")[0].strip().lower()
    parts: list[BodyPart] = []
    text = ""
    try:
        if kind == "application/x-www-form-urlencoded":
            parts = _of_form(data)
        elif kind == "multipart/form-data":
            parts = _of_multipart(content_type, data)
        elif kind.endswith(("json", "+json")) or data[:1] in (b"{", b"["):
            parts = _leaves("", json.loads(data))
        else:
            text = data.decode("utf-8")
    except (ValueError, RecursionError):
        parts, text = [], _as_text(data)
    told = [_hidden(part) for part in parts[:_MOST_PARTS]]
    shown = hidden_in_text(text[:_LONGEST])
    secret = any(part.value == HIDDEN for part in told) or shown != text[:_LONGEST]
    # What is left out may hold a secret, too.
    secret = secret or len(parts) > _MOST_PARTS or len(text) > _LONGEST
    return RequestBody(content_type, data, tuple(told), shown, whole, secret)


def _of_form(data: bytes) -> list[BodyPart]:
    pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, errors="replace")
    return [BodyPart(name, value, size=len(value.encode())) for name, value in pairs]


def _of_multipart(content_type: str, data: bytes) -> list[BodyPart]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    message = message_from_bytes(head + data, policy=HTTP)
    if not message.is_multipart():
        raise ValueError("no parts")
    return [_part(part) for part in message.walk() if not part.is_multipart()]


def _part(part: Message) -> BodyPart:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    name = part.get_param("name", "", header="content-disposition")
    file = part.get_filename()
    value = "" if file is not None else _as_text(data)
    return BodyPart(
        str(name), value[:_LONGEST], file or ("(no name)" * (file is not None)), len(data)
    )


def _leaves(name: str, value: object) -> list[BodyPart]:
    """Return the values of JSON, each under the path of names that leads to it."""
    if isinstance(value, dict) and value:
        pairs = [(f"{name}.{key}" if name else str(key), one) for key, one in value.items()]
    elif isinstance(value, list) and value:
        pairs = [(f"{name}[{number}]", one) for number, one in enumerate(value)]
    else:
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return [BodyPart(name, said[:_LONGEST], size=len(said.encode("utf-8", "replace")))]
    return [leaf for key, one in pairs for leaf in _leaves(key, one)]


def _as_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(data)} bytes that are no text)"


def _hidden(part: BodyPart) -> BodyPart:
    if part.value and names_secret(part.name):
        return BodyPart(part.name, HIDDEN, part.file, part.size)
    return part
