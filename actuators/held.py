"""Requests that a page is about to send and that wait: what they say, and who lets them go.

The body is read for people: fields of a form, of JSON, of a multipart body, each by its name. What
only its name makes a secret (a password) is hidden in what may be shown; values that Handrail
typed are taken out by a censor.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from handrail.actuators.secret_names import hidden_in_address

RequestKind = Literal["navigation", "fetch", "beacon", "websocket", "download", "other"]
"""What a request is for. ``navigation``: it brings a document to a tab or a frame; ``download``:
the document would become a file; ``websocket``: it opens a connection that then says anything."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that by rights change nothing (RFC 9110, section 9.2.1)."""
_SHOWN = 4_000


@dataclass(frozen=True)
class BodyPart:
    """One field of a body. ``file``: the name of the file that it uploads; ``size`` in bytes."""

    name: str
    value: str
    file: str = ""
    size: int = 0


@dataclass(frozen=True)
class RequestBody:
    """A body as it would be sent: ``data`` raw, ``parts`` and ``text`` fit to be shown.

    ``whole``: the browser told all of it. ``parts`` is empty where it has no fields; then ``text``
    is what can be read of it. ``secret``: something in it is hidden, so that no hash of ``data``
    may be written down.
    """

    content_type: str
    data: bytes = field(repr=False)
    parts: tuple[BodyPart, ...] = ()
    text: str = ""
    whole: bool = True
    secret: bool = False


@dataclass(frozen=True)
class HeldRequest:
    """A request that waits. ``url`` without a user's name and password; ``page``: the address of
    the page whose frame sends it, empty where that is not known.

    ``top``: of a navigation, that it is a whole tab's. ``hop_of``: the address of the request that
    was redirected to this one, empty where none was. ``headers``: the few that say what it is.
    """

    method: str
    url: str
    kind: RequestKind
    page: str = ""
    top: bool = False
    hop_of: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: RequestBody | None = None

    def cleaned(self, clean: Callable[[str], str]) -> "HeldRequest":
        """Return it as it may be shown: without the values that ``clean`` takes out of texts.

        So are values in addresses whose names say that they are secret; ``data`` is emptied. Texts
        are cut only afterwards, as half a secret would not be found.
        """
        told = replace(
            self,
            url=hidden_in_address(clean(self.url)),
            page=hidden_in_address(clean(self.page)),
            hop_of=hidden_in_address(clean(self.hop_of)),
            headers=tuple((name, hidden_in_address(clean(v))) for name, v in self.headers),
        )
        if self.body is None:
            return told
        parts = tuple(
            replace(p, name=clean(p.name), value=clean(p.value), file=clean(p.file))
            for p in self.body.parts
        )
        text = clean(self.body.text)
        changed = (parts, text) != (self.body.parts, self.body.text)
        shown = tuple(replace(part, value=part.value[:_SHOWN]) for part in parts)
        body = replace(self.body, data=b"", parts=shown, text=text[:_SHOWN])
        return replace(told, body=replace(body, secret=self.body.secret or changed))


class RequestWarden(Protocol):
    """Decides about requests that wait.

    An actuator that was given one holds every request that is not safe. Whoever calls the actuator
    is who ``decide`` runs for: it is called on the caller's thread, within any of the actuator's
    methods, and may take its time; the request waits, and so does the method.
    """

    @property
    def lent(self) -> bool:
        """Tell whether a person has the screen: then nothing is held. Asked from any thread."""
        ...

    @property
    def thorough(self) -> bool:
        """Tell whether what only fetches waits, too. Asked from any thread."""
        ...

    def decide(self, request: HeldRequest) -> bool:
        """Return whether the request may be sent. What it raises stops the request."""
        ...
