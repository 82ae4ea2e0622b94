"""Keep values out of texts, in the spellings in which they come back: escaped, encoded, in base64.

A value is found character by character, each as it stands, percent-encoded, escaped as in JSON,
Python or HTML, with or without the zero bytes of UTF-16 between, in any case; and its base64 at
every alignment.
"""

import base64
import html.entities
import re
import unicodedata
from urllib.parse import quote_from_bytes

SECRET = "[secret]"
SHORTEST = 4
"""Shorter values stand in too many innocent words to be kept out of them."""

_LEAST_BASE64 = 5
_NUL = r"(?:\x00|\\u0000|\\x00|\\0|%00)?"


class Censor:
    """Knows values that must not be shown, and takes them out of texts; learns and never forgets.

    Its ``repr`` tells how many values it knows, and nothing of them.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"Censor({len(self._values)} values)"

    def __bool__(self) -> bool:
        """Tell whether it knows any value."""
        return bool(self._values)

    def learn(self, value: str) -> None:
        """Keep a value out of every text from now on; one that is too short is left alone."""
        if len(value) < SHORTEST or value in self._values:
            return
        self._values.add(value)
        # The longest first, lest a value hide only the half of another that begins with it.
        longest_first = sorted(self._values, key=lambda known: (-len(known), known))
        spelt = dict.fromkeys(s for known in longest_first for s in _spellings(known))
        self._pattern = re.compile("|".join(spelt), re.IGNORECASE)

    def clean(self, text: str) -> str:
        """Return the text with ``[secret]`` in place of every value, however it is spelt there."""
        return text if self._pattern is None else self._pattern.sub(SECRET, text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where values stand in a text: first character, and the one after the last."""
        return [] if self._pattern is None else [m.span() for m in self._pattern.finditer(text)]

    def finds(self, text: str) -> bool:
        """Tell whether a value stands in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None


def _spellings(value: str) -> list[str]:
    """Return regular expressions for every spelling of a value."""
    forms = dict.fromkeys((value, *(unicodedata.normalize(f, value) for f in ("NFC", "NFD"))))
    found = [_NUL.join(map(_character, form)) for form in forms]
    for form in forms:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            found += map(_in_base64, _base64_forms(form.encode(encoding, "surrogatepass")))
    return found


def _character(character: str) -> str:
    """Return a regular expression for one character in each of its spellings."""
    code = ord(character)
    utf16 = character.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(utf16[at : at + 2], "big") for at in range(0, len(utf16), 2)]
    percent = quote_from_bytes(character.encode("utf-8", "surrogatepass"), safe="")
    if len(percent) == 1:
        percent = f"%{code:02X}"
    forms = [
        re.escape(character),
        re.escape(percent),
        "".join(rf"\\u{unit:04x}" for unit in units),
        rf"\\U{code:08x}",
        rf"&\#0*{code};",
        rf"&\#x0*{code:x};",
    ]
    if code < 0x100:
        forms.append(rf"\\x{code:02x}")
    if name := html.entities.codepoint2name.get(code):
        forms.append(f"&{name};")
    if character in "\\\"'/`":
        forms.append(rf"\\{re.escape(character)}")
    if character == " ":
        forms += [r"\+", r"\s"]
    # The longer spelling first: a backslash alone would leave the rest of its escape behind.
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


def _base64_forms(data: bytes) -> list[str]:
    """Return what stands in base64 wherever these bytes begin in what is encoded."""
    forms = [base64.b64encode(data).decode("ascii").rstrip("=")]
    for shift in (1, 2):
        coded = base64.b64encode(bytes(shift) + data).decode("ascii").rstrip("=")
        forms.append(coded[-(-shift * 8 // 6) :])
    # The last character may also hold bits of what follows.
    return [form[:-1] for form in forms if len(form) > _LEAST_BASE64]


def _in_base64(form: str) -> str:
    pieces = {"+": "(?:[+-]|%2B)", "/": "(?:[/_]|%2F)"}
    return "".join(pieces.get(c, c) for c in form) + "[A-Za-z0-9+/_-]?"
