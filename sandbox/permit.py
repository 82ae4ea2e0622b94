"""Permits: single-use, short-lived, for exactly one action.

Promises
- ``redeem`` passes only for a permit that this very office issued, for the same action (by its
  digest), on the terms that stand now (its run, the screen it was decided on, the policy), not yet
  shown to it, and not expired. Otherwise it raises ``PermitRefused``.
- A permit that was shown once is spent, also where it was shown with the wrong action.
- Permits cannot be made up without the office's key, which is random, never leaves the object and
  dies with it: a permit of yesterday's run or of another process is worth nothing.

Who holds the key: the office alone, which the run makes and hands to its gate, to issue, and to its
actuator, to redeem. Both are in the run's process, as every actuator is today, so a keyed hash
(HMAC-SHA-256, RFC 2104) is enough.

The seam: all that an actuator is given is a ``PermitVerifier`` (``actuators/base.py``). One in
another process or on another host must not hold this key, for who can check such a seal can make
one. It would be given a verifier with the office's public key (Ed25519, RFC 8032; the office keeps
the private one), told the terms that stand by the office, with a memory of its own of the numbers
that were shown to it: single use must hold where the action happens.

Does not promise
- Protection from code in the same process that reads the office's memory.
- That expiry counts time in which the machine slept: the clock is monotonic.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from handrail.actuators.actions import Action, digest
from handrail.actuators.base import Permit as AnyPermit
from handrail.actuators.errors import PermitRefused
from handrail.sandbox.journal_reading import canonical

LIFETIME_SECONDS = 30.0


@dataclass(frozen=True)
class Terms:
    """What a permit holds for beside its action; each is empty where nothing was said of it.

    ``run``: the run's id; ``screen``: the fingerprint of the screen that the action was decided on;
    ``policy``: the rulebook's digest.
    """

    run: str = ""
    screen: str = ""
    policy: str = ""


@dataclass(frozen=True)
class Permit:
    """A permission slip: ``expires`` is on the office's clock, ``seal`` its HMAC-SHA-256 (hex)."""

    number: str
    action_digest: str
    expires: float
    seal: str
    terms: Terms = Terms()


class PermitOffice:
    """Issue permits and spend them; safe to use from several threads."""

    def __init__(
        self, lifetime: float = LIFETIME_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not lifetime > 0:
            raise ValueError(f"a permit's lifetime must be more than 0 seconds, not {lifetime!r}")
        self._lifetime = lifetime
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._open: dict[str, float] = {}
        self._terms = Terms()
        self._lock = threading.Lock()

    def bind(self, terms: Terms) -> None:
        """Let these terms stand: later permits hold for them, earlier ones for others no more."""
        with self._lock:
            self._terms = terms

    def issue(self, action: Action) -> Permit:
        """Return a fresh permit for this action, on the terms that stand."""
        number = secrets.token_hex(16)
        with self._lock:
            now = self._clock()
            self._open = {n: end for n, end in self._open.items() if end >= now}
            expires = now + self._lifetime
            self._open[number] = expires
            terms = self._terms
        what = digest(action)
        return Permit(number, what, expires, self._seal(number, what, expires, terms), terms)

    def redeem(self, permit: AnyPermit, action: Action) -> None:
        """Spend the permit for this action, or raise PermitRefused."""
        if not isinstance(permit, Permit) or not hmac.compare_digest(
            permit.seal.encode(),
            self._seal(permit.number, permit.action_digest, permit.expires, permit.terms).encode(),
        ):
            raise PermitRefused("this permit was not issued for this run; nothing was done")
        with self._lock:
            known = self._open.pop(permit.number, None)
            expired = self._clock() > permit.expires
            terms = self._terms
        # Expiry first: issue() forgets expired numbers, which must not read as "already used".
        if expired:
            raise PermitRefused("the permit has expired; submit the action again")
        if known is None:
            raise PermitRefused("the permit was already used; every action needs its own")
        for name in ("run", "screen", "policy"):
            if getattr(permit.terms, name) != getattr(terms, name):
                raise PermitRefused(f"the permit is for another {name}; it is spent now")
        if permit.action_digest != digest(action):
            raise PermitRefused("the permit is for another action; it is spent now")

    def _seal(self, number: str, what: str, expires: float, terms: Terms) -> str:
        text = canonical({
            "action": what, "expires": repr(expires), "number": number,
            "policy": terms.policy, "run": terms.run, "screen": terms.screen,
        })  # fmt: skip
        return hmac.digest(self._key, text, "sha256").hex()
