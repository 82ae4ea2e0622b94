"""Whom, where and which files a policy names: what may be written to although no goal says so.

Promises
- A ``[known]`` table names addresses, numbers and names (``recipients``), hosts, and files. Only
  layers that grant name anything; in a layer that restricts the table changes nothing.
- Hosts are those of ``hosts.py``; other entries are compared whole, after the same reading as what
  is typed. ``"*@example.org"``, ``"*.pdf"`` and ``"/home/ada/letters/*"`` are the forms with a
  star; ``"*"`` alone names all there is, and gives that part of the defence up.

Does not promise
- That whoever is named is honest, or that a name means one person.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from handrail.sandbox.conditions import visible
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of
from handrail.sandbox.readings import Value, values
from handrail.sandbox.rules import just_true

ANY = "*"
Part = Literal["recipients", "hosts", "files"]


def _recipient(text: str) -> str:
    plain = visible(text).lower()
    if plain == ANY or re.fullmatch(r"\*@[^\s@*]+", plain):
        return plain
    if not plain or "*" in plain:
        raise ValueError(
            f'{text!a} names nobody; allowed: "ada@example.org", "*@example.org", '
            '"+44 20 7946 0958", an account number, a name, or "*" for everybody'
        )
    return plain


def _host(text: str) -> str:
    return text if text == ANY else str(HostPattern.parse(text))


def _file(text: str) -> str:
    plain = visible(text).lower().replace("\\", "/")
    stem = plain.removesuffix("/*") if plain.endswith("/*") else plain.removeprefix("*")
    if plain != ANY and (not stem or "*" in stem or ".." in stem.split("/")):
        raise ValueError(
            f'{text!a} is no file; allowed: "report.pdf", "*.pdf", "/home/ada/report.pdf", '
            '"/home/ada/letters/*", or "*" for every file'
        )
    return plain


class Known(BaseModel):
    """Recipients, hosts and files that a policy names; ``clipboard``: and what may be pasted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipients: tuple[Annotated[str, AfterValidator(_recipient)], ...] = ()
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    files: tuple[Annotated[str, AfterValidator(_file)], ...] = ()
    clipboard: Annotated[Literal[True], BeforeValidator(just_true)] | None = None

    def names(self, value: Value) -> bool:
        """Tell whether the table names what a text names."""
        if value.kind in {"address", "number"}:
            return self.names_recipient(value)
        named = value.kind == "host or file" and self.names_host(f"https://{value.text}")
        return named or any(_is_file(value.text, pattern) for pattern in self.files)

    def names_recipient(self, value: Value) -> bool:
        """Tell whether an address or a number is one of the recipients."""
        if ANY in self.recipients:
            return True
        _, at, host = value.text.rpartition("@")
        if at and f"*@{host}" in self.recipients:
            return value.text.count("@") == 1
        return any(value in values(one) for one in self.recipients)

    def names_words(self, part: Part, words: str) -> bool:
        """Tell whether words, in lower case, are wholly one of the entries of a part."""
        entries = {"recipients": self.recipients, "hosts": self.hosts, "files": self.files}[part]
        return ANY in entries or words in entries

    def names_host(self, url: str) -> bool:
        """Tell whether an address leads to one of the hosts."""
        if ANY in self.hosts:
            return True
        try:
            host = host_of(url)
        except UnreadableHost:
            return False
        patterns = map(HostPattern.parse, self.hosts)
        return host is not None and any(pattern.matches(host) for pattern in patterns)


EVERYTHING = Known(recipients=(ANY,), hosts=(ANY,), files=(ANY,), clipboard=True)
"""The table that names all there is: nothing is tainted for who grants it."""


def joined(tables: Iterable[Known]) -> Known:
    """Return the table that names all that these name."""
    found = tuple(tables)
    return Known(
        recipients=tuple(dict.fromkeys(one for t in found for one in t.recipients)),
        hosts=tuple(dict.fromkeys(one for t in found for one in t.hosts)),
        files=tuple(dict.fromkeys(one for t in found for one in t.files)),
        clipboard=True if any(t.clipboard for t in found) else None,
    )


def _is_file(name: str, pattern: str) -> bool:
    if pattern == ANY or name == pattern:
        return True
    if ".." in name.split("/"):
        return False
    if pattern.endswith("/*"):
        return name.startswith(pattern[:-1])
    return pattern.startswith("*") and "/" not in name and name.endswith(pattern[1:])
