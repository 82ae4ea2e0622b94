"""Grants: capabilities for jobs, such as "up to 20 submits on this origin today".

A grant is a chain of blocks, each of which only adds conditions; all of them must hold. Its seal is
a chain of keyed hashes as in macaroons (Birgisson et al., NDSS 2014): HMAC-SHA-256 of the id with a
secret that stays in the ledger, then of each block with the seal before it. So whoever holds a
grant can narrow it without the secret, and nobody can take a block off or change one.

Promises
- The first block names where (origins, or a window), which effects, how many uses and until when:
  no grant is without these. The effects ``destroy``, ``system`` and ``unknown`` cannot be granted.
- A grant covers an action only where every block holds for its kind and effect and for every place
  that it lands on or leads to. In a browser an origin is needed: a page chooses its own title.
- It never covers what the rules want rehearsed.

Does not promise
- Secrecy: whoever reads the file of a grant can use it, and narrow it.
- Anything against a clock that is turned back.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
)

from handrail.actuators.observation import Surface
from handrail.sandbox.addresses import OriginPattern
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.errors import GrantError, UnreadableHost
from handrail.sandbox.journal_reading import canonical
from handrail.sandbox.rules import ActionKind

MOST_USES = 100_000
_LONGEST = 64 * 1024
_HEX = r"^[0-9a-f]{64}$"

Grantable = Literal["navigate", "edit", "commit"]
_Origin = Annotated[str, AfterValidator(lambda text: str(OriginPattern.parse(text)))]


class Block(BaseModel):
    """Conditions of a grant; None sets none. ``window``: a title, or a prefix and ``*``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: Annotated[tuple[_Origin, ...], Field(min_length=1, max_length=64)] | None = None
    window: Annotated[str, Field(min_length=2, max_length=200)] | None = None
    effects: Annotated[tuple[Grantable, ...], Field(min_length=1)] | None = None
    kinds: Annotated[tuple[ActionKind, ...], Field(min_length=1)] | None = None
    uses: Annotated[int, Strict(), Field(ge=1, le=MOST_USES)] | None = None
    until: Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))] | None = None

    @property
    def whole(self) -> bool:
        """Tell whether a grant may begin with this block."""
        somewhere = self.origins is not None or self.window is not None
        return somewhere and None not in (self.effects, self.uses, self.until)

    def holds(self, request: ApprovalRequest, now: datetime) -> bool:
        """Tell whether every condition but the number of uses holds."""
        if self.until is not None and now >= self.until:
            return False
        if self.effects is not None and request.effect not in self.effects:
            return False
        if self.kinds is not None and request.action.kind not in self.kinds:
            return False
        return bool(request.places) and all(map(self._there, request.places))

    def sealed(self, before: bytes) -> bytes:
        """Return the seal of a chain that ends in this block, from the seal before it."""
        text = canonical(self.model_dump(mode="json", exclude_none=True))
        return hmac.digest(before, text, "sha256")

    def told(self) -> str:
        """Return the conditions in words."""
        parts = [
            "" if self.uses is None else f"up to {self.uses} uses",
            "" if self.effects is None else f"{', '.join(self.effects)} effects",
            "" if self.kinds is None else f"of {', '.join(self.kinds)}",
            "" if self.origins is None else f"at {', '.join(self.origins)}",
            "" if self.window is None else f'in the window "{self.window}"',
            "" if self.until is None else f"until {self.until.astimezone():%Y-%m-%d %H:%M}",
        ]
        return " ".join(part for part in parts if part) or "no further condition"

    def _there(self, place: Surface) -> bool:
        if self.origins is not None and not any(_from(place, o) for o in self.origins):
            return False
        if self.window is None:
            return True
        title, wanted = place.window.raw, self.window
        fits = title.startswith(wanted[:-1]) if wanted.endswith("*") else title == wanted
        return place.kind != "browser" and fits


class Grant(BaseModel):
    """A capability as it is carried about: an id, its blocks, and the seal (hex) of them all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    handrail_grant: Literal[1] = 1
    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    blocks: tuple[Block, ...] = Field(min_length=1, max_length=16)
    seal: str = Field(pattern=_HEX)

    @classmethod
    def issued(cls, number: str, block: Block, secret: bytes) -> Self:
        """Return a new grant. Raises GrantError where its block leaves something open."""
        if not block.whole:
            raise GrantError("a grant says where, which effects, how many uses, and until when")
        return cls(id=number, blocks=(block,), seal=block.sealed(_root(number, secret)).hex())

    def narrowed(self, block: Block) -> Self:
        """Return this grant under further conditions; nothing but the grant itself is needed."""
        try:
            seal = block.sealed(bytes.fromhex(self.seal)).hex()
            return type(self)(id=self.id, blocks=(*self.blocks, block), seal=seal)
        except ValidationError as error:
            raise GrantError(f"it cannot be narrowed: {error.errors()[0]['msg']}") from error

    def check(self, secret: bytes) -> None:
        """Insist that the seal was made from this secret. Raises GrantError."""
        *_, (_, last) = self.links(secret)
        if not hmac.compare_digest(last.hex(), self.seal) or not self.blocks[0].whole:
            raise GrantError(f"grant {self.id} is forged or was changed: its seal does not fit")

    def links(self, secret: bytes) -> Iterator[tuple[Block, bytes]]:
        """Yield each block with the seal of the chain up to it."""
        seal = _root(self.id, secret)
        for block in self.blocks:
            seal = block.sealed(seal)
            yield block, seal

    def covers(self, request: ApprovalRequest, now: datetime) -> bool:
        """Tell whether every block holds, but for the number of uses."""
        return not request.rehearsal and all(block.holds(request, now) for block in self.blocks)

    def told(self) -> str:
        """Return what is granted, in words."""
        return "; and ".join(block.told() for block in self.blocks)


def read_grant(path: Path) -> Grant:
    """Read the file of a grant. Raises GrantError."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise GrantError(f"{path}: the grant cannot be read: {error.strerror}") from error
    if len(data) > _LONGEST:
        raise GrantError(f"{path}: is longer than {_LONGEST:,} bytes: that is no grant")
    try:
        return Grant.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise GrantError(f"{path}: is no grant: {where or 'the file'}: {first['msg']}") from error


def link_name(seal: bytes) -> str:
    """Return the name under which the uses of a chain are counted; the seal stays a secret."""
    return hashlib.sha256(b"handrail uses " + seal).hexdigest()


def _root(number: str, secret: bytes) -> bytes:
    return hmac.digest(secret, canonical({"handrail_grant": 1, "id": number}), "sha256")


def _from(place: Surface, origin: str) -> bool:
    try:
        return OriginPattern.parse(origin).matches(place.url)
    except UnreadableHost:
        return False
