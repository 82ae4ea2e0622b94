"""Held requests as the policy sees them: their class, where they come from and go to, their kind.

Promises
- The class follows from the method and the purpose alone: DELETE is ``destroy``; every other method
  that is not safe, and a WebSocket, is ``commit``; a file that would be saved is ``edit``; a page
  that is fetched is ``navigate``.
- Two requests are of one kind only where method, purpose, origin and path are equal, and the origin
  of the page that sends them.
- What is written down of a body has no hash where anything in it is hidden: short secrets could be
  guessed from one.

Does not promise
- That a method tells the truth: a server may delete by GET.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from handrail.actuators.base import sanitise
from handrail.actuators.held import SAFE_METHODS, HeldRequest
from handrail.actuators.observation import storable
from handrail.sandbox.rules import EffectClass

_SHOWN, _BODY = 2_000, 4_000
_LONGEST_KIND = 300


@dataclass(frozen=True)
class RequestKind:
    """What requests of one kind share."""

    method: str
    purpose: str
    origin: str
    path: str
    page: str

    @classmethod
    def of(cls, request: HeldRequest) -> "RequestKind":
        """Return the kind of a request."""
        path = urlsplit(web_address(request.url)).path or "/"
        return cls(
            request.method,
            request.kind,
            origin_text(request.url),
            path,
            origin_text(request.page),
        )

    def told(self) -> str:
        """Return in words every request that is of this kind."""
        page = self.page or "no page that is known"
        return f"every {self.method} ({self.purpose}) to {self.origin}{self.path} from {page}"

    @property
    def plain(self) -> bool:
        """Tell whether it can be shown whole, as it must be to be approved."""
        said = self.told()
        return len(said) <= _LONGEST_KIND and sanitise(said, _LONGEST_KIND) == said


def effect_of(request: HeldRequest) -> EffectClass:
    """Return the class of effect that a request has by rights."""
    if request.method == "DELETE":
        return "destroy"
    if request.method not in SAFE_METHODS or request.kind == "websocket":
        return "commit"
    return "edit" if request.kind == "download" else "navigate"


def web_address(url: str) -> str:
    """Return an address as rules compare it: a WebSocket's host is the web's own."""
    for scheme, same in (("ws:", "http:"), ("wss:", "https:")):
        if url.lower().startswith(scheme):
            return same + url[len(scheme) :]
    return url


def origin_text(url: str) -> str:
    """Return scheme, host and port as they stand in an address, or all of it that can be told."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url[:_LONGEST_KIND]
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:" * bool(url)


def body_lines(request: HeldRequest) -> tuple[tuple[str, str], ...]:
    """Return what may be shown of a body, each under its label."""
    body = request.body
    if body is None:
        return ()
    lines = [
        ("field " + part.name, _value(part.value, part.file, part.size)) for part in body.parts
    ]
    if body.text:
        lines.append(("body", body.text))
    if not body.whole:
        lines.append(("body", "not all of it is known before it is sent: files, or a stream"))
    return tuple(lines)


def _value(value: str, file: str, size: int) -> str:
    return f'the file "{file}" ({size} bytes that are known)' if file else value


def body_written(request: HeldRequest, told: HeldRequest) -> tuple[str, str]:
    """Return what may be written down of a body, cut, and the SHA-256 of all of it where it may.

    ``told`` is the request without secrets.
    """
    body, shown = request.body, told.body
    if body is None or shown is None:
        return "", ""
    text = "\n".join(f"{label}: {said}" for label, said in body_lines(told))
    digest = "" if shown.secret or not body.whole else hashlib.sha256(body.data).hexdigest()
    return storable(text[:_BODY]), digest


def address_written(url: str) -> str:
    """Return an address as UTF-8 can hold it, cut."""
    return storable(url[:_SHOWN])
