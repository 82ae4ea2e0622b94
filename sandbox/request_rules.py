"""Rules on requests: which of them may leave a browser, beside what its actions may do.

Promises
- A rule matches method, purpose, and the host, origin and path that a request goes to, and only
  where every condition that it names holds. An address that cannot be read restricts and never
  allows.
- A rule that allows names an origin or a host, and a page where it says ``page``; with neither, any
  site could be sent anything.

Does not promise
- To look into bodies: who must, asks.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from handrail.actuators.held import HeldRequest, RequestKind
from handrail.sandbox.addresses import OriginPattern, PathPattern, path_of
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of
from handrail.sandbox.requests import web_address
from handrail.sandbox.rules import Hold

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _methods(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value or not _TOKEN.issuperset(value):
            raise ValueError(f'{value!a} is no method; allowed: "POST", "PUT", "DELETE", ...')
    if not values:
        raise ValueError("the list is empty; name at least one, or leave the field out")
    return values


def _some(values: tuple[RequestKind, ...]) -> tuple[RequestKind, ...]:
    if not values:
        raise ValueError("the list is empty; name at least one, or leave the field out")
    return values


def _origin(text: str) -> str:
    return str(OriginPattern.parse(text))


class RequestRule(BaseModel):
    """One rule: every condition that is given must hold for it to match.

    ``host``, ``origin``, ``path``: where the request goes. ``page``: the origin that sends it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["allow", "ask", "deny"]
    methods: Annotated[tuple[str, ...], AfterValidator(_methods)] | None = None
    purposes: Annotated[tuple[RequestKind, ...], AfterValidator(_some)] | None = None
    host: Annotated[str, AfterValidator(lambda text: str(HostPattern.parse(text)))] | None = None
    origin: Annotated[str, AfterValidator(_origin)] | None = None
    path: Annotated[str, AfterValidator(lambda text: str(PathPattern.parse(text)))] | None = None
    page: Annotated[str, AfterValidator(_origin)] | None = None

    @model_validator(mode="after")
    def _no_silent_grant(self) -> Self:
        if self.decision == "allow" and self.origin is None and self.host is None:
            raise ValueError("allowing a request needs the origin or the host that it goes to")
        return self

    def holds(self, request: HeldRequest) -> Hold:
        """Tell how far every condition of this rule holds."""
        if self.methods is not None and request.method not in self.methods:
            return Hold.NO
        if self.purposes is not None and request.kind not in self.purposes:
            return Hold.NO
        try:
            return Hold.YES if self._there(request) else Hold.NO
        except UnreadableHost:
            return Hold.UNSURE

    def _there(self, request: HeldRequest) -> bool:
        """Tell whether the addresses fit. Raises UnreadableHost."""
        url = web_address(request.url)
        if self.page is not None and not OriginPattern.parse(self.page).matches(request.page):
            return False
        if self.origin is not None and not OriginPattern.parse(self.origin).matches(url):
            return False
        if self.host is not None:
            host = host_of(url)
            if host is None or not HostPattern.parse(self.host).matches(host):
                return False
        if self.path is None:
            return True
        path = path_of(url)
        return path is not None and PathPattern.parse(self.path).matches(path, self._exactly)

    @property
    def _exactly(self) -> bool:
        return self.decision == "allow"
