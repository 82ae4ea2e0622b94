"""Origins and paths of pages: the one form in which a rule's and a page's are compared.

Promises
- An origin is scheme, host and port, all three; a pattern without a port means its scheme's own.
- A path is compared segment by segment after ``.``, ``..`` and percent signs are resolved; the
  query and the fragment are no part of it.
- A rule that restricts compares paths without regard to case, width and composition; one that
  allows compares them exactly.
- A path that servers could read in several ways (an encoded slash, backslash, percent sign or
  control character, an empty segment, a semicolon, bytes that are not UTF-8) is
  ``UnreadablePath``, not a guess.

Does not promise
- That a path tells what a page does: the scripts of an origin may show any path of that origin.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import urlsplit

from handrail.sandbox.errors import UnreadableHost, UnreadablePath
from handrail.sandbox.hosts import PORTS, HostPattern, host_of

_ORIGINS = 'allowed: "https://example.org", "https://*.example.org", "http://127.0.0.1:8000"'
_PATHS = 'allowed: "/cart", and "/cart/*" for all that lies below it'
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\;%]")


@dataclass(frozen=True)
class OriginPattern:
    """A scheme and a host with its port."""

    scheme: str
    host: HostPattern

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises ValueError with the forms that are allowed."""
        scheme, found, rest = text.partition("://")
        scheme = scheme.lower()
        if not found or scheme not in PORTS:
            raise ValueError(f"{text!a} is not an origin; {_ORIGINS}")
        try:
            host = HostPattern.parse(rest)
        except ValueError as error:
            raise ValueError(f"{text!a} is not an origin: {error}; {_ORIGINS}") from error
        port = PORTS[scheme] if host.port is None else host.port
        return cls(scheme, HostPattern(host.name, host.below, port))

    def matches(self, url: str) -> bool:
        """Tell whether a page is of this origin. Raises UnreadableHost."""
        host = host_of(url)
        scheme = url.partition(":")[0].lower()
        return host is not None and scheme == self.scheme and self.host.matches(host)

    def __str__(self) -> str:
        own = self.host.port == PORTS[self.scheme]
        return f"{self.scheme}://" + str(
            HostPattern(self.host.name, self.host.below, None if own else self.host.port)
        )


def origin_of(url: str) -> str | None:
    """Return a page's origin in its one form, or None where its address has none.

    Raises UnreadableHost.
    """
    host = host_of(url)
    if host is None:
        return None
    return str(OriginPattern(url.partition(":")[0].lower(), HostPattern(host.name, port=host.port)))


def clear_origin(url: str) -> str:
    """Return a page's origin in its one form, or an empty text where it has none or is unclear."""
    try:
        return origin_of(url) or ""
    except UnreadableHost:
        return ""


def path_of(url: str) -> str | None:
    """Return a page's path in its one form, or None where its address has none.

    Raises UnreadableHost, UnreadablePath.
    """
    if host_of(url) is None:
        return None
    return _resolved(urlsplit(url).path or "/")


@lru_cache(maxsize=1024)
def _resolved(path: str) -> str:
    raw = path.encode("utf-8", "surrogatepass")
    if len(_ESCAPE.findall(raw)) != raw.count(b"%"):
        raise UnreadablePath(f"{path[:80]!a} has a percent sign that is no escape")
    if re.search(rb"%(2[fF]|5[cC]|25)", raw):
        raise UnreadablePath(f"{path[:80]!a} has an encoded slash, backslash or percent sign")
    try:
        plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadablePath(f"{path[:80]!a} is not UTF-8") from error
    if _AMBIGUOUS.search(plain) or "//" in plain:
        raise UnreadablePath(f"{path[:80]!a} may be read in several ways")
    kept: list[str] = []
    *folders, last = plain.split("/")[1:]
    for segment in folders:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    return "/" + "".join(f"{segment}/" for segment in kept) + last * (last not in {".", ".."})


@dataclass(frozen=True)
class PathPattern:
    """A path, or all that lies below one."""

    path: str
    below: bool

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises ValueError with the forms that are allowed."""
        below = text.endswith("/*")
        stem = text[:-1] if below else text
        if not stem.startswith("/") or re.search(r"[*?#\s]", stem):
            raise ValueError(f"{text!a} is not a path; {_PATHS}")
        try:
            return cls(_resolved(stem), below)
        except UnreadablePath as error:
            raise ValueError(f"{error}; {_PATHS}") from error

    def matches(self, path: str, exactly: bool) -> bool:
        """Tell whether a path in its one form is this one, or below it."""
        ours, theirs = self.path, path
        if not exactly:
            ours, theirs = _folded(ours), _folded(theirs)
        return theirs.startswith(ours) if self.below else theirs == ours

    def __str__(self) -> str:
        return self.path + "*" * self.below


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())
