"""A paused request of the browser's Fetch domain, read into what a warden is asked about."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from handrail.actuators.browser_words import without_user
from handrail.actuators.held import SAFE_METHODS, HeldRequest, RequestKind
from handrail.actuators.held_body import read_body

_KINDS: dict[str, RequestKind] = {
    "Document": "navigation", "XHR": "fetch", "Fetch": "fetch", "Ping": "beacon",
}  # fmt: skip
_TELLING = ("content-type", "origin", "referer", "content-disposition")
_SHOWN_INSIDE = ("text/", "image/", "video/", "audio/", "multipart/x-mixed-replace")
_SHOWN_TYPES = frozenset(
    f"application/{name}"
    for name in ("xhtml+xml", "xml", "json", "javascript", "pdf", "rss+xml", "atom+xml")
)


@dataclass(frozen=True)
class Sender:
    """Whose frame sends a request: the address of its page, and whether the frame is a tab's."""

    page: str = ""
    top: bool = False


@dataclass
class Paused:
    """One pause of one request, as the browser told it."""

    event: dict[str, Any]
    hop_of: str = ""
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        told = self.event["request"].get("headers", {})
        self.headers = {name.lower(): str(value) for name, value in told.items()}

    @property
    def id(self) -> str:
        """Return what the browser calls this pause."""
        return str(self.event["requestId"])

    @property
    def network(self) -> str:
        """Return what its hops have in common, empty where the browser does not tell."""
        return str(self.event.get("networkId", ""))

    @property
    def frame(self) -> str:
        """Return what the browser calls the frame that sends it."""
        return str(self.event.get("frameId", ""))

    @property
    def method(self) -> str:
        """Return its method."""
        return str(self.event["request"]["method"]).upper()

    @property
    def url(self) -> str:
        """Return the whole address, with a fragment where it has one."""
        request = self.event["request"]
        return str(request["url"]) + str(request.get("urlFragment", ""))

    @property
    def answered(self) -> bool:
        """Tell whether the server has answered: what is paused is what becomes of it."""
        return "responseStatusCode" in self.event or "responseErrorReason" in self.event

    @property
    def document(self) -> bool:
        """Tell whether it brings a document to a frame."""
        return self.event.get("resourceType") == "Document"

    @property
    def installs(self) -> bool:
        """Tell whether it fetches the script of a service worker, which would outlive its page."""
        return "service-worker" in self.headers

    @property
    def saves(self) -> bool:
        """Tell whether its answer would be saved as a file."""
        if not self.document:
            return False
        if not self.answered:
            return not self.network and self.method in SAFE_METHODS  # a link with ``download``
        told = {h["name"].lower(): h["value"] for h in self.event.get("responseHeaders", [])}
        status = int(self.event.get("responseStatusCode", 0))
        if not 200 <= status < 300 or status == 204:
            return False
        if told.get("content-disposition", "").strip().lower().startswith("attachment"):
            return True
        kind = told.get("content-type", "text/html").partition(";")[0].strip().lower()
        return not (kind.startswith(_SHOWN_INSIDE) or kind in _SHOWN_TYPES or not kind)

    def hands_over(self, sender: Sender) -> bool:
        """Tell whether it takes a tab to another site with a query that its page has made."""
        parts, here = urlsplit(self.url), urlsplit(sender.page)
        elsewhere = (parts.scheme, parts.netloc) != (here.scheme, here.netloc)
        web = parts.scheme in {"http", "https"}
        return self.document and sender.top and web and elsewhere and bool(parts.query)

    def told(self, sender: Sender) -> HeldRequest:
        """Return what a warden is asked."""
        request = self.event["request"]
        kind: RequestKind = _KINDS.get(str(self.event.get("resourceType")), "other")
        body = None
        if request.get("hasPostData") or request.get("postData") or self._may_have_body():
            data, whole = _data(request)
            body = read_body(self.headers.get("content-type", ""), data, whole)
        return HeldRequest(
            method=self.method,
            url=without_user(self.url),
            kind="download" if self.saves else kind,
            page=without_user(sender.page),
            top=sender.top and self.document,
            hop_of=without_user(self.hop_of),
            headers=tuple(
                (n, without_user(self.headers[n])) for n in _TELLING if n in self.headers
            ),
            body=body,
        )

    def _may_have_body(self) -> bool:
        return "content-type" in self.headers and self.method not in SAFE_METHODS


def _data(request: dict[str, Any]) -> tuple[bytes, bool]:
    """Return the bytes of a body as far as the browser tells them, and whether that is all."""
    entries = request.get("postDataEntries")
    if not entries:
        text = request.get("postData")
        return (b"", False) if text is None else (str(text).encode("utf-8", "replace"), True)
    data, whole = b"", True
    for entry in entries:
        try:
            data += base64.b64decode(entry["bytes"], validate=True)
        except (KeyError, binascii.Error):
            whole = False  # a file, which is read from the disk only while it is sent
    return data, whole
