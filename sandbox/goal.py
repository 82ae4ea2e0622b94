"""What a user's goal and a policy name between them.

Promises
- A value of a text is named where the goal or the policy has the very same one; a part of another
  (``evil.org`` in ``notevil.org``) is not it, and neither is a look-alike.
- Words are named where they stand in the goal as whole words, in order.

Does not promise
- To understand a goal: "not to ada@example.org" names Ada.
"""

import re
from dataclasses import replace
from functools import cached_property, lru_cache

from handrail.sandbox.conditions import visible
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of
from handrail.sandbox.known import Known, Part
from handrail.sandbox.readings import Value, digits, readings, values

_PARTS = re.compile(r"[\s,;]+")


class Goal:
    """A goal, read for whom and what it names."""

    def __init__(self, text: str, known: Known) -> None:
        self.text = text
        self._known = known

    @cached_property
    def _values(self) -> frozenset[Value]:
        return values(self.text)

    @cached_property
    def _numbers(self) -> tuple[str, ...]:
        return tuple(digits(run) for run in re.findall(r"\d+", visible(self.text)))

    @cached_property
    def _hosts(self) -> tuple[HostPattern, ...]:
        return tuple(
            pattern
            for value in self._values
            if value.kind == "host or file" and (pattern := _pattern(value.text)) is not None
        )

    def unnamed(self, text: str) -> tuple[Value, ...]:
        """Return what the text names and neither the goal nor the policy does, in order."""
        return tuple(sorted(value for value in values(text) if not self.names(value)))

    def names(self, value: Value) -> bool:
        """Tell whether the goal or the policy names a value."""
        if value in self._values or self._known.names(value):
            return True
        if value.kind == "number" and value.text.isdecimal():
            return self._has_number(value.text)
        if value.kind != "host or file":
            return False
        # In a text, the host of an address is but a part of what the goal names.
        part = any(v.kind == "address" and v.text.endswith(f"@{value.text}") for v in self._values)
        return part or self.names_host(f"https://{value.text}")

    def names_host(self, url: str) -> bool:
        """Tell whether an address leads to a host that is named."""
        if self._known.names_host(url):
            return True
        try:
            host = host_of(url)
        except UnreadableHost:
            return False
        return host is not None and any(
            pattern.matches(host) or pattern.matches(replace(host, name=_bare(host.name)))
            for pattern in self._hosts
        )

    def says(self, text: str) -> bool:
        """Tell whether the goal holds a text as whole words, and not only a sign or a letter."""
        return re.search(r"\w.*\w.*\w", text, re.DOTALL) is not None and _holds(self.text, text)

    def names_words(self, part: Part, text: str) -> bool:
        """Tell whether all that is typed into a field of this kind is named: whole, or each part.

        The beginning of something named is named: text may come in pieces.
        """
        plain = visible(text).lower()
        if self._known.names_words(part, plain) or _holds(self.text, text, begun=True):
            return True
        words = [word for word in _PARTS.split(plain) if word]
        return all(
            self._known.names_words(part, word)
            or _holds(self.text, word, begun=True)
            or self._names_all(word)
            for word in words
        )

    def _names_all(self, word: str) -> bool:
        found = values(word)
        return bool(found) and all(self.names(value) for value in found)

    def _has_number(self, number: str) -> bool:
        """Tell whether a number is one of the goal's, or several of them in a row."""
        runs = self._numbers
        for start in range(len(runs)):
            told = ""
            for run in runs[start:]:
                told += run
                if told == number:
                    return True
                if not number.startswith(told):
                    break
        return False


@lru_cache(maxsize=64)
def read_goal(text: str, known: Known) -> Goal:
    """Return a goal that was read; the same goal is read once."""
    return Goal(text, known)


@lru_cache(maxsize=4096)
def _holds(goal: str, text: str, begun: bool = False) -> bool:
    plain = visible(text).lower()
    if not plain:
        return True
    after = "" if begun else r"(?![\w@])(?!\.\w)"
    pattern = re.compile(rf"(?<![\w@])(?<!\w[.-]){re.escape(plain)}{after}")
    return any(pattern.search(reading) for reading in readings(goal))


def _bare(name: str) -> str:
    return name.removeprefix("www.")


def _pattern(name: str) -> HostPattern | None:
    try:
        return HostPattern.parse(name)
    except ValueError:
        return None
