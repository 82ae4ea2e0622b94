"""Values that must not be found anywhere, and the search for them in all forms."""

import base64
import json
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

_PLAIN = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ODD = "&/+=%#?\"'\\ äéß\u4e2d"


def canary(random: Random) -> str:
    """Return a value that stands nowhere by chance; some hold what must be escaped."""
    value = random.choices(_PLAIN, k=random.randint(10, 18))
    for _ in range(random.randint(0, 3)):
        value.insert(random.randint(1, len(value) - 1), random.choice(_ODD))
    return "".join(value)


def spellings(value: str) -> dict[str, str]:
    """Return the value as texts may hold it, by the name of the form."""
    return {
        "plain": value,
        "url": quote(value, safe=""),
        "url with plus": quote_plus(value),
        "json": json.dumps(value)[1:-1],
        "json in unicode": json.dumps(value, ensure_ascii=False)[1:-1],
        "base64": base64.b64encode(value.encode()).decode(),
        "basic authorisation": base64.b64encode(f"me:{value}".encode()).decode(),
        "base64 of utf-16": base64.b64encode(value.encode("utf-16-le")).decode(),
    }


def _forms(value: str) -> Iterator[tuple[str, bytes]]:
    for name, text in spellings(value).items():
        # A base64's last characters depend on what follows the value.
        yield name, text.rstrip("=")[: -1 if "64" in name else None].encode()
        yield f"{name}, utf-16", text.encode("utf-16-le")
    for shift in (1, 2):
        coded = base64.b64encode(bytes(shift) + value.encode()).decode().rstrip("=")
        yield f"base64, shifted by {shift}", coded[4:-1].encode()


def found_in(data: bytes, values: Iterable[str]) -> str:
    """Return in which form a value stands in the bytes, or an empty string."""
    for value in values:
        for name, form in _forms(value):
            if form in data:
                return name
    return ""


def found_below(folder: Path, values: Iterable[str]) -> str:
    """Return in which file and form a value stands below a folder, or an empty string."""
    wanted = tuple(values)
    for path in sorted(folder.rglob("*")):
        if found := found_in(str(path.name).encode(), wanted):
            return f"the name {path.name}: {found}"
        if path.is_file() and (found := found_in(path.read_bytes(), wanted)):
            return f"{path.relative_to(folder)}: {found}"
    return ""


def crash_dump(error: BaseException) -> str:
    """Return all that a crash reporter would send of the product: causes, frames and locals."""
    told: traceback.TracebackException | None
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines: list[str] = []
    while told is not None:
        # A test knows the values: its own frames are left out.
        ours = [frame for frame in told.stack if "/tests/" not in frame.filename]
        lines += [str(told), *(f"{frame.filename} {frame.locals}" for frame in ours)]
        told = told.__cause__ or told.__context__
    return "\n".join(lines)
