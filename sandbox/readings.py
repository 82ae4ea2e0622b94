"""What a text names: addresses, numbers, hosts and files, however they are spelled.

Promises
- A text is read several ways: as it stands, with percent signs and HTML entities decoded, with
  "name [at] host [dot] org" and spaced letters joined, and with look-alike letters of other scripts
  made Latin. What any reading names is named: a spelling can only add to what is found.
- Addresses (everything with an @), numbers of seven digits and more, account numbers, hosts, file
  names and paths are found by their form alone, in any script's digits.
- Dates are no numbers.

Does not promise
- To find a name that is a plain word, or a value in a code of its own (base64, a riddle).
- That what is found is one: a missing blank after a full stop reads as a host.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from handrail.sandbox.conditions import visible
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import PORTS, host_of

ValueKind = Literal["address", "number", "host or file", "path"]

_FEWEST_DIGITS = 7
_DECODINGS = 3
# Letters of Cyrillic, Greek and Armenian that look like Latin ones, and what looks like a dot.
_LATIN = str.maketrans(
    "авеѕіјорсхуҳһкмнтԛԝьԁɡαβεικνορτυχηγѡ\u0585\u057d\u3002\u00b7\u2022\u2219\u2044\u2215",
    "abesijopcxyxhkmhtqwbdgabeiknoptuxhywou....//",
)
_AT = re.compile(r"\s*[\[({<]\s*(?:at|arroba|chez|bei|apenstaart|chiocciola|собака)\s*[\])}>]\s*")
_DOT = re.compile(r"\s*[\[({<]\s*(?:dot|punkt|point|punto|ponto|punt|точка|点)\s*[\])}>]\s*")
_SPOKEN_AT = re.compile(r"(?<=\w)\s+(?:at|arroba)\s+(?=[\w-]+\s+(?:dot|punto|punkt|point)\s+\w)")
_SPOKEN_DOT = re.compile(r"(?<=\w)\s+(?:dot|punto|punkt)\s+(?=\w)")
_LETTERS = re.compile(r"(?<!\S)(?:\S ){3,}\S(?!\S)")
_ENDS = ".,;:!?)]}>\"'"

# What may repeat is bounded, as names are: a page could make a long text cost minutes otherwise.
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}:)?[/\\]{2}[^\s<>\"']+|(?:javascript|data|blob):\S+")
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"'=&?/]{0,254}@[^\s@,;<>()\[\]\"'&/]*")
_ACCOUNT = re.compile(r"\b[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{1,4}){3,8}\b")
_LONG_TOKEN = re.compile(r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}\b")
_CODE = re.compile(r"(?:[^\W_][^\w\s,;]*){7,}")
_NUMBER = re.compile(r"(?<![^\W_])\(?\d[\d ().\-/]{4,}\d(?![^\W_])")
_DATE = re.compile(
    r"(?<![\d./-])(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d)(?:t[\d:.]+(?:z|[+-][\d:]+)?)?(?![\d/-])"
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.])")
_PATH = re.compile(r"(?:(?<![\w/<.])(?:~|\.\.?)?/|(?<!\w)[a-z]:[\\/]|\\\\)[^\s\"'<>|]+")
_DOTTED = re.compile(
    r"(?<![\w@])[\w-]{1,255}(?:\.[\w-]{1,255}){0,126}"
    r"\.(?:[^\W\d_][\w-]+|7z)(?::\d{1,5}(?!\d))?"
)
_BEGINNING = re.compile(r"(?<!\S)\.[^\W\d_][\w.-]+")


class Value(NamedTuple):
    """One thing that a text names, in the form in which it is compared."""

    kind: ValueKind
    text: str


@lru_cache(maxsize=2048)
def values(text: str) -> frozenset[Value]:
    """Return everything that any reading of the text names."""
    return frozenset(value for reading in readings(text) for value in _found(reading))


def readings(text: str) -> tuple[str, ...]:
    """Return the ways in which a text may be read, the plain one first."""
    plain = visible(text).lower()
    decoded = _decoded(plain)
    said = _SPOKEN_DOT.sub(".", _SPOKEN_AT.sub("@", _DOT.sub(".", _AT.sub("@", decoded))))
    # "meet at noon dot" is no address: spoken dots count where an @ was found.
    joined = said if "@" in said else _DOT.sub(".", decoded)
    tight = _LETTERS.sub(lambda run: run[0].replace(" ", ""), joined)
    tight = re.sub(r"(?<=\w) \. ?(?=\w)", ".", re.sub(r" ?@ ?", "@", tight))
    return tuple(dict.fromkeys((plain, decoded, joined, tight, tight.translate(_LATIN))))


def digits(text: str) -> str:
    """Return the digits of a text, those of any script, as ASCII."""
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())


def _decoded(text: str) -> str:
    for _ in range(_DECODINGS):
        again = visible(unquote(html.unescape(text), errors="replace")).lower()
        if again == text:
            break
        text = again
    return text


def _found(text: str) -> Iterator[Value]:
    """Yield what one reading names; what was found is taken out for those that follow."""
    urls = _URL.findall(text)
    for url in urls:
        yield from _of_url(url.rstrip(_ENDS))
    rest = _URL.sub(" ", text)
    for address in _ADDRESS.findall(rest):
        if len(address.strip(".")) > 1:
            yield Value("address", address.strip("."))
    rest = _ADDRESS.sub(" ", rest)
    for path in _PATH.findall(rest):
        yield Value("path", path.rstrip(_ENDS).replace("\\", "/"))
    rest = _PATH.sub(" ", rest)
    for name in (*_IPV4.findall(rest), *_DOTTED.findall(rest), *_BEGINNING.findall(rest)):
        yield host_value(name)
    yield from _numbers(_IPV4.sub(" ", rest))


def _numbers(text: str) -> Iterator[Value]:
    for found in _ACCOUNT.findall(text):
        if len(digits(found)) >= _FEWEST_DIGITS:
            yield Value("number", re.sub(r"[ -]", "", found))
    text = _ACCOUNT.sub(lambda f: " , " if len(digits(f[0])) >= _FEWEST_DIGITS else f[0], text)
    for found in _LONG_TOKEN.findall(text):
        yield Value("number", found)
    text = _LONG_TOKEN.sub(" , ", text)
    text = _DATE.sub(" , ", text)
    for found in _NUMBER.findall(text):
        plain = digits(found)
        if len(plain) >= _FEWEST_DIGITS:
            yield Value("number", plain)
    text = _NUMBER.sub(lambda f: " , " if len(digits(f[0])) >= _FEWEST_DIGITS else f[0], text)
    for found in _CODE.findall(text):
        if len(digits(found)) >= _FEWEST_DIGITS:
            yield Value("number", "".join(c for c in found if c.isalnum()))


def _of_url(url: str) -> Iterator[Value]:
    """Yield the host of an address, or all of it where that is not certain, and whom it tells."""
    scheme, colon, _ = url.partition(":")
    whole = url if colon and "//" not in scheme else f"https:{url}"
    try:
        host = host_of(whole)
        parts = urlsplit(whole)
    except (UnreadableHost, ValueError):
        yield Value("host or file", url)
        return
    if host is None:
        yield Value("host or file", url)
    else:
        port = "" if host.port in PORTS.values() else f":{host.port}"
        yield Value("host or file", host.name.removeprefix("www.") + port)
    for address in _ADDRESS.findall(f"{parts.query} {parts.fragment}"):
        if len(address) > 1:
            yield Value("address", address)


def host_value(name: str) -> Value:
    """Return a host or a file name as it is compared: hosts in their one form."""
    plain = name.rstrip(_ENDS)
    try:
        host = host_of(f"https://{plain}")
    except UnreadableHost:
        return Value("host or file", plain)
    assert host is not None
    port = plain.rpartition(":")[2] if ":" in plain else ""
    own = "" if not port or int(port) in PORTS.values() else f":{port}"
    return Value("host or file", host.name.removeprefix("www.") + own)
