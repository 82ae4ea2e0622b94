"""What a page would have sent: captured in a rehearsal, and never let go.

The rule. Of a request that is captured nothing is answered: a navigation ends in "no content", so
that its page stays as it is; a fetch, a beacon, an upload and a WebSocket fail, as where the
network is gone. So what would have followed an answer is not rehearsed.

Promises
- No request that is held is sent; each is told with its method, address and body, once for each
  time that the page tried to send it, in order.
- A request that fetches (GET, HEAD, OPTIONS) is not held and goes out, as far as the hold lets it:
  a rehearsal reads from the world. While it is ``thorough``, none of these goes out either.
- What would take a secret is hidden; then no hash of the body is told either.

Does not promise
- That fetching changes nothing: a server may count, or act, on a GET.
- That what a page does without an answer is what it would have done with one.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from handrail.actuators.held import HeldRequest, RequestBody
from handrail.sandbox.rehearsal.consequences import RequestConsequence, RequestField

_LONGEST = 8_000
_MOST_FIELDS = 200  # further ones are cut off where the body is read


@dataclass(frozen=True)
class Caught:
    """One request that was not sent, and when, in seconds since the epoch.

    ``leaves``: its answer would have taken the place of a whole tab's page.
    """

    at: float
    request: RequestConsequence
    leaves: bool


class Capturing:
    """The warden of a rehearsal: it lets nothing go, and remembers all of it."""

    lent = False

    def __init__(
        self, clean: Callable[[str], str] = str, clock: Callable[[], float] = time.time
    ) -> None:
        self.caught: list[Caught] = []
        self.thorough = False
        self._clean = clean
        self._clock = clock

    @property
    def left(self) -> bool:
        """Tell whether a page was about to be left: nothing beyond can be rehearsed."""
        return any(one.leaves for one in self.caught)

    def decide(self, request: HeldRequest) -> bool:
        """Remember a request, and stop it."""
        leaves = request.top and request.kind == "navigation"
        told = consequence_of(request, self._clean)
        self.caught.append(Caught(self._clock(), told, leaves))
        return False


def consequence_of(request: HeldRequest, clean: Callable[[str], str] = str) -> RequestConsequence:
    """Return what may be written down of a request, secrets hidden."""
    told = request.cleaned(clean)
    # ``data`` is gone from what was cleaned, and what is secret is known only then.
    raw, shown = request.body, told.body
    if raw is None or shown is None:
        return RequestConsequence(
            method=told.method, url=told.url, source=_source(told), page=told.page
        )
    return RequestConsequence(
        method=told.method,
        url=told.url,
        source=_source(told),
        page=told.page,
        content_type=shown.content_type.partition(";")[0].strip().lower(),
        fields=tuple(RequestField(name=p.name, value=p.value, file=p.file) for p in shown.parts),
        body=_shown(shown),
        body_digest="" if shown.secret else hashlib.sha256(raw.data).hexdigest(),
        whole=shown.whole and len(shown.parts) < _MOST_FIELDS,
    )


def _source(request: HeldRequest) -> str:
    return f"redirect of {request.hop_of}" if request.hop_of else request.kind


def _shown(body: RequestBody) -> str:
    if not body.parts:
        return body.text[:_LONGEST]
    lines = (f"{p.name}={p.file or p.value}" for p in body.parts)
    return "\n".join(lines)[:_LONGEST]
