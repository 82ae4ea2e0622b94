"""Hosts: the one form in which a rule's host and a page's host are compared.

Promises
- Hosts are compared label by label in lower-case ASCII (IDNA), without a trailing dot, never as a
  part of an address string: ``evil.org/?example.org`` and ``example.org.evil.org`` do not match
  ``example.org``.
- ``*.example.org`` matches every host below example.org, and not example.org itself.
- A pattern without a port matches any port; with one, the port must be the page's, where 80 and 443
  stand for http's and https's own.
- An address on which browsers and this reader could disagree (backslashes, blanks, percent signs in
  the host, letters whose IDNA form changed between versions) is ``UnreadableHost``, not a guess.

Does not promise
- To know look-alike letters, public suffixes or who owns a host.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import urlsplit

from handrail.sandbox.errors import UnreadableHost

PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# IDNA 2003 (Python's codec) and 2008 (browsers) turn these into different hosts.
_DEVIATING = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
_FORMS = 'allowed: "example.org", "example.org:8443", "*.example.org", "127.0.0.1", "[::1]:80"'


@dataclass(frozen=True)
class Host:
    """A host in its one form (IPv6 without brackets), and a port."""

    name: str
    port: int


def _normal(name: str) -> str:
    """Return the host in lower-case ASCII. Raises UnreadableHost."""
    if ":" in name:
        try:
            return ipaddress.IPv6Address(name).compressed
        except ValueError as error:
            raise UnreadableHost(f"{name!a} is not an IPv6 address") from error
    if _DEVIATING.intersection(name):
        raise UnreadableHost(f"write {name!a} in its xn-- form: its IDNA form is ambiguous")
    try:
        plain = name.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise UnreadableHost(f"{name!a} has no IDNA form") from error
    labels = plain.split(".")
    if len(plain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UnreadableHost(f"{name!a} is not a host name")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        try:
            return str(ipaddress.IPv4Address(plain))
        except ValueError as error:
            raise UnreadableHost(f"{name!a} is not an IPv4 address") from error
    return plain


@lru_cache(maxsize=4096)
def host_of(url: str) -> Host | None:
    """Return a page's host, or None where its address has none (not http or https).

    Raises UnreadableHost where the address is of http or https and its host is not certain.
    """
    if not url.lower().startswith(("http:", "https:")):
        return None
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise UnreadableHost(f"blanks or backslashes in {url[:80]!a}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnreadableHost(f"{url[:80]!a} is not an address: {error}") from error
    if not parts.hostname:
        raise UnreadableHost(f"{url[:80]!a} names no host")
    return Host(_normal(parts.hostname), PORTS[parts.scheme] if port is None else port)


@dataclass(frozen=True)
class HostPattern:
    """A host, or every host below one; ``port`` None means any."""

    name: str
    below: bool = False
    port: int | None = None

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises ValueError with the forms that are allowed."""
        found = re.fullmatch(
            r"(\*\.)?(\[[0-9a-fA-F:.]+\]|[^\[\]:/@?#\\*\s]+)(?::([0-9]{1,5}))?", text
        )
        if found is None:
            raise ValueError(f"{text!a} is not a host; {_FORMS}")
        below, name, port = bool(found[1]), found[2].strip("[]"), found[3]
        try:
            plain = _normal(name)
        except UnreadableHost as error:
            raise ValueError(f"{error}; {_FORMS}") from error
        numeric = ":" in plain or plain.rpartition(".")[2].isdigit()
        if (below and numeric) or (port is not None and not 0 < int(port) < 65536):
            raise ValueError(f"{text!a} is not a host; {_FORMS}")
        return cls(plain, below, None if port is None else int(port))

    def matches(self, host: Host) -> bool:
        """Tell whether the host is this one, or below it."""
        if self.port is not None and host.port != self.port:
            return False
        return host.name.endswith("." + self.name) if self.below else host.name == self.name

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{'*.' if self.below else ''}{name}{'' if self.port is None else f':{self.port}'}"
